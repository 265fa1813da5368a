//! A project as a picture: policies as lanes, rules with what they ask in short, where their leads go, and
//! what was found about them.
//!
//! ```text
//! scene    what there is to see: lanes, rows, folds, destinations   (fold, order, words, traffic)
//! card     each row as texts and signs, measured                    (text)
//! place    columns of lanes, and arrows between them                (arrows)
//! svg      all of it as SVG
//! trails   the ways of leads, written down                          (gather)
//! page     the picture, the ways, and a search
//! ```
//!
//! No program draws it for us: general layouts take seconds at two hundred nodes, and put what belongs
//! together far apart. Policies are lists, so they are drawn as lists, in the order in which leads meet them.

mod arrows;
mod card;
mod destinations;
mod fold;
mod gather;
mod order;
mod page;
mod place;
mod scene;
mod svg;
mod text;
mod traffic;
mod trails;
mod words;

use jiff::civil::Date;

use crate::diagnostic::Finding;
use crate::policy::Project;

pub use gather::Gathered;
pub use page::{Contents, render as page};
pub use traffic::Traffic;

/// What a picture is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub project: &'a Project,
    pub findings: &'a [Finding],
    pub title: &'a str,
    /// Which rules are in force depends on it.
    pub today: Date,
    /// How many leads went where, if leads are given.
    pub traffic: Option<&'a Traffic>,
}

/// A picture as an SVG file. Long policies are folded unless `all_rows`.
pub fn svg(subject: &Subject<'_>, all_rows: bool) -> String {
    let scene = scene::Scene::new(subject, !all_rows);
    let layout = place::layout(&scene, place::Format::Slide);
    svg::render(&scene, &layout, svg::Place::File).into_string() + "\n"
}
