//! The one test binary. A test is named by what it shows, as a sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod support;
mod syntax;
