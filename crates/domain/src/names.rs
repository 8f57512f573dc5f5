//! Names for runs and models that come without one: `adjective-noun-NNN`, the form that MLflow's users know.

use crate::IdGen;

const ADJECTIVES: &[&str] = &[
    "agile", "amber", "bold", "brave", "bright", "brisk", "calm", "candid", "clever", "crisp", "curious", "daring",
    "deep", "eager", "early", "fair", "fleet", "fond", "frank", "gentle", "glad", "golden", "grand", "happy", "hardy",
    "honest", "humble", "jolly", "keen", "kind", "lively", "lucid", "merry", "mild", "neat", "noble", "patient",
    "proud", "quick", "quiet", "rapid", "ready", "robust", "serene", "sharp", "silent", "smooth", "steady", "sunny",
    "swift", "tidy", "vivid", "warm", "wise", "witty", "zesty",
];

const NOUNS: &[&str] = &[
    "acorn", "anchor", "badger", "beacon", "birch", "bison", "canyon", "cedar", "comet", "condor", "coral", "crane",
    "delta", "dune", "eagle", "ember", "falcon", "fern", "finch", "fjord", "fox", "garnet", "glacier", "harbor",
    "hawk", "heron", "island", "ivy", "jaguar", "lagoon", "lark", "lynx", "maple", "marlin", "meadow", "meteor",
    "nebula", "oak", "orca", "osprey", "otter", "panda", "pebble", "pine", "plover", "quail", "raven", "reef", "river",
    "robin", "sparrow", "spruce", "stork", "tiger", "tulip", "walrus", "willow", "wren", "yak", "zebra",
];

/// Makes a name such as `quiet-otter-417`.
pub(crate) fn random_name(ids: &dyn IdGen) -> String {
    let pick = |words: &'static [&'static str]| words.get(ids.below(words.len())).copied().unwrap_or("run");
    format!("{}-{}-{}", pick(ADJECTIVES), pick(NOUNS), ids.below(1_000))
}
