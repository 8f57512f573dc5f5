//! A page of a history. Of a long one only the segments are read that the page is of.

use runledger_domain::points::{Columns, Point, merge};

use super::ReadModel;
use super::history::blocking;
use super::sections::{Large, Sections};
use crate::Error;

/// Some of the points of a history, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    pub points: Columns,
    /// Points of the whole history.
    pub total: usize,
}

impl ReadModel {
    /// The points of [`history`](Self::history) from this one on, at most so many.
    pub async fn history_page(&self, run_id: &str, key: &str, from: usize, most: usize) -> Result<HistoryPage, Error> {
        let Sections { mut large, small } = self.sections(run_id, key).await?;
        let small = blocking(move || Ok(merge(small))).await?;
        large.sort_by(|one, other| match (one.outline.get(0), other.outline.get(0)) {
            (Some(one), Some(other)) => one.history_cmp(&other),
            _ => std::cmp::Ordering::Equal,
        });
        if !follow_each_other(&large, &small) {
            return self.cut(run_id, key, from, most).await;
        }
        let in_large: usize = large.iter().map(|large| large.points).sum();
        let total = in_large + small.len();
        let to = from.saturating_add(most).min(total);
        let from = from.min(to);

        // Where the first segment begins that has some of the page.
        let (mut begin, mut end) = (None, 0);
        large.retain(|large| {
            let start = end;
            end += large.points;
            let is_of_page = start < to && end > from;
            if is_of_page {
                begin.get_or_insert(start);
            }
            is_of_page
        });
        let begin = begin.unwrap_or(in_large);
        let Some(wholes) = self.segments_whole(run_id, key, large).await? else {
            return self.cut(run_id, key, from, most).await;
        };
        blocking(move || {
            let mut points = Columns::with_capacity(to - from);
            let mut start = begin;
            for piece in wholes.into_iter().chain([small].into_iter().filter(|_| to > in_large)) {
                let end = start + piece.len();
                points.append_range(&piece, from.max(start) - start..to.min(end) - start);
                start = end;
            }
            Ok(HistoryPage { points, total })
        })
        .await
    }

    /// The same, of all that is read.
    async fn cut(&self, run_id: &str, key: &str, from: usize, most: usize) -> Result<HistoryPage, Error> {
        let all = self.history(run_id, key).await?;
        let to = from.saturating_add(most).min(all.len());
        Ok(HistoryPage { points: all.slice(from.min(to)..to), total: all.len() })
    }
}

/// Whether each begins behind the end of the one before, what is small behind everything: then nothing is there twice, and
/// places can be counted.
fn follow_each_other(large: &[Large], small: &Columns) -> bool {
    let ends = |points: &Columns| Some((points.get(0)?, points.get(points.len() - 1)?));
    let mut behind: Option<Point> = None;
    large.iter().map(|large| &large.outline).chain([small]).filter_map(ends).all(|(first, last)| {
        let follows = behind.is_none_or(|behind| behind.history_cmp(&first).is_lt());
        behind = Some(last);
        follows
    })
}
