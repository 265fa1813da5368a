//! The one test binary. A test is named by what it shows, as a sentence.

mod diagnostic;
mod support;
mod syntax;
