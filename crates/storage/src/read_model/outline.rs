//! The history of a metric as far as a chart shows it: of a long one the outlines of its segments.

use runledger_domain::points::{Axis, Columns, Drawing, GROUP, merge};

use super::ReadModel;
use super::history::blocking;
use super::sections::{Large, Sections};
use crate::Error;

/// Groups of neighbours in a bucket, on average, from which on their outlines are exact enough: the borders of a bucket are off by at
/// most a quarter of its width.
const GROUPS: usize = 4;

/// A part of a history, or what stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlined {
    pub points: Columns,
    /// Points of the range that are not in it. What was sent twice may count twice.
    pub omitted: usize,
}

impl ReadModel {
    /// The points of the metric that [`series`](runledger_domain::points::series()) draws, or, where there are many for each bucket,
    /// the outlines of its segments; empty for an unknown run or key. An average goes over all points, so it is drawn of all.
    pub async fn outlined(&self, run_id: &str, key: &str, axis: Axis, drawing: &Drawing) -> Result<Outlined, Error> {
        if drawing.smoothing > 0.0 {
            return self.all(run_id, key).await;
        }
        let Sections { large, mut small } = self.sections(run_id, key).await?;
        let shown = shown(large, axis, drawing);
        let enough = drawing.buckets.saturating_mul(GROUP * GROUPS);
        let is_thin = shown.iter().map(|(large, _)| large.points).sum::<usize>() >= enough;
        let (outlines, wholes): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(_, inside)| is_thin && *inside);
        let wholes = wholes.into_iter().map(|(large, _)| large).collect();
        let Some(wholes) = self.segments_whole(run_id, key, wholes).await? else {
            return self.all(run_id, key).await;
        };
        small.extend(wholes);
        let omitted = outlines.iter().map(|(large, _)| large.points - large.outline.len()).sum();
        small.extend(outlines.into_iter().map(|(large, _)| large.outline));
        blocking(move || Ok(Outlined { points: merge(small), omitted })).await
    }

    async fn all(&self, run_id: &str, key: &str) -> Result<Outlined, Error> {
        Ok(Outlined { points: self.history(run_id, key).await?, omitted: 0 })
    }
}

/// Those of which something lies in the range, and whether all of it does.
fn shown(large: Vec<Large>, axis: Axis, drawing: &Drawing) -> Vec<(Large, bool)> {
    let (from, to) = drawing.range;
    let place = |large: Large| {
        let places = match axis {
            Axis::Step => large.outline.steps(),
            Axis::Time => large.outline.timestamps(),
        };
        // An outline has the first point of its segment and the last one, and both steps and times of it grow.
        let (first, last) = (*places.first()?, *places.last()?);
        (last >= from && first <= to).then_some((large, from <= first && last <= to))
    };
    large.into_iter().filter_map(place).collect()
}
