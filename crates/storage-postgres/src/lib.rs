//! PostgreSQL behind the traits of `storage`: connections, the one-round-trip append, bulk inserts, generations of the views as
//! schemas, and wake-ups.

mod append;
mod connect;
mod connections;
mod db;
mod error;
mod generations;
mod partitions;
mod schema;
mod wake;

pub use append::PostgresAppend;
pub use db::PostgresDb;
pub use generations::PostgresPlaces;
pub use partitions::EventPartition;
pub use wake::relay_wake_ups;
