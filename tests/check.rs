//! From the tree to the project: what names, types, tables and rules mean, and what is said where they
//! mean nothing.

use crate::support::load_str;

#[test]
fn a_small_project_loads() {
    let loaded = load_str(
        "lead { id text key  country country }
         queue rest
         policy all { otherwise assign queue rest }
         start at all",
        &[],
    );
    assert!(loaded.project.is_some(), "{:?}", loaded.findings);
}
