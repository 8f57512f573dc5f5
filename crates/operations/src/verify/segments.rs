//! Segments of metrics in objects: each object is there, and is what was archived.

use runledger_storage::Error;
use runledger_storage::views::{SegmentObjects, Views};

use super::Finding;

/// Names of objects per statement.
const PAGE: i64 = 1_000;

/// Reads every object that the views name. `found` is told what is wrong. Returns how many there are.
pub async fn verify_segments(
    views: &Views,
    objects: &dyn SegmentObjects,
    mut found: impl FnMut(Finding) + Send,
) -> Result<u64, Error> {
    let (mut behind, mut count) = (String::new(), 0);
    loop {
        let page = views.segment_objects(&behind, PAGE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        behind.clone_from(last);
        for object in page {
            count += 1;
            if let Some(problem) = objects.check(&object).await? {
                found(Finding::new(format!("points of metrics, object {object}"), problem));
            }
        }
    }
}
