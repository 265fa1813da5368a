//! Facts.
pub mod line;
pub mod sets;
pub mod text;
pub mod values;
