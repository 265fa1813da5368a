//! Lanes, rows and destinations as cards: texts and signs with their places, measured from the card's
//! upper left corner.

use super::destinations::Destination;
use super::scene::{Flag, Kind, Lane, Row, kind_of};
use super::text::{Font, fit, width, wrap};
use super::words::count;
use crate::diagnostic::Severity;

pub const TITLE: Font = Font { size: 24.0, bold: true };
pub const HEAD: Font = Font { size: 15.0, bold: true };
pub const NAME: Font = Font { size: 13.0, bold: true };
pub const TEXT: Font = Font { size: 12.5, bold: false };
pub const SMALL: Font = Font { size: 11.0, bold: false };
/// From one line to the next.
pub const LINE: f64 = 17.0;
/// From the top of a line to the foot of its letters.
const FOOT: f64 = 13.0;
const PAD: f64 = 16.0;
/// Above the first line of a row, and beneath its last.
const AIR: f64 = 8.0;
/// The room of a sign and the gap beside it.
const SIGN: f64 = 21.0;
const MOST_FLAGS: usize = 2;
const MOST_WAYS: usize = 5;

/// How wide the parts of a lane are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Widths {
    pub lane: f64,
    number: f64,
    rule: f64,
    way: f64,
    counts: f64,
    /// Where a lead goes stands beneath what is asked, not beside it.
    is_stacked: bool,
}

/// Something drawn.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// `y` is the foot of the letters; a class ending in `-end` is aligned to the right.
    Text { x: f64, y: f64, class: &'static str, text: String },
    /// The sign of a destination, in a square of 14 by 14.
    Sign { x: f64, y: f64, kind: Kind },
    /// The mark of a finding, likewise; hollow, if the finding is about something else.
    Mark { x: f64, y: f64, severity: Severity, is_about: bool },
    /// A word in a rounded box.
    Pill { x: f64, y: f64, width: f64, class: &'static str, text: String },
    /// Leads, in proportion to those of the start.
    Bar { x: f64, y: f64, width: f64, share: f64 },
}

/// Items in a box.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Card {
    pub height: f64,
    pub items: Vec<Item>,
    /// Where an arrow leaves or enters.
    pub port: f64,
}

impl Widths {
    /// For slides and screens.
    pub fn wide(number: f64, has_counts: bool) -> Widths {
        Widths::beside(number, has_counts, 284.0, 216.0)
    }

    /// For a page that has other things, too.
    pub fn tight(number: f64, has_counts: bool) -> Widths {
        Widths::beside(number, has_counts, 240.0, 196.0)
    }

    fn beside(number: f64, has_counts: bool, rule: f64, way: f64) -> Widths {
        let counts = if has_counts { 64.0 } else { 0.0 };
        Widths { lane: 2.0 * PAD + number + rule + 18.0 + way + counts, number, rule, way, counts, is_stacked: false }
    }

    /// For phones: 400 pixels with the arrows.
    pub fn narrow(number: f64, has_counts: bool) -> Widths {
        let lane: f64 = 340.0;
        let rule = lane - 2.0 * PAD - number;
        let counts = if has_counts { 72.0 } else { 0.0 };
        Widths { lane, number, rule, way: rule, counts, is_stacked: true }
    }

    fn left(&self) -> f64 {
        PAD + self.number
    }

    fn end(&self) -> f64 {
        self.lane - PAD
    }
}

/// The room that numbers of rules need.
pub fn number_width<'a>(numbers: impl Iterator<Item = &'a str>) -> f64 {
    numbers.map(|number| width(number, SMALL)).fold(14.0, f64::max) + 10.0
}

/// The head of a lane.
pub fn head(lane: &Lane, widths: &Widths) -> Card {
    let mut card = Card { port: 20.0, ..Card::default() };
    let mut end = widths.end();
    if let Some(leads) = lane.leads {
        let text = count(leads);
        let unit = if leads == 1 { "lead" } else { "leads" };
        let text = format!("{text} {unit}");
        card.text(end, 24.0, "count-end", text.clone());
        end -= width(&text, SMALL) + 12.0;
    }
    if lane.mark.is_some() {
        let text = kind_of(lane.mark);
        let room = width(text, SMALL) + 16.0;
        card.pill(end - room, 11.0, room, kind_of(lane.mark), text);
        end -= room + 8.0;
    }
    let mut begin = PAD;
    if lane.is_start {
        let room = width("start", SMALL) + 16.0;
        card.pill(begin, 11.0, room, "start", "start");
        begin += room + 8.0;
    }
    let name = fit(&lane.name, end - begin, HEAD);
    card.lines(begin, 11.0 + FOOT, "head", name.lines);
    card.height = 36.0;
    if let Some(description) = &lane.description {
        card.lines(PAD, card.height + 10.0, "soft", fit(description, widths.end() - PAD, TEXT).lines);
        card.height += LINE;
    }
    card.flags(&lane.flags, PAD, widths.end());
    card
}

/// The head of what there was no room for in a lane's own column.
pub fn continued(lane: &Lane, widths: &Widths) -> Card {
    let mut card = Card { height: 36.0, ..Card::default() };
    let name = fit(&format!("{}, continued", lane.name), widths.end() - PAD, HEAD);
    card.lines(PAD, 11.0 + FOOT, "head", name.lines);
    card
}

/// A row of a lane. `all`: how many leads come in at the start.
pub fn row(row: &Row, widths: &Widths, all: u64) -> Card {
    let mut card = Card::default();
    card.text(widths.left() - 10.0, AIR + FOOT - 0.5, "number-end", row.number.clone());
    let counts_beside_name = if widths.is_stacked { widths.counts } else { 0.0 };
    let is_rule = row.rules.len() == 1 && !row.number.is_empty();
    let name = fit(&row.name, widths.rule - counts_beside_name, NAME);
    card.lines(widths.left(), AIR + FOOT, if is_rule { "name" } else { "name quiet" }, name.lines);
    let most = if row.rules.len() > 1 { 2 } else { 3 };
    let asks = wrap(&row.asks, widths.rule, TEXT, most);
    let beneath = AIR + LINE * (1.0 + asks.lines.len() as f64);
    card.lines(widths.left(), AIR + LINE + FOOT, "soft", asks.lines);
    let (x, y) =
        if widths.is_stacked { (widths.left(), beneath + 3.0) } else { (widths.left() + widths.rule + 18.0, AIR) };
    card.port = y + LINE / 2.0;
    let ways = card.ways(row, x, y, widths.way);
    card.height = beneath.max(ways) + 2.0;
    if let Some(leads) = row.leads {
        let share = if all == 0 { 0.0 } else { (leads as f64 / all as f64).min(1.0) };
        card.text(widths.end(), AIR + FOOT, if leads == 0 { "count-end none" } else { "count-end" }, count(leads));
        let bar = Item::Bar { x: widths.end() - 52.0, y: AIR + FOOT + 6.0, width: 52.0, share };
        card.items.extend((!widths.is_stacked).then_some(bar));
    }
    card.flags(&row.flags, widths.left(), widths.end());
    card.height += AIR - 2.0;
    card
}

/// One destination.
pub fn destination(known: &Destination, widths: &Widths) -> Card {
    let mut card = Card::default();
    let left = PAD + SIGN;
    card.items.push(Item::Sign { x: PAD, y: 6.0, kind: known.kind });
    let rules = match known.rules {
        0 => String::new(),
        1 => "1 rule".to_owned(),
        many => format!("{many} rules"),
    };
    let end = widths.end() - width(&rules, SMALL) - 10.0;
    card.text(widths.end(), 5.0 + FOOT, "count-end", rules);
    let name = fit(&known.name, end - left, NAME);
    let name_width = name.lines.first().map_or(0.0, |line| width(line, NAME));
    card.lines(left, 5.0 + FOOT, if known.kind == Kind::More { "name quiet" } else { "name" }, name.lines);
    card.height = 5.0 + LINE;
    let mut facts = known.facts.iter().peekable();
    let beside = left + name_width + 12.0;
    if let Some(first) = facts.next_if(|first| beside + width(first, TEXT) <= end) {
        card.text(beside, 5.0 + FOOT, "soft", first.clone());
    }
    for fact in facts {
        let fitted = wrap(fact, widths.end() - left, TEXT, 2);
        let height = LINE * fitted.lines.len() as f64;
        card.lines(left, card.height + FOOT, "soft", fitted.lines);
        card.height += height;
    }
    card.flags(&known.flags, left, widths.end());
    card.height += 5.0;
    card
}

impl Card {
    fn text(&mut self, x: f64, y: f64, class: &'static str, text: String) {
        self.items.extend((!text.is_empty()).then_some(Item::Text { x, y, class, text }));
    }

    fn lines(&mut self, x: f64, y: f64, class: &'static str, lines: Vec<String>) {
        for (index, line) in lines.into_iter().enumerate() {
            self.text(x, y + LINE * index as f64, class, line);
        }
    }

    fn pill(&mut self, x: f64, y: f64, width: f64, class: &'static str, text: &str) {
        self.items.push(Item::Pill { x, y, width, class, text: text.to_owned() });
    }

    /// Where the row's leads go, from `top` on; returns where the last line ends.
    fn ways(&mut self, row: &Row, x: f64, top: f64, room: f64) -> f64 {
        let mut y = top;
        let shown = if row.ways.len() > MOST_WAYS { MOST_WAYS - 1 } else { row.ways.len() };
        for way in &row.ways[..shown] {
            self.items.push(Item::Sign { x, y: y + 1.5, kind: way.kind });
            let fitted = wrap(&way.text, room - SIGN, TEXT, 2);
            let lines = fitted.lines.len().max(1) as f64;
            self.lines(x + SIGN, y + FOOT, if way.is_second { "soft" } else { "to" }, fitted.lines);
            y += LINE * lines;
        }
        if shown < row.ways.len() {
            self.text(x + SIGN, y + FOOT, "soft", format!("… {} more", row.ways.len() - shown));
            y += LINE;
        }
        y
    }

    /// Findings beneath all else.
    fn flags(&mut self, flags: &[Flag], x: f64, end: f64) {
        let shown = if flags.len() > MOST_FLAGS { MOST_FLAGS } else { flags.len() };
        for flag in &flags[..shown] {
            let (severity, is_about) = (flag.severity, flag.is_about);
            self.items.push(Item::Mark { x, y: self.height + 4.5, severity, is_about });
            let text = match is_about {
                true => format!("{}: {}", flag.code, flag.message),
                false => flag.message.clone(),
            };
            let fitted = wrap(&text, end - x - SIGN, SMALL, 2);
            let class = if is_about { severity.name() } else { "small" };
            let lines = fitted.lines.len() as f64;
            for (index, line) in fitted.lines.into_iter().enumerate() {
                self.text(x + SIGN, self.height + 3.0 + FOOT - 0.5 + 15.0 * index as f64, class, line);
            }
            self.height += 15.0 * lines + 4.0;
        }
        if shown < flags.len() {
            self.text(x + SIGN, self.height + FOOT, "small", format!("… {} more findings", flags.len() - shown));
            self.height += LINE;
        }
    }
}
