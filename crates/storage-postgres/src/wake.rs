//! Wake-ups between processes: NOTIFY tells the others that the log or the views moved.
//!
//! A notification is a hint; whoever waits also polls. It is sent on a connection of its own, outside of the append: a
//! transaction with a pending NOTIFY takes a lock of the whole cluster when it commits.

use runledger_storage::{EventLog, ReadModel};
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::PostgresDb;

const CHANNEL: &str = "runledger";
/// At most this many notifications a second are sent per process.
const PAUSE: Duration = Duration::from_millis(50);

/// Positions that came from other processes, which are not told again.
#[derive(Debug, Default)]
struct Heard {
    head: AtomicI64,
    views: AtomicI64,
}

/// Sends and hears wake-ups until the future is dropped.
pub async fn relay_wake_ups(db: PostgresDb, log: EventLog, views: ReadModel) {
    let heard = Arc::new(Heard::default());
    let listening = listen(&db, &log, &views, &heard);
    let telling_head = tell(&db, "head", log.signal(), &heard.head);
    let telling_views = tell(&db, "views", views.signal(), &heard.views);
    tokio::join!(listening, telling_head, telling_views);
}

async fn listen(db: &PostgresDb, log: &EventLog, views: &ReadModel, heard: &Heard) {
    loop {
        if let Err(error) = listen_once(db, log, views, heard).await {
            tracing::warn!(%error, "the wake-up connection was lost, polling until it is back");
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(db: &PostgresDb, log: &EventLog, views: &ReadModel, heard: &Heard) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(db.connections.pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = listener.recv().await?;
        let Some((what, position)) = notification.payload().split_once(' ') else { continue };
        let Ok(position) = position.parse::<i64>() else { continue };
        if what == "head" {
            heard.head.fetch_max(position, Ordering::Relaxed);
            log.heard(position);
        } else {
            heard.views.fetch_max(position, Ordering::Relaxed);
            views.advanced(position);
        }
    }
}

async fn tell(db: &PostgresDb, what: &str, mut signal: watch::Receiver<i64>, heard: &AtomicI64) {
    while signal.changed().await.is_ok() {
        let position = *signal.borrow_and_update();
        if position > heard.load(Ordering::Relaxed) {
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(format!("{what} {position}"));
            if let Err(error) = notify.execute(db.connections.pool()).await {
                tracing::debug!(%error, "a wake-up was not sent; the others poll");
            }
            sleep(PAUSE).await;
        }
    }
}
