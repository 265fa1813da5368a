//! Places at which a test can end the process, as `kill -9` would.
//!
//! In a program built for tests, `POINTSMAN_FAULT=7` ends it at the seventh place it comes to; nothing is
//! cleaned up and nothing is said. In a release there is nothing of this.

/// A place between two steps that outlast the process.
#[cfg(debug_assertions)]
pub fn point() {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static LAST: OnceLock<Option<u64>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    #[expect(clippy::disallowed_methods, reason = "only in a program that is built for tests")]
    let last = LAST.get_or_init(|| std::env::var("POINTSMAN_FAULT").ok().and_then(|text| text.parse().ok()));
    if last.is_some_and(|last| PASSED.fetch_add(1, Ordering::Relaxed) + 1 == last) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn point() {}
