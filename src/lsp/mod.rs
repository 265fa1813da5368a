//! The language server: what an editor shows while a policy is written.
//!
//! | file | for |
//! | --- | --- |
//! | [`server`] | the conversation: messages in, messages out |
//! | [`workspace`], [`home`], [`documents`], [`settings`] | what is open, which projects that is part of, and how they stand |
//! | [`view`], [`scope`], [`names`] | a project at a moment: its texts, what is declared, and every place that names something |
//! | [`analysis`], [`sample`], [`moved`] | the lints and the counted leads, on a thread of their own, and their places in a text that went on |
//! | [`requests`] | questions to answers |
//! | [`hover`], [`complete`], [`rename`], [`outline`], [`actions`], [`diagnostics`] | the answers: functions of a view and a place |
//! | [`positions`], [`edits`] | places and changes as the protocol writes them |
//!
//! Everything said about a policy is what the other stages say: errors are those of `check`, findings those
//! of `lint`, counts those of the router, layout that of `syntax::format`. Files are read through
//! [`check::Files`](crate::check::Files), with open texts in place of those on disk.

pub mod actions;
pub mod analysis;
pub mod complete;
pub mod diagnostics;
pub mod documents;
pub mod edits;
pub mod home;
pub mod hover;
pub mod moved;
pub mod names;
pub mod outline;
pub mod positions;
pub mod rename;
pub mod requests;
pub mod sample;
pub mod scope;
pub mod server;
pub mod settings;
pub mod view;
pub mod workspace;

pub use server::{Ending, Surroundings, serve};
