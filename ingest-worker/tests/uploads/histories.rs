//! Random histories of uploads, deletions, partial work and crashes: in the end the store holds what the log says.

use proptest::prelude::*;
use std::collections::BTreeMap;
use tokio::runtime::Runtime;

use crate::bench::Bench;

const PATHS: [&str; 4] = ["a", "d/x", "d/e/y", "d/e/z"];
const FOLDERS: [&str; 4] = ["a", "d", "d/e", "d/e/y"];

#[derive(Clone, Debug)]
enum Step {
    Stage(usize),
    Delete(usize),
    Dispatch,
    Handle,
    Project,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..PATHS.len()).prop_map(Step::Stage),
        2 => (0..FOLDERS.len()).prop_map(Step::Delete),
        3 => Just(Step::Dispatch),
        4 => Just(Step::Handle),
        1 => Just(Step::Project),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..30)
}

async fn holds(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut bench = Bench::open().await;
    let mut expected = BTreeMap::new();
    for (i, step) in steps.into_iter().enumerate() {
        match step {
            Step::Stage(path) => {
                let content = format!("content {i}").into_bytes();
                bench.stage(PATHS[path], &content).await;
                expected.insert(PATHS[path], content);
            }
            Step::Delete(folder) => {
                bench.delete(FOLDERS[folder]).await;
                let below = format!("{}/", FOLDERS[folder]);
                expected.retain(|path, _| *path != FOLDERS[folder] && !path.starts_with(&below));
            }
            Step::Dispatch => bench.dispatch().await,
            Step::Handle => drop(bench.handle_next().await),
            Step::Project => bench.project().await,
            Step::Crash => bench.restart().await,
        }
    }
    bench.drain().await;
    for path in PATHS {
        let stored = bench.stored(path).await;
        if let Some(content) = expected.get(path) {
            prop_assert_eq!(stored.as_ref(), Some(content), "{}", path);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_store_ends_up_with_what_the_log_says(steps in steps()) {
        Runtime::new().unwrap().block_on(holds(steps))?;
    }
}
