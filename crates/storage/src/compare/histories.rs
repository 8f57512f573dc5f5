//! The histories of metrics, compared point by point, however they are cut into segments.

use runledger_domain::points::{Columns, Point, merge, outline};
use std::collections::VecDeque;

use super::Hasher;
use super::difference::Finder;
use crate::views::{PLACE, SegmentObjects, decode_segment, fetch_moved, read_segment};
use crate::{Error, Row, Statement, Transaction, Value};

/// Segments per statement; a large one has some ten thousand points.
const PAGE: usize = 200;

/// All points of one metric, in order and without repeats.
struct History {
    run_no: i64,
    key: String,
    points: Columns,
    /// A segment whose outline shows something else than its points.
    misdrawn: Option<i64>,
}

/// A place among the histories of one generation.
#[derive(Default)]
struct Histories {
    segments: VecDeque<(i64, String, Row)>,
    last: Option<(i64, String, i64)>,
    ended: bool,
}

pub(super) async fn compare(
    one: &mut dyn Transaction,
    other: &mut dyn Transaction,
    objects: Option<&dyn SegmentObjects>,
    digest: &mut Hasher,
    other_digest: &mut Hasher,
    finder: &mut Finder,
    read: &mut (impl FnMut(u64) + Send),
) -> Result<(), Error> {
    let (mut left, mut right) = (Histories::default(), Histories::default());
    let (mut a, mut b) = (left.next(one, objects).await?, right.next(other, objects).await?);
    while let Some((run_no, key)) = first(a.as_ref(), b.as_ref()) {
        let mine = a.take_if(|history| history.run_no == run_no && history.key == key);
        let theirs = b.take_if(|history| history.run_no == run_no && history.key == key);
        if let Some(history) = &mine {
            history.add_to(digest);
            read(1);
            if let Some(segment) = history.misdrawn {
                let said = format!("an outline of segment {segment} that charts other points");
                finder.history(run_no, &key, said, "another".to_owned(), one, other).await?;
            }
        }
        if let Some(history) = &theirs {
            history.add_to(other_digest);
        }
        let points = |history: Option<&History>| history.map(|history| history.points.clone()).unwrap_or_default();
        if mine.as_ref().map(|history| &history.points) != theirs.as_ref().map(|history| &history.points) {
            let (mine, theirs) = (points(mine.as_ref()), points(theirs.as_ref()));
            let (mine, theirs) = tell(&mine, &theirs);
            finder.history(run_no, &key, mine, theirs, one, other).await?;
        }
        if a.is_none() {
            a = left.next(one, objects).await?;
        }
        if b.is_none() {
            b = right.next(other, objects).await?;
        }
    }
    Ok(())
}

/// The first of the next histories of both.
fn first(one: Option<&History>, other: Option<&History>) -> Option<(i64, String)> {
    [one, other].into_iter().flatten().map(|history| (history.run_no, history.key.clone())).min()
}

impl Histories {
    async fn next(
        &mut self,
        transaction: &mut dyn Transaction,
        objects: Option<&dyn SegmentObjects>,
    ) -> Result<Option<History>, Error> {
        let mut history: Option<History> = None;
        let mut pieces = Vec::new();
        loop {
            if self.segments.is_empty() && !self.ended {
                self.load(transaction, objects).await?;
            }
            let of_this = self.segments.front().is_some_and(|segment| {
                history.as_ref().is_none_or(|history| history.run_no == segment.0 && history.key == segment.1)
            });
            if !of_this {
                break;
            }
            let Some((run_no, key, mut row)) = self.segments.pop_front() else { break };
            let drawn = row.opt_bytes(7)?;
            // A segment that does not read counts as empty, so that the difference is told and the next history read.
            let (segment, columns) = read_segment(row).unwrap_or_default();
            let is_misdrawn = drawn.is_some_and(|drawn| decode_segment(segment, &drawn).ok() != outline(&columns));
            let new = || History { run_no, key, points: Columns::default(), misdrawn: None };
            let history = history.get_or_insert_with(new);
            history.misdrawn = history.misdrawn.or(is_misdrawn.then_some(segment));
            pieces.push(columns);
        }
        Ok(history.map(|history| History { points: merge(pieces), ..history }))
    }

    async fn load(
        &mut self,
        transaction: &mut dyn Transaction,
        objects: Option<&dyn SegmentObjects>,
    ) -> Result<(), Error> {
        let mut statement = Statement::default();
        let after = self.last.as_ref().map(|(run_no, key, segment)| {
            let last = [statement.bind(*run_no), statement.bind(key), statement.bind(*segment)];
            format!("WHERE (run_no, key, segment) > ({})", last.join(", "))
        });
        statement.sql = format!(
            "SELECT segment, columns, run_no, key, {PLACE}, outline FROM metric_segments {} ORDER BY run_no, key, segment LIMIT {PAGE}",
            after.unwrap_or_default()
        );
        let mut rows = transaction.fetch(&statement).await?;
        fetch_moved(&mut rows, 4, objects).await?;
        self.ended = rows.len() < PAGE;
        for mut row in rows {
            let (segment, run_no, key) = (row.int(0)?, row.int(2)?, row.text(3)?);
            self.last = Some((run_no, key.clone(), segment));
            self.segments.push_back((run_no, key, row));
        }
        Ok(())
    }
}

impl History {
    fn add_to(&self, digest: &mut Hasher) {
        digest.row("history", &[self.run_no.into(), Value::from(&self.key)]);
        for point in self.points.iter() {
            // One NaN is as good as another.
            let value = if point.value.is_nan() { f64::NAN } else { point.value };
            digest.row("", &[point.step.into(), point.timestamp.into(), value.into()]);
        }
    }
}

/// What both say at the first point that differs.
fn tell(one: &Columns, other: &Columns) -> (String, String) {
    let at = one.iter().zip(other.iter()).take_while(|(one, other)| one == other).count();
    let point = |points: &Columns| {
        let shown =
            points.get(at).map(|Point { step, timestamp, value }| format!("{value} at step {step}, time {timestamp}"));
        format!("{} points, number {} being {}", points.len(), at + 1, shown.unwrap_or_else(|| "absent".to_owned()))
    };
    (point(one), point(other))
}
