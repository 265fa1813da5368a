//! Facts.
pub mod atoms;
pub mod line;
pub mod sample;
pub mod sets;
pub mod text;
pub mod time;
pub mod values;
