//! Facts.
pub mod atoms;
pub mod boxes;
pub mod index;
pub mod line;
pub mod sample;
pub mod sets;
pub mod solve;
pub mod text;
pub mod time;
pub mod values;
pub mod witness;
