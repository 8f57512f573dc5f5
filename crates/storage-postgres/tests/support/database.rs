//! A database of its own for one test.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub(crate) struct Database {
    pub(crate) url: String,
}

impl Database {
    /// Creates an empty database on the server that the environment names.
    pub(crate) async fn create() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
        let admin = std::env::var("RUNLEDGER_TEST_POSTGRES_URL")
            .expect("RUNLEDGER_TEST_POSTGRES_URL names no PostgreSQL; run the tests under scripts/with-services.sh");
        #[expect(clippy::disallowed_methods, reason = "a test needs a name that nobody else has")]
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&admin).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let (server, _) = admin.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}") }
    }

    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}
