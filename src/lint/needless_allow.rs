//! `needless-allow`: an `allow` that silences nothing, so that the next reader looks for a problem
//! that is no longer there.

use crate::diagnostic::{Code, Edit, Finding};
use crate::policy::Allow;

/// One for each `allow` given: those that silenced nothing.
pub fn find(unused: &[&Allow]) -> Vec<Finding> {
    unused.iter().map(|allow| needless(allow)).collect()
}

fn needless(allow: &Allow) -> Finding {
    let message = format!("`allow {}` silences nothing", allow.code);
    Finding::new(Code::NeedlessAllow, allow.span, message)
        .at("nothing that follows has this finding")
        .help("remove it")
        .fix(format!("remove `allow {}`", allow.code), vec![Edit::remove(allow.span)])
}
