//! The one test binary: a module for each stage or command. A test is named by what it shows, as a
//! sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod analysis;
mod assign;
mod availability;
mod baseline;
mod browser;
mod calendar;
mod check;
mod ci_kit;
mod cli;
mod diagnostic;
mod diff;
mod docs;
mod examples;
mod exhaustive;
mod explain;
mod findings;
mod fmt;
mod generate;
mod git;
mod graph;
mod import;
mod init;
mod io;
mod layers;
mod ledger;
mod lint;
mod manual;
mod naive_salesforce;
mod pace;
mod picture;
mod program;
mod projects;
mod properties;
mod report;
mod roster;
mod route;
mod status;
mod support;
mod syntax;
mod tick;
mod trial;
mod workplace;
mod year;
