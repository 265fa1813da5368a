//! The one test binary. A test is named by what it shows, as a sentence.

mod support;
mod syntax;
