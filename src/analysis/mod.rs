//! Exact facts about a project: what can happen to leads, and what cannot.
//!
//! Every question is one question: is there a lead that these conditions let through and those do
//! not? The [`Engine`](witness::Engine) answers it with a lead, with a proof that there is none and
//! the rules the proof needed, or with "left open" when a budget ran out. There are no messages
//! here; `lint`, `diff` and `explain` say in words what they read here.
//!
//! | file | for |
//! | --- | --- |
//! | [`values`] | what a policy looks at, as functions of single fields |
//! | [`line`], [`text`], [`time`], [`sample`] | the domains: ordered values, texts, clocks, plain values |
//! | [`atoms`], [`model`] | variables, dimensions and atoms: what conditions can tell apart |
//! | [`cutting`], [`cut_text`], [`keys`] | how the atoms are made: of values, of texts, of tables' keys |
//! | [`pick`] | a cell with the wanted atoms |
//! | [`alike`] | what two versions' lead blocks have in common |
//! | [`contained`] | pieces of text that contain others |
//! | [`boxes`], [`sets`], [`index`] | conditions as boxes, and which boxes contain an atom |
//! | [`witness`], [`solve`] | the one question; what is forced at once |
//! | [`search`], [`join`], [`reasons`] | the search, on atoms joined; why it found nothing |
//! | [`ways`], [`reach`], [`cover`], [`cycles`] | across policies: what is reached, what is covered by what, what circles |
//! | [`regions`], [`gaps`], [`describe`] | from one lead to all like it; leads that fall off the end; in words |
//! | [`ends`], [`difference`] | do two ways of going on end alike: rules that could go, versions compared |
//! | [`parts`], [`overlap`] | parts of conditions where they stand; rules beside each other |
//! | [`why_not`] | the fewest changes that bring a lead somewhere |
//! | [`parallel`] | many questions on all cores |
//!
//! The approach is that of Maranget (*Warnings for pattern matching*, 2007: usefulness, and a value
//! as its proof), applied to first-match rules as by Liu & Gouda (2005) and Margrave (Nelson et al.
//! 2010); Batfish asks the same questions of packet filters.

pub mod alike;
pub mod arrivals;
pub mod atoms;
pub mod boxes;
pub mod contained;
pub mod cover;
pub mod cut_text;
pub mod cutting;
pub mod cycles;
pub mod describe;
pub mod difference;
pub mod ends;
pub mod gaps;
pub mod index;
pub mod join;
pub mod keys;
pub mod line;
pub mod model;
pub mod overlap;
pub mod parallel;
pub mod parts;
pub mod pick;
pub mod reach;
pub mod reasons;
pub mod regions;
pub mod sample;
pub mod search;
pub mod sets;
pub mod solve;
pub mod text;
pub mod time;
pub mod values;
pub mod ways;
pub mod why_not;
pub mod witness;
