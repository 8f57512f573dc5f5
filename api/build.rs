//! Has the crate built again when the web UI was, whose files it embeds.

fn main() {
    println!("cargo:rerun-if-changed=../ui/dist");
}
