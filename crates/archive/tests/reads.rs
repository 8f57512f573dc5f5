//! Every read of the log finds the same, whether the events are in the table or in objects.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use prometheus::Registry;
use runledger_archive::ObjectArchive;
use runledger_artifacts::StoreSettings;
use runledger_domain::command::Decision;
use runledger_domain::event::{RunCreated, TagsSet};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, IdGen, KeyValue, StreamId, StreamKind, SystemIds};
use runledger_storage::{
    AppendRequest, Archive, Audit, Db, Error, EventLog, LogMetrics, ReadLimit, Selection, Statement, Until,
};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const STREAMS: i64 = 300;
const EVENTS: i64 = 12_000;
/// Up to where the objects go.
const ENDS: [i64; 3] = [5_200, 5_201, 11_000];
const ALL: ReadLimit = ReadLimit { events: 1_000_000, bytes: 1 << 40 };

struct Bench {
    folder: TempDir,
    db: SqliteDb,
    /// Reads only the table.
    plain: EventLog,
    archive: Arc<ObjectArchive>,
}

impl Bench {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteDb::open_log(folder.path()).await.unwrap();
        let metrics = LogMetrics::register(&Registry::new()).unwrap();
        let plain = EventLog::start(Arc::new(db.clone()), Arc::new(SqliteAppend::new(&db)), metrics);
        let store = folder.path().join("store").display().to_string();
        let archive = Arc::new(ObjectArchive::new(store, StoreSettings::default()));
        Self { folder, db, plain, archive }
    }

    async fn fill(&self) {
        let mut number = 0;
        while number < EVENTS {
            let events: Vec<_> = (0..200).map(|next| event(number + next)).collect();
            let decision = Decision { events, guards: vec![] };
            let at = 1_700_000_000_000 + number;
            let request = AppendRequest::encode(decision, || SystemIds.event_id(), at, "me".to_owned(), "r".to_owned());
            self.plain.append(request).await.unwrap().unwrap();
            number += 200;
        }
    }

    /// Archives up to each end, and removes what was archived from the table.
    async fn archive(&self) -> EventLog {
        let mut position = 0;
        for end in ENDS {
            let object = self.archive.write(&self.plain, position, end, |_| {}).await.unwrap();
            assert_eq!((object.first, object.last), (position + 1, end));
            self.plain.record_archive(&object).await.unwrap();
            position = end;
        }
        self.plain.serve_archives(position).await.unwrap();
        for sql in ["DROP TRIGGER events_no_delete", "DELETE FROM events WHERE position <= 11000"] {
            let mut transaction = Db::begin(&self.db).await.unwrap();
            transaction.execute(&Statement::new(sql, vec![])).await.unwrap();
            transaction.commit().await.unwrap();
        }
        self.log()
    }

    /// A log that has read nothing yet.
    fn log(&self) -> EventLog {
        self.plain.clone().with_archive(Arc::clone(&self.archive) as Arc<dyn Archive>)
    }

    fn objects(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("store/#archive/events");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

/// Begins each stream in turn, and goes on with tags, points and artifacts.
fn event(number: i64) -> (StreamId, Event) {
    let run = StreamId::run(&format!("{:032x}", number % STREAMS));
    if number < STREAMS {
        let created = RunCreated {
            run_id: format!("{:032x}", number % STREAMS),
            experiment_id: number % 7,
            name: format!("run {number}"),
            user_id: "me".to_owned(),
            start_time: number,
            artifact_uri: String::new(),
            tags: vec![],
        };
        return (run, Event::RunCreated(created));
    }
    let tags = |value: String| Event::TagsSet(TagsSet { tags: vec![KeyValue { key: "k".to_owned(), value }] });
    match number % 5 {
        0 => {
            let mut batch = BatchBuilder::with_capacity(3);
            for (step, value) in (number..).zip([f64::NAN, -0.0, 0.1]) {
                batch.push("loss", Point { step, timestamp: number, value });
            }
            (run, Event::MetricsLogged(batch.finish()))
        }
        1 => (StreamId::artifact(&format!("{}/a/{number}", number % STREAMS)), tags("x".repeat(100))),
        _ => (run, tags(format!("zażółć {number}"))),
    }
}

/// Each read that there is, in words.
async fn everything(log: &EventLog) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |what: &str, found: &dyn Debug| said.push(format!("{what}: {found:?}"));
    let (one, two, never) = (run(3), run(250), StreamId::run("never"));
    for (from, events, bytes) in
        [(0, 7, 1 << 20), (5_190, 30, 1 << 20), (10_990, 30, 1 << 20), (4_999, 100, 900), (0, 1, 1)]
    {
        say("read", &log.read(from, ReadLimit { events, bytes }).await.unwrap());
        say("changes", &log.changes(from, events).await.unwrap());
    }
    for from in [0, 5_000, 5_200, 5_201, 10_999, 11_000, 11_001, 11_999] {
        say("streams", &log.read_streams(&[one.clone(), two.clone(), never.clone()], from).await.unwrap());
        say("kind", &log.read_kind(StreamKind::Artifact, from, from + 400).await.unwrap());
        say("kinds", &log.read_kinds(&["RunCreated", "MetricsLogged"], from, from + 40).await.unwrap());
    }
    for until in [Until::Position(5_201), Until::Position(11_500), Until::Time(1_700_000_005_300), Until::Time(0)] {
        for limit in [1, 17, 400] {
            let streams = [one.clone(), never.clone()];
            say("until", &log.read_streams_until(&streams, 100, until, limit).await.unwrap());
        }
    }
    for stream in [&one, &never] {
        say("ends", &log.ends(stream).await.unwrap());
    }
    let streams = [one.clone()];
    for audit in [
        Audit { limit: 40, ..Audit::default() },
        Audit { before: Some(11_010), limit: 40, ..Audit::default() },
        Audit { before: Some(5_210), without: Some("TagsSet"), limit: 40, ..Audit::default() },
        Audit { kind: Some("RunCreated"), limit: 3, ..Audit::default() },
        Audit { streams: &streams, limit: 1_000, ..Audit::default() },
        Audit { streams: &streams, artifacts: Some("31"), limit: 1_000, ..Audit::default() },
    ] {
        say("audit", &log.audit(&audit).await.unwrap());
        for points in [true, false] {
            let limit = ReadLimit { events: 50, bytes: 1 << 20 };
            say("audit after", &log.audit_after(&audit, 4_000, limit, points).await.unwrap());
        }
    }
    say("experiments", &log.experiments_of(&[&one, &two, &never]).await.unwrap());
    said
}

fn run(number: i64) -> StreamId {
    StreamId::run(&format!("{number:032x}"))
}

#[tokio::test]
async fn every_read_finds_the_same_in_objects() {
    let bench = Bench::open().await;
    bench.fill().await;
    let expected = everything(&bench.plain).await;
    let whole = bench.plain.read(0, ALL).await.unwrap();
    let log = bench.archive().await;
    assert_eq!(bench.plain.read(0, ALL).await.unwrap().len(), 1_000);
    for (found, expected) in everything(&log).await.into_iter().zip(expected) {
        assert_eq!(found, expected);
    }
    let mut position = 0;
    for chunk in whole.chunks(777) {
        let limit = ReadLimit { events: 777, ..ALL };
        assert_eq!(log.read(position, limit).await.unwrap(), chunk);
        position += 777;
    }
    for (object, served) in log.archived_objects().await.unwrap() {
        assert!(served);
        assert_eq!(log.check_archive(&object).await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_the_row_groups_only_those_are_read_that_may_have_the_stream() {
    let bench = Bench::open().await;
    bench.fill().await;
    let log = bench.archive().await;
    let (object, _) = log.archived_objects().await.unwrap().pop().unwrap();
    let parts = async |wanted: Selection<'_>| {
        let parts = bench.archive.parts(&object, &wanted).await.unwrap();
        parts.into_iter().map(|part| (part.first, part.last)).collect::<Vec<_>>()
    };
    let (first, second) = ((5_202, 10_201), (10_202, 11_000));
    assert_eq!(parts(Selection::default()).await, [first, second]);
    assert_eq!(parts(Selection { after: 10_201, ..Selection::default() }).await, [second]);
    let until = Some(Until::Position(10_201));
    assert_eq!(parts(Selection { until, ..Selection::default() }).await, [first]);
    let until = Some(Until::Time(1_700_000_005_400));
    assert_eq!(parts(Selection { until, ..Selection::default() }).await, [first]);
    // 10 206 is the first of the artifacts behind the boundary; none is written twice.
    let (early, late) = (StreamId::artifact("206/a/10106"), StreamId::artifact("6/a/10206"));
    for (stream, expected) in [(early, first), (late, second)] {
        let streams = [stream.clone()];
        let found = parts(Selection { streams: &streams, ..Selection::default() }).await;
        assert_eq!(found, [expected], "{stream:?}");
    }
    for (folder, expected) in [("206", true), ("206/a", true), ("206/b", false), ("7", false), ("06", false)] {
        let found = parts(Selection { folder: Some(folder), ..Selection::default() }).await;
        assert_eq!(!found.is_empty(), expected, "{folder}");
    }
    let wrong = async |number: i64| {
        let streams = [StreamId::run(&format!("no run {number}"))];
        parts(Selection { streams: &streams, ..Selection::default() }).await.len()
    };
    let mut found = 0;
    for number in 0..500 {
        found += wrong(number).await;
    }
    assert!(found < 50, "{found} of 1000 row groups would be read in vain");
}

#[tokio::test]
async fn an_object_that_is_not_what_was_written_is_named() {
    let bench = Bench::open().await;
    bench.fill().await;
    let log = bench.archive().await;
    let [first, second, third] = bench.objects().try_into().unwrap();
    fs::remove_file(&second).unwrap();
    let mut bytes = fs::read(&third).unwrap();
    bytes[200] ^= 1;
    fs::write(&third, bytes).unwrap();

    assert_eq!(log.read(0, ReadLimit { events: 5_200, ..ALL }).await.unwrap().len(), 5_200);
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    for read in [log.read(5_000, ALL).await, log.read_streams(&[run(1)], 5_100).await] {
        let Err(Error::Archive { what, object, source }) = read else { panic!("{read:?}") };
        assert_eq!(what, "the events 5201 to 5201");
        assert!(object.ends_with(&name(&second)), "{object}");
        assert!(source.to_string().contains("backup"), "{source}");
    }
    let mut problems = Vec::new();
    for (object, _) in log.archived_objects().await.unwrap() {
        problems.push(log.check_archive(&object).await.unwrap());
    }
    let [None, Some(missing), Some(changed)] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(missing.contains("no such object") && changed.contains("SHA-256"), "{missing}, {changed}");
    assert!(first.exists());
}
