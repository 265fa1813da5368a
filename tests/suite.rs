//! All behaviour tests, one binary: each topic is a flat module in a file of its own.

mod diagnostic;
