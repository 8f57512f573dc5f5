//! What was fetched last, so that it is fetched once for all who want it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A few values by their keys; the one that was not wanted for longest goes first.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    most: usize,
    kept: Mutex<VecDeque<(K, Arc<OnceCell<V>>)>>,
}

impl<K: PartialEq + Send, V: Clone + Send + Sync> Recent<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    /// The value, fetched by whoever wants it first. One that could not be fetched is tried again by the next.
    pub(crate) async fn get<E>(&self, key: K, fetch: impl Future<Output = Result<V, E>> + Send) -> Result<V, E> {
        let cell = self.cell(key);
        cell.get_or_try_init(|| fetch).await.cloned()
    }

    fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(other, _)| *other == key);
        let found = place.and_then(|place| kept.remove(place));
        let (key, cell) = found.unwrap_or_else(|| (key, Arc::default()));
        kept.push_front((key, Arc::clone(&cell)));
        kept.truncate(self.most);
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_wanted_for_longest_goes() {
        let recent = Recent::<u8, u8>::new(2);
        let wanted = async |key, value| recent.get(key, async move { Ok::<u8, ()>(value) }).await.unwrap();
        assert_eq!(wanted(1, 10).await, 10);
        assert_eq!(wanted(2, 20).await, 20);
        assert_eq!(wanted(1, 11).await, 10);
        assert_eq!(wanted(3, 30).await, 30);
        assert_eq!((wanted(1, 12).await, wanted(2, 22).await), (10, 22));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let recent = Recent::<u8, u8>::new(2);
        assert_eq!(recent.get(1, async { Err("away") }).await, Err("away"));
        assert_eq!(recent.get(1, async { Ok::<_, &str>(1) }).await, Ok(1));
    }
}
