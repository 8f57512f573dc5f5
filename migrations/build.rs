//! Rebuilds the crate when a migration is added: the macro alone does not see new files.

fn main() {
    println!("cargo:rerun-if-changed=postgres");
    println!("cargo:rerun-if-changed=sqlite");
}
