//! The views: fenced checkpoint, latest metrics, history in segments.

use runledger_domain::RunStatus;
use runledger_domain::points::{Axis, Columns, Drawing, Point, merge, series};
use std::sync::Arc;

use super::{Failure, Fixture, ensure, failure};
use crate::views::{Changes, MetricChange, RunRow, SegmentKey, Shards, Sweep, Views};
use crate::{Error, ReadModel};

const RUN: i64 = 1_000_001;

fn run() -> RunRow {
    RunRow {
        run_no: RUN,
        run_id: "viewed".to_owned(),
        experiment_id: 1_000,
        name: "n".to_owned(),
        user_id: String::new(),
        status: RunStatus::Running,
        start_time: 0,
        end_time: None,
        deleted: false,
        deleted_time: None,
        artifact_uri: String::new(),
    }
}

pub(super) async fn only_one_projector_moves_the_checkpoint(fixture: &Fixture) -> Result<(), Failure> {
    let views = Views::new(Arc::clone(&fixture.views));
    let start = views.checkpoints().await?[0];
    let changes = || Changes { runs: [(RUN, run())].into(), ..Changes::default() };
    let (one, other) = tokio::join!(views.apply(Shards::ALL, start, start + 1, changes(), &[]), async {
        Views::new(Arc::clone(&fixture.views)).apply(Shards::ALL, start, start + 1, changes(), &[]).await
    });
    let conflicts = [&one, &other].iter().filter(|outcome| matches!(outcome, Err(Error::Conflict { .. }))).count();
    ensure(one.is_ok() != other.is_ok() && conflicts == 1, || format!("{one:?} and {other:?}"))?;
    ensure(views.checkpoints().await?[0] == start + 1, || "the checkpoint is not where it was moved".to_owned())
}

/// Each shard has its checkpoint, the views are as far as the last of them, and a sweep touches a shard's own runs.
pub(super) async fn shards_move_apart(fixture: &Fixture) -> Result<(), Failure> {
    let views = Views::new(Arc::clone(&fixture.views));
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    let start = views.checkpoints().await?[0];
    let ids =
        ["", "ends-in-x", "ends-in-é", "0", "1", "7", "8", "9", "f", "A", "a"].map(|end| format!("sharded-{end}"));
    let row = |(run_no, run_id): (i64, &String)| {
        (run_no, RunRow { run_no, run_id: run_id.clone(), experiment_id: 7, ..run() })
    };
    let runs = (2_000_000..).zip(&ids).map(row).collect();
    views.apply(Shards::ALL, start, start + 1, Changes { runs, ..Changes::default() }, &[]).await?;

    let parts: [Shards; 3] = [vec![0, 5], vec![1, 2, 3, 4], vec![6, 7]].map(|part| part.into_iter().collect());
    let mut done = Shards::NONE;
    for part in parts {
        let sweep = Some(Sweep::Runs { experiment_id: 7, deleted: true, at: 1 });
        views.apply(part, start + 1, start + 2, Changes { sweep, ..Changes::default() }, &[]).await?;
        let again = views.apply(part, start + 1, start + 2, Changes::default(), &[]).await;
        ensure(matches!(again, Err(Error::Conflict { .. })), || format!("applied twice: {again:?}"))?;
        done = done.iter().chain(part.iter()).collect();
        let complete = read_model.checkpoint().await?;
        ensure((complete == start + 2) == (done == Shards::ALL), || format!("complete to {complete} after {done:?}"))?;
        for row in views.runs(&ids.each_ref().map(String::as_str)).await? {
            ensure(row.deleted == done.contains_run(&row.run_id), || format!("{} after {done:?}", row.run_id))?;
        }
    }
    Ok(())
}

pub(super) async fn the_latest_metric_and_the_range_follow_the_rules(fixture: &Fixture) -> Result<(), Failure> {
    let views = Views::new(Arc::clone(&fixture.views));
    let point = |step, timestamp, value| Point { step, timestamp, value };
    // Each point with the one that must stand afterwards, and the range.
    let story = [
        (point(0, 0, f64::NAN), point(0, 0, f64::NAN), None),
        (point(1, 10, 0.5), point(1, 10, 0.5), Some((0.5, 0.5))),
        (point(0, 99, 9.0), point(1, 10, 0.5), Some((0.5, 9.0))),
        (point(1, 10, 0.4), point(1, 10, 0.5), Some((0.4, 9.0))),
        (point(1, 10, f64::NAN), point(1, 10, 0.5), Some((0.4, 9.0))),
        (point(1, 11, f64::NEG_INFINITY), point(1, 11, f64::NEG_INFINITY), Some((f64::NEG_INFINITY, 9.0))),
        (point(1, 11, f64::NAN), point(1, 11, f64::NAN), Some((f64::NEG_INFINITY, 9.0))),
        (point(1, 11, -1.0), point(1, 11, f64::NAN), Some((f64::NEG_INFINITY, 9.0))),
        (point(1, 11, f64::INFINITY), point(1, 11, f64::INFINITY), Some((f64::NEG_INFINITY, f64::INFINITY))),
        (point(2, 0, f64::NAN), point(2, 0, f64::NAN), Some((f64::NEG_INFINITY, f64::INFINITY))),
    ];
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    for (number, (sent, stands, range)) in (1..).zip(story) {
        // What is projected twice changes nothing.
        for _ in 0..2 {
            let metrics = [((RUN, Arc::from("m")), MetricChange::new(1_000, sent))].into();
            let checkpoint = views.checkpoints().await?[0];
            views
                .apply(Shards::ALL, checkpoint, checkpoint + 1, Changes { metrics, ..Changes::default() }, &[])
                .await?;
        }
        let run = read_model.run("viewed").await?;
        let latest = run.as_ref().and_then(|run| run.metrics.get("m").copied());
        ensure(latest == Some(stands), || format!("point {number}: {latest:?} instead of {stands:?}"))?;
        let select = "SELECT min_value, max_value FROM metrics WHERE run_no = $1 AND key = 'm'";
        let rows = fixture.views.fetch(&crate::Statement::new(select, vec![RUN.into()])).await?;
        let row = rows.first().ok_or_else(|| failure("no metric"))?;
        let found = row.opt_float(0)?.zip(row.opt_float(1)?);
        ensure(found == range, || format!("point {number}: {found:?} instead of {range:?}"))?;
    }
    Ok(())
}

/// Many small segments, merged level by level, hold every point once, in order, whatever order they came in.
pub(super) async fn merged_history_is_complete(fixture: &Fixture) -> Result<(), Failure> {
    let views = Views::new(Arc::clone(&fixture.views));
    let key: Arc<str> = "h".into();
    let mut all = Vec::new();
    let mut open = [0; 3];
    for number in 0..600_i64 {
        // Every seventh piece repeats the one before, as a client that retries does.
        let base = (number - i64::from(number % 7 == 0)) * 37 % 601;
        let values = [0.0, 1.0, 2.0, 3.0, 4.0].into_iter();
        let points = (0..).zip(values).map(|(i, value)| Point { step: base * 5 + i, timestamp: base * 10 + i, value });
        let columns: Columns = points.collect();
        all.push(columns.clone());
        let mut merges = Vec::new();
        for (level, count) in (0..).zip(&mut open) {
            *count += 1;
            if *count < SegmentKey::FANOUT {
                break;
            }
            *count = 0;
            merges.push(SegmentKey { run_no: RUN, key: Arc::clone(&key), level });
        }
        let segments = [((RUN, Arc::clone(&key)), (number, columns))].into();
        let checkpoint = views.checkpoints().await?[0];
        views
            .apply(Shards::ALL, checkpoint, checkpoint + 1, Changes { segments, ..Changes::default() }, &merges)
            .await?;
    }
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    let (history, expected) = (read_model.history("viewed", "h").await?, merge(all));
    ensure(history == expected, || format!("{} points instead of {}", history.len(), expected.len()))?;
    let page = read_model.history_page("viewed", "h", 1_000, 500).await?;
    ensure(page.points == expected.slice(1_000..1_500), || format!("{} points of a page", page.points.len()))?;
    let count = crate::Statement::new("SELECT COUNT(*) FROM metric_segments WHERE run_no = $1", vec![RUN.into()]);
    let rows = fixture.views.fetch(&count).await?;
    let segments = rows.first().map_or(Ok(0), |row| row.int(0))?;
    ensure(segments <= 3 * i64::from(SegmentKey::FANOUT), || format!("{segments} segments are left"))
}

/// What is drawn of a long history shows the same points, and of a part of it the part's own.
pub(super) async fn a_long_history_is_drawn_of_outlines(fixture: &Fixture) -> Result<(), Failure> {
    let views = Views::new(Arc::clone(&fixture.views));
    let key: Arc<str> = "long".into();
    let value = |step: i32| f64::from(step * 7_919 % 10_007) + if step == 33_333 { 1e6 } else { 0.0 };
    for (number, range) in (0..).zip([0..20_000, 20_000..40_000, 40_000..60_000, 60_000..60_050]) {
        let points = range.map(|step| Point { step: step.into(), timestamp: step.into(), value: value(step) });
        let segments = [((RUN, Arc::clone(&key)), (number, points.collect()))].into();
        let checkpoint = views.checkpoints().await?[0];
        views.apply(Shards::ALL, checkpoint, checkpoint + 1, Changes { segments, ..Changes::default() }, &[]).await?;
    }
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    let all = read_model.history("viewed", "long").await?;
    ensure(all.len() == 60_050, || format!("{} points", all.len()))?;
    for (range, buckets, is_thin) in [
        ((i64::MIN, i64::MAX), 100, true),
        ((20_000, 59_999), 100, true),
        ((5_000, 60_049), 100, true),
        ((i64::MIN, i64::MAX), 500, false),
        ((30_000, 31_000), 100, false),
        ((60_010, 70_000), 100, false),
        ((70_000, 80_000), 100, false),
    ] {
        for (axis, smoothing) in [(Axis::Step, 0.0), (Axis::Time, 0.0), (Axis::Step, 0.5)] {
            let drawing = Drawing { range, buckets, smoothing };
            let said = || format!("{drawing:?} over {axis:?}");
            let outlined = read_model.outlined("viewed", "long", axis, &drawing).await?;
            let (drawn, whole) = (series(&outlined.points, axis, &drawing), series(&all, axis, &drawing));
            ensure(drawn.points + outlined.omitted == whole.points, || format!("{}: {}", said(), drawn.points))?;
            let is_thin = is_thin && smoothing <= 0.0;
            ensure(is_thin == (outlined.omitted > 0), || format!("{}: {} left out", said(), outlined.omitted))?;
            let greatest = |max: &[f64]| max.iter().copied().fold(f64::MIN, f64::max).to_bits();
            ensure(greatest(&drawn.max) == greatest(&whole.max), || format!("{}: a spike is hidden", said()))?;
            ensure(is_thin || drawn == whole, || format!("{}: another picture", said()))?;
        }
    }
    for (from, most) in
        [(0, 100), (19_990, 20), (0, usize::MAX), (25_000, 20_000), (59_000, 5_000), (60_049, 9), (70_000, 9)]
    {
        let page = read_model.history_page("viewed", "long", from, most).await?;
        let to = all.len().min(from.saturating_add(most));
        let expected = all.slice(from.min(to)..to);
        ensure(page.total == all.len() && page.points == expected, || {
            format!("{most} from {from}: {}", page.points.len())
        })?;
    }
    Ok(())
}
