//! Leases: one holder at a time, and who dies, or cannot renew, makes room.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Failure, Fixture, ensure, failure};
use crate::{Db, Error, Lease, Leases, Row, Statement, Transaction};

/// Short, so that tests need not wait for long, and yet long enough for a busy machine to renew in time.
const TTL: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(30);

/// A database that can be cut off: calls then wait until it is back.
#[derive(Debug)]
struct Cuttable {
    db: Arc<dyn Db>,
    cut: AtomicBool,
}

#[async_trait]
impl Db for Cuttable {
    async fn fetch(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        self.db.fetch(statement).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        self.db.begin().await
    }

    async fn write(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        if self.cut.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.db.write(statement).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, Error> {
        self.db.snapshot().await
    }

    fn now_ms(&self) -> &'static str {
        self.db.now_ms()
    }
}

fn process(fixture: &Fixture, holder: &str) -> Leases {
    Leases::shared_for(Arc::clone(&fixture.log), holder.to_owned(), TTL)
}

async fn taken(leases: &Leases, name: &str) -> Result<Lease, Failure> {
    let lease = leases.acquire(name, LIMIT).await?;
    lease.ok_or_else(|| failure(format!("{name} never came free")))
}

pub(super) async fn a_name_has_one_holder(fixture: &Fixture) -> Result<(), Failure> {
    let (one, other) = (process(fixture, "one"), process(fixture, "other"));
    for leases in [&Leases::alone(), &one] {
        let lease = taken(leases, "exclusive/a").await?;
        ensure(leases.try_acquire("exclusive/a").await?.is_none(), || "one process took a name twice".to_owned())?;
        ensure(leases.try_acquire("exclusive/b").await?.is_some(), || "another name was refused".to_owned())?;
        let refused = leases.acquire("exclusive/a", Duration::from_millis(50)).await?;
        ensure(refused.is_none(), || "patience alone gave a name that is held".to_owned())?;
        ensure(leases.held("exclusive/a").await? == ["exclusive/a"], || "a held name is not listed".to_owned())?;
        lease.release().await;
        ensure(leases.held("exclusive/a").await?.is_empty(), || "a released name is listed".to_owned())?;
    }
    let lease = taken(&one, "exclusive/a").await?;
    ensure(other.try_acquire("exclusive/a").await?.is_none(), || "two processes took one name".to_owned())?;
    lease.release().await;
    ensure(other.try_acquire("exclusive/a").await?.is_some(), || "a release did not free the name at once".to_owned())?;
    // That one was dropped, and comes free without being waited for.
    taken(&one, "exclusive/a").await.map(drop)
}

pub(super) async fn renewal_keeps_a_lease_and_death_frees_it(fixture: &Fixture) -> Result<(), Failure> {
    // What a process leaves behind that was killed.
    let now = fixture.log.now_ms();
    let sql = format!("INSERT INTO leases (name, holder, until) VALUES ($1, 'dead', {now} + $2) RETURNING name");
    for (name, left) in [("fate/dead", TTL), ("fate/living", Duration::ZERO)] {
        let left = i64::try_from(left.as_millis())?;
        fixture.log.write(&Statement::new(sql.as_str(), vec![name.into(), left.into()])).await?;
    }
    let (one, other) = (process(fixture, "one"), process(fixture, "other"));
    let living = taken(&one, "fate/living").await?;
    ensure(other.try_acquire("fate/dead").await?.is_none(), || "the dead holder's time is not over".to_owned())?;
    // Its time to live is that of a lease that nobody renews.
    let inherited = taken(&other, "fate/dead").await?;
    ensure(!living.lost().is_cancelled() && !inherited.lost().is_cancelled(), || "a lease was lost".to_owned())?;
    ensure(other.try_acquire("fate/living").await?.is_none(), || "a renewed lease was taken".to_owned())
}

pub(super) async fn a_lost_lease_says_so(fixture: &Fixture) -> Result<(), Failure> {
    let db = Arc::new(Cuttable { db: Arc::clone(&fixture.log), cut: AtomicBool::new(false) });
    let leases = Leases::shared_for(Arc::<Cuttable>::clone(&db), "unlucky".to_owned(), TTL);
    let other = process(fixture, "other");
    let (stolen, late) = (taken(&leases, "lost/stolen").await?, taken(&leases, "lost/late").await?);

    let steal = "UPDATE leases SET holder = 'thief' WHERE name = 'lost/stolen' RETURNING name";
    fixture.log.write(&Statement::new(steal, vec![])).await?;
    timeout(LIMIT, stolen.lost().cancelled()).await?;
    ensure(leases.try_acquire("lost/stolen").await?.is_none(), || "work may still go on under it".to_owned())?;

    db.cut.store(true, Ordering::Relaxed);
    let taken_over = taken(&other, "lost/late").await?;
    ensure(late.lost().is_cancelled(), || "a lease went to another before its holder knew".to_owned())?;
    db.cut.store(false, Ordering::Relaxed);
    drop((stolen, late));
    let again = leases.acquire("lost/late", Duration::from_millis(500)).await?;
    ensure(again.is_none(), || "the new holder's lease was taken away".to_owned())?;
    ensure(!taken_over.lost().is_cancelled(), || "the new holder lost the lease".to_owned())
}

pub(super) async fn many_contend_for_one_name(fixture: &Fixture) -> Result<(), Failure> {
    let processes = [process(fixture, "one"), process(fixture, "two"), Leases::alone()];
    let [one, two, alone] = processes;
    for group in [vec![one, two], vec![alone]] {
        let (inside, turns) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let mut tasks: JoinSet<Result<(), Failure>> = JoinSet::new();
        for leases in group.iter().cycle().take(50) {
            let (leases, inside, turns) = (leases.clone(), Arc::clone(&inside), Arc::clone(&turns));
            tasks.spawn(async move {
                let lease = taken(&leases, "contended").await?;
                ensure(inside.fetch_add(1, Ordering::SeqCst) == 0, || "two hold one name".to_owned())?;
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                turns.fetch_add(1, Ordering::SeqCst);
                lease.release().await;
                Ok(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        ensure(turns.load(Ordering::SeqCst) == 50, || "not everybody had a turn".to_owned())?;
    }
    Ok(())
}
