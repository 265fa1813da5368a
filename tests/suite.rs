//! The one test binary. A test is named by what it shows, as a sentence.

mod docs;
mod examples;
mod program;
mod support;
mod syntax;
