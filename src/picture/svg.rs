//! A layout as SVG. All text is text, so that it can be selected and found; all of it goes through the
//! template, which escapes it; what a row had no room for is its `<title>`.

use maud::{Markup, PreEscaped, html};

use super::arrows::{Arrow, short};
use super::card::{Card, Item};
use super::destinations::Destination;
use super::place::{LaneBox, Layout, Sample, Sampled, legend_text};
use super::scene::{Flag, Kind, Lane, Row, Scene, kind_of};
use crate::diagnostic::Severity;
use crate::report::page::THEME;

pub const STYLE: &str = include_str!("picture.css");

/// Where the picture will stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a file of its own: it brings its colours.
    File,
    /// In a page, which has them, and which shows ways on it; with the class that the page knows it by.
    Page(&'static str),
}

pub fn render(scene: &Scene, layout: &Layout, place: Place) -> Markup {
    let (width, height) = (short(layout.width), short(layout.height));
    let class = match place {
        Place::File => None,
        Place::Page(class) => Some(class),
    };
    let in_page = class.is_some();
    // Inside of a page the name of the element says it.
    let namespace = (!in_page).then_some("http://www.w3.org/2000/svg");
    let told = format!("{}: {}", scene.title, scene.facts.join(", "));
    html! {
        svg class=[class] xmlns=[namespace] width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
            role="group" aria-label=(told) {
            @if !in_page {
                title { (scene.title) }
                desc { (told) }
                style { (PreEscaped(THEME)) (PreEscaped(STYLE)) }
                rect.page width="100%" height="100%" {}
            }
            @if !in_page {
                @for (y, line) in &layout.heading.title { text.title x=(short(margin(layout))) y=(short(*y)) { (line) } }
                @for (y, line) in &layout.heading.facts { text.soft x=(short(margin(layout))) y=(short(*y)) { (line) } }
            }
            @let first_rows = scene.first_rows();
            @for placed in &layout.boxes {
                @match placed.part {
                    Some((lane, first)) => (self::lane(&scene.lanes[lane], placed, first, in_page.then_some(first_rows[lane] + first))),
                    None => (destinations(&scene.destinations, placed)),
                }
            }
            g aria-hidden="true" {
                @for arrow in &layout.arrows { (self::arrow(arrow)) }
                @if in_page { @for arrow in &layout.arrows { path.way data-row=(arrow.row) d=(arrow.whole) {} } }
            }
            g aria-label="Legend" role="group" {
                @for sample in &layout.legend { (self::sample(sample)) }
            }
        }
    }
}

fn margin(layout: &Layout) -> f64 {
    layout.legend.first().map_or(24.0, |sample| sample.x)
}

/// `first`: which of the lane's rows is the first here; `number`: what the page knows it by.
fn lane(lane: &Lane, placed: &LaneBox, first: usize, number: Option<usize>) -> Markup {
    let kind = kind_of(lane.mark);
    let named = match lane.mark {
        Some(_) => format!("{kind} policy {}", lane.name),
        None => format!("policy {}", lane.name),
    };
    html! {
        g class={ "lane " (kind) (gravest(&lane.flags)) } transform=(moved(placed.x, placed.y)) role="list" aria-label=(named) {
            (frame(placed))
            g {
                title { (named) @for line in lane.description.iter() { "\n" (line) } (told(&lane.flags)) }
                (items(&placed.head))
            }
            @for (index, (drawn, (top, card))) in lane.rows[first..].iter().zip(&placed.rows).enumerate() {
                (self::row(drawn, card, placed.width, *top, number.map(|number| number + index)))
            }
        }
    }
}

/// The card itself, and the stripe that says what kind of policy it is.
fn frame(placed: &LaneBox) -> Markup {
    let (width, height) = (short(placed.width), short(placed.height));
    let stripe = format!("M8 .5h-1.5a6 6 0 0 0-6 6v{}a6 6 0 0 0 6 6h1.5z", short(placed.height - 13.0));
    html! {
        rect.card x=".5" y=".5" width=(width) height=(height) rx="7" {}
        path.stripe d=(stripe) {}
    }
}

fn row(row: &Row, card: &Card, width: f64, top: f64, number: Option<usize>) -> Markup {
    let severity = gravest(&row.flags);
    html! {
        g class={ "row" (severity) } transform=(moved(0.0, top)) role="listitem" data-row=[number] {
            title { (row.whole.join("\n")) (told(&row.flags)) }
            rect.ground x="9" y="1" width=(short(width - 9.5)) height=(short(card.height - 1.0)) {}
            path.between d={ "M9 .5H" (short(width)) } {}
            (items(card))
        }
    }
}

fn destinations(destinations: &[Destination], placed: &LaneBox) -> Markup {
    html! {
        g.lane.none transform=(moved(placed.x, placed.y)) role="list" aria-label="Destinations" {
            (frame(placed))
            text.head x="16" y="24" { "Where leads end" }
            @for (known, (top, card)) in destinations.iter().zip(&placed.rows) {
                g class={ "row" (gravest(&known.flags)) } transform=(moved(0.0, *top)) role="listitem" {
                    title { (known.name) @for fact in &known.facts { "\n" (fact) } (told(&known.flags)) }
                    rect.ground x="9" y="1" width=(short(placed.width - 9.5)) height=(short(card.height - 1.0)) {}
                    (items(card))
                }
            }
        }
    }
}

/// The class of what is found about something: of the gravest finding.
fn gravest(flags: &[Flag]) -> String {
    let severity = flags.iter().filter(|flag| flag.is_about).map(|flag| flag.severity).max();
    severity.map(|severity| format!(" {}", severity.name())).unwrap_or_default()
}

/// Findings as further lines of a title.
fn told(flags: &[Flag]) -> String {
    let line = |flag: &Flag| match flag.is_about {
        true => format!("\n{}[{}]: {}", flag.severity.name(), flag.code, flag.message),
        false => format!("\n{}", flag.message),
    };
    flags.iter().map(line).collect()
}

fn items(card: &Card) -> Markup {
    html! { @for item in &card.items { (self::item(item)) } }
}

fn item(item: &Item) -> Markup {
    match item {
        Item::Text { x, y, class, text } => html! { text class=(class) x=(short(*x)) y=(short(*y)) { (text) } },
        Item::Sign { x, y, kind } => sign(*x, *y, *kind),
        Item::Mark { x, y, severity, is_about } => mark(*x, *y, *severity, *is_about),
        Item::Pill { x, y, width, class, text } => html! {
            rect class={ "pill " (class) } x=(short(*x + 0.5)) y=(short(*y + 0.5)) width=(short(*width)) height="18" rx="9" {}
            text class={ "pill-text " (class) } x=(short(*x + width / 2.0)) y=(short(*y + 13.5)) { (text) }
        },
        Item::Bar { x, y, width, share } => html! {
            rect.track x=(short(*x)) y=(short(*y)) width=(short(*width)) height="3" {}
            rect.share x=(short(*x)) y=(short(*y)) width=(short(width * share)) height="3" {}
        },
    }
}

fn sign(x: f64, y: f64, kind: Kind) -> Markup {
    html! { path class={ "sign " (sign_name(kind)) } transform=(moved(x, y)) d=(sign_shape(kind)) {} }
}

fn sign_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Team => "team",
        Kind::Rep => "rep",
        Kind::Queue => "queue",
        Kind::Owner => "owner",
        Kind::Manager => "manager",
        Kind::Policy => "policy",
        Kind::Reject => "reject",
        Kind::Keep => "keep",
        Kind::Nobody => "nobody",
        Kind::More => "more",
    }
}

/// Shapes in a square of 14 by 14, told apart without their colours.
fn sign_shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Team => {
            "M4.2 6.2a2.4 2.4 0 1 0 0-4.8a2.4 2.4 0 0 0 0 4.8zM9.8 6.2a2.4 2.4 0 1 0 0-4.8a2.4 2.4 0 0 0 0 4.8zM0 12.5c0-3.2 1.6-4.9 4-4.9 1.3 0 2.3.5 3 1.4.7-.9 1.7-1.4 3-1.4 2.4 0 4 1.7 4 4.9z"
        }
        Kind::Rep => "M7 6.6a2.9 2.9 0 1 0 0-5.8a2.9 2.9 0 0 0 0 5.8zM1.8 13c0-3.4 2-5.2 5.2-5.2s5.2 1.8 5.2 5.2z",
        Kind::Queue => "M1 2h12v2.4h-12zM1 6h9v2.4h-9zM1 10h6v2.4h-6z",
        Kind::Owner => {
            "M1 1.5h12v11h-12zM2.5 5.2v2h3.4v-2zM7.4 5.2v2h4.1v-2zM2.5 8.7v2.3h3.4v-2.3zM7.4 8.7v2.3h4.1v-2.3z"
        }
        Kind::Manager => "M7 .5l5 5.2h-3v7.3h-4v-7.3h-3z",
        Kind::Policy => "M.5 5.6h7.5v-3.4l5.5 4.8-5.5 4.8v-3.4h-7.5z",
        Kind::Reject => {
            "M2.6 1l4.4 4.4 4.4-4.4 1.6 1.6-4.4 4.4 4.4 4.4-1.6 1.6-4.4-4.4-4.4 4.4-1.6-1.6 4.4-4.4-4.4-4.4z"
        }
        Kind::Keep => {
            "M7 .8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 0 0 0-12.4zM7 2.6a4.4 4.4 0 1 1 0 8.8a4.4 4.4 0 0 1 0-8.8zM7 4.9a2.1 2.1 0 1 0 0 4.2a2.1 2.1 0 0 0 0-4.2z"
        }
        Kind::Nobody => {
            "M7 .8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 0 0 0-12.4zM3.9 3.9a4.4 4.4 0 0 1 6.2 0l-6.2 6.2a4.4 4.4 0 0 1 0-6.2zM10.1 10.1a4.4 4.4 0 0 1-4.4 1.1l5.5-5.5a4.4 4.4 0 0 1-1.1 4.4z"
        }
        Kind::More => "M1.5 5.8h2.4v2.4h-2.4zM5.8 5.8h2.4v2.4h-2.4zM10.1 5.8h2.4v2.4h-2.4z",
    }
}

fn mark(x: f64, y: f64, severity: Severity, is_about: bool) -> Markup {
    let shape = match severity {
        Severity::Error => "M4.1 0h5.8l4.1 4.1v5.8l-4.1 4.1h-5.8l-4.1-4.1v-5.8zM6 2.8v5.2h2v-5.2zM6 9.2v2h2v-2z",
        Severity::Warning => "M7 .3l7 13.2h-14zM6.1 5v4.2h1.8v-4.2zM6.1 10.2v1.8h1.8v-1.8z",
        Severity::Note => "M1 .5h12v13h-12zM6 2.8v2h2v-2zM6 6v5.2h2v-5.2z",
    };
    let shape = if is_about { shape } else { "M1 1v7h8.5v3l4-4.2-4-4.3v3.1h-6.2v-4.6z" };
    html! { path class={ "mark " (severity.name()) } transform=(moved(x, y)) d=(shape) {} }
}

fn arrow(arrow: &Arrow) -> Markup {
    let back = if arrow.is_back { " back" } else { "" };
    html! {
        path class={ "arrow" (back) } d=(arrow.path) {}
        @if let Some((x, y, points_right)) = arrow.tip {
            @let step = if points_right { -9.0 } else { 9.0 };
            path class={ "tip" (back) } d={ "M" (short(x)) " " (short(y)) "l" (short(step)) " -4.5v9z" } {}
        }
    }
}

fn sample(sample: &Sample) -> Markup {
    let Sample { x, y, .. } = *sample;
    html! {
        @match sample.of {
            Sampled::Sign(kind) => (sign(x, y, kind)),
            Sampled::Mark(severity) => (mark(x, y, severity, true)),
            Sampled::Arrow { is_back } => (self::arrow(&Arrow {
                row: 0,
                path: format!("M{} {}h22", short(x), short(y + 7.0)),
                whole: String::new(),
                tip: Some((x + 28.0, y + 7.0, true)),
                is_back,
            })),
        }
        text.legend x=(short(legend_text(sample))) y=(short(y + 11.0)) { (sample.text) }
    }
}

fn moved(x: f64, y: f64) -> String {
    format!("translate({} {})", short(x), short(y))
}
