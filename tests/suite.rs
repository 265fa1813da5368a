//! All behaviour tests, one binary: each topic is a flat module in a file of its own.

#![expect(clippy::disallowed_methods, reason = "tests lay out files and read what was written")]

mod support;

mod docs;
mod examples;
