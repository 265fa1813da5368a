//! Where everything stands: lanes one below the other in as many columns as make a picture of the shape of a
//! slide, arrows between them.

use super::arrows::{self, Arrow, End};
use super::card::{self, Card, LINE, SMALL, TEXT, Widths};
use super::scene::{Kind, Lane, Scene};
use super::text::{width, wrap};
use crate::diagnostic::Severity;

const MARGIN: f64 = 24.0;
/// Between one lane and the next below it.
const GAP: f64 = 26.0;
const MOST_COLUMNS: usize = 8;
/// A lane that is higher than this, and than the picture should be, is continued in the next column.
const HIGH: f64 = 1200.0;
/// Width by height of a slide, with room for its own title.
const SLIDE: f64 = 1.7;

/// A picture with a place for everything.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub heading: Heading,
    pub boxes: Vec<LaneBox>,
    pub arrows: Vec<Arrow>,
    pub legend: Vec<Sample>,
}

/// What stands on top: lines, each with its foot, and where what comes below begins.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Heading {
    pub title: Vec<(f64, String)>,
    pub facts: Vec<(f64, String)>,
    end: f64,
}

/// A lane or a part of one, or the box of destinations, which comes last.
#[derive(Clone, PartialEq, Debug)]
pub struct LaneBox {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// The lane, and the first of its rows that is here; `None` for destinations.
    pub part: Option<(usize, usize)>,
    pub head: Card,
    /// Each with its distance from the top of the box.
    pub rows: Vec<(f64, Card)>,
}

/// A sign and what it means.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    pub x: f64,
    pub y: f64,
    pub of: Sampled,
    pub text: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sampled {
    Sign(Kind),
    Mark(Severity),
    Arrow { is_back: bool },
}

/// For what a picture is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A slide or a sheet of paper.
    Slide,
    /// A page of a browser, which has a title of its own and needs room for other things.
    Screen,
    /// A phone.
    Narrow,
}

pub fn layout(scene: &Scene, format: Format) -> Layout {
    let numbers = scene.lanes.iter().flat_map(|lane| &lane.rows).map(|row| row.number.as_str());
    let number = card::number_width(numbers);
    let (widths, margin) = match format {
        Format::Slide => (Widths::wide(number, scene.has_counts), MARGIN),
        Format::Screen => (Widths::tight(number, scene.has_counts), 4.0),
        Format::Narrow => (Widths::narrow(number, scene.has_counts), 2.0),
    };
    let boxes = boxes(scene, &widths, format);
    let heights: Vec<f64> = boxes.iter().map(|placed| placed.height).collect();
    let columns = match format {
        Format::Slide => best_columns(&heights, widths.lane, MOST_COLUMNS),
        Format::Screen => best_columns(&heights, widths.lane, 2),
        Format::Narrow => vec![0; heights.len()],
    };
    Placer { scene, widths, margin, columns, boxes, has_heading: format == Format::Slide }.place()
}

/// Every lane and the destinations, as yet without a place.
fn boxes(scene: &Scene, widths: &Widths, format: Format) -> Vec<LaneBox> {
    let all = scene.lanes.iter().find(|lane| lane.is_start).and_then(|lane| lane.leads).unwrap_or(0);
    let rows = |lane: &Lane| lane.rows.iter().map(|row| card::row(row, widths, all)).collect::<Vec<Card>>();
    let lanes: Vec<(Card, Vec<Card>)> = scene.lanes.iter().map(|lane| (card::head(lane, widths), rows(lane))).collect();
    let high = match format {
        Format::Slide => {
            let cards = lanes.iter().flat_map(|(head, rows)| rows.iter().chain([head]));
            let total: f64 = cards.map(|card| card.height).sum();
            (total * (widths.lane + 44.0) / SLIDE).sqrt().max(HIGH)
        }
        Format::Screen | Format::Narrow => f64::INFINITY,
    };
    let mut boxes = Vec::new();
    for (lane, (head, rows)) in lanes.into_iter().enumerate() {
        let mut first = 0;
        for (index, rows) in parts(rows, high).into_iter().enumerate() {
            let head = if index == 0 { head.clone() } else { card::continued(&scene.lanes[lane], widths) };
            let count = rows.len();
            boxes.push(stacked(Some((lane, first)), head, rows, widths.lane));
            first += count;
        }
    }
    if !scene.destinations.is_empty() {
        let cards = scene.destinations.iter().map(|known| card::destination(known, widths)).collect();
        boxes.push(stacked(None, Card { height: 34.0, ..Card::default() }, cards, widths.lane));
    }
    boxes
}

/// Rows in parts of about the same height, none much higher than it may be.
fn parts(rows: Vec<Card>, high: f64) -> Vec<Vec<Card>> {
    let total: f64 = rows.iter().map(|row| row.height).sum();
    let each = total / (total / high).ceil().max(1.0);
    let mut parts: Vec<Vec<Card>> = vec![Vec::new()];
    let mut used = 0.0;
    for row in rows {
        if used >= each * parts.len() as f64 {
            parts.push(Vec::new());
        }
        used += row.height;
        parts.last_mut().expect("there is a first part").push(row);
    }
    parts
}

fn stacked(part: Option<(usize, usize)>, head: Card, cards: Vec<Card>, width: f64) -> LaneBox {
    let mut height = head.height + 4.0;
    let mut rows = Vec::new();
    for card in cards {
        let top = height;
        height += card.height;
        rows.push((top, card));
    }
    LaneBox { x: 0.0, y: 0.0, width, height: height + 4.0, part, head, rows }
}

/// The column of each box, in order, such that the picture comes near to a slide.
fn best_columns(heights: &[f64], lane: f64, most: usize) -> Vec<usize> {
    let most = heights.len().clamp(1, most);
    let shapes = (1..=most).map(|columns| {
        let (split, height) = split(heights, columns);
        let width = columns as f64 * (lane + 44.0) + 2.0 * MARGIN;
        let distance = (width / (height + 150.0) / SLIDE).ln().abs();
        (split, distance)
    });
    let best = shapes.min_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map(|(split, _)| split).unwrap_or_default()
}

/// Heights in order, in so many columns that the highest is as low as can be, and how high it is.
fn split(heights: &[f64], columns: usize) -> (Vec<usize>, f64) {
    let filled = |most: f64| {
        let (mut column, mut used) = (0, 0.0);
        let place = |height: &f64| {
            if used > 0.0 && used + height + GAP > most {
                (column, used) = (column + 1, 0.0);
            }
            used += height + GAP;
            column
        };
        heights.iter().map(place).collect::<Vec<usize>>()
    };
    let (mut low, mut high) = (0.0, heights.iter().map(|height| height + GAP).sum::<f64>());
    while high - low > 1.0 {
        let middle = (low + high) / 2.0;
        let fits = filled(middle).last().is_none_or(|last| *last < columns);
        if fits { high = middle } else { low = middle }
    }
    let split = filled(high);
    let column = |column: usize| {
        heights.iter().zip(&split).filter(move |(_, at)| **at == column).map(|(height, _)| height + GAP)
    };
    let highest = (0..columns).map(|at| column(at).sum::<f64>()).fold(0.0, f64::max);
    (split, highest)
}

struct Placer<'a> {
    scene: &'a Scene,
    widths: Widths,
    margin: f64,
    columns: Vec<usize>,
    boxes: Vec<LaneBox>,
    has_heading: bool,
}

impl Placer<'_> {
    fn place(mut self) -> Layout {
        let columns = self.columns.last().map_or(1, |last| last + 1);
        let mut used = vec![0.0; columns];
        for (placed, &column) in self.boxes.iter_mut().zip(&self.columns) {
            placed.y = used[column];
            used[column] += placed.height + GAP;
        }
        let content = used.iter().copied().fold(0.0, f64::max) - GAP;
        let routes = arrows::plan(&self.ends(), columns);
        let mut x = self.margin;
        let mut lefts = Vec::new();
        for column in 0..columns {
            x += if column == 0 { routes.channels[0] } else { routes.channels[column].max(30.0) };
            lefts.push(x);
            x += self.widths.lane;
        }
        let width = (x + routes.channels[columns].max(0.0) + self.margin).ceil();
        let heading = self.heading(width);
        let top = heading.end + routes.bus;
        for (placed, &column) in self.boxes.iter_mut().zip(&self.columns) {
            (placed.x, placed.y) = (lefts[column], placed.y + top);
        }
        let arrows = routes.draw(&lefts, self.widths.lane, top);
        let (legend, height) = self.legend(width, top + content + 30.0);
        Layout { width, height: (height + self.margin).ceil(), heading, boxes: self.boxes, arrows, legend }
    }

    /// Every `go to`: from a row to the head of a lane.
    fn ends(&self) -> Vec<End> {
        let first_rows = self.scene.first_rows();
        let mut heads = vec![0; self.scene.lanes.len()];
        for (index, placed) in self.boxes.iter().enumerate() {
            if let Some((lane, 0)) = placed.part {
                heads[lane] = index;
            }
        }
        let mut ends = Vec::new();
        for (placed, &column) in self.boxes.iter().zip(&self.columns) {
            let Some((lane, first)) = placed.part else { continue };
            let from = &self.scene.lanes[lane];
            for (number, (row, (top, card))) in from.rows[first..].iter().zip(&placed.rows).enumerate() {
                let Some(to) = row.goes_to else { continue };
                let head = &self.boxes[heads[to]];
                ends.push(End {
                    row: first_rows[lane] + first + number,
                    from: column,
                    y: placed.y + top + card.port,
                    lane: to,
                    to: self.columns[heads[to]],
                    port: head.y + head.head.port,
                    is_back: self.scene.is_back(lane, to),
                });
            }
        }
        ends
    }

    fn heading(&self, width: f64) -> Heading {
        if !self.has_heading {
            return Heading { end: self.margin, ..Heading::default() };
        }
        let room = width - 2.0 * self.margin;
        let mut y = self.margin;
        let mut line = |text: String, height: f64| {
            y += height;
            (y, text)
        };
        let title = wrap(&self.scene.title, room, card::TITLE, 2);
        let title: Vec<(f64, String)> = title.lines.into_iter().map(|text| line(text, 26.0)).collect();
        let facts = wrap(&self.scene.facts.join("  ·  "), room, TEXT, 4);
        let facts: Vec<(f64, String)> = facts.lines.into_iter().map(|text| line(text, LINE + 3.0)).collect();
        Heading { title, facts, end: y + 22.0 }
    }

    /// What the signs mean that the picture has.
    fn legend(&self, room: f64, top: f64) -> (Vec<Sample>, f64) {
        let (mut x, mut y) = (self.margin, top);
        let mut legend = Vec::new();
        for (of, text) in samples(self.scene, &self.boxes) {
            let needed = 22.0 + width_of(of) + width(text, SMALL) + 18.0;
            if x > self.margin && x + needed - 18.0 > room - self.margin {
                (x, y) = (self.margin, y + 22.0);
            }
            legend.push(Sample { x, y, of, text });
            x += needed;
        }
        (legend, y + 14.0)
    }
}

/// How much wider than others a sample is.
pub fn width_of(of: Sampled) -> f64 {
    if matches!(of, Sampled::Arrow { .. }) { 12.0 } else { 0.0 }
}

fn samples(scene: &Scene, boxes: &[LaneBox]) -> Vec<(Sampled, &'static str)> {
    let items = || boxes.iter().flat_map(|placed| placed.rows.iter().map(|(_, card)| card).chain([&placed.head]));
    let items = || items().flat_map(|card| &card.items);
    let signs = [
        (Kind::Team, "team, in turns"),
        (Kind::Rep, "rep"),
        (Kind::Queue, "queue, where leads wait"),
        (Kind::Owner, "whoever a table names"),
        (Kind::Manager, "manager"),
        (Kind::Keep, "stays with its owner"),
        (Kind::Reject, "refused"),
        (Kind::Nobody, "nobody"),
    ];
    let has_sign = |wanted: Kind| items().any(|item| matches!(item, card::Item::Sign { kind, .. } if *kind == wanted));
    let mut samples: Vec<(Sampled, &str)> =
        signs.into_iter().filter(|(kind, _)| has_sign(*kind)).map(|(kind, text)| (Sampled::Sign(kind), text)).collect();
    let arrows: Vec<bool> = scene.arrows().map(|(from, to)| scene.is_back(from, to)).collect();
    samples.extend(arrows.contains(&false).then_some((Sampled::Arrow { is_back: false }, "handed to the next policy")));
    samples.extend(
        arrows.contains(&true).then_some((Sampled::Arrow { is_back: true }, "handed back to an earlier policy")),
    );
    let marks = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let has_mark =
        |wanted: Severity| items().any(|item| matches!(item, card::Item::Mark { severity, .. } if *severity == wanted));
    samples
        .extend(marks.into_iter().filter(|(mark, _)| has_mark(*mark)).map(|(mark, text)| (Sampled::Mark(mark), text)));
    samples
}

/// Room for a text of the legend; kept here so that whoever draws it need not measure.
pub fn legend_text(sample: &Sample) -> f64 {
    sample.x + 22.0 + width_of(sample.of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_about_as_high_as_one_another() {
        let (split_up, highest) = split(&[100.0, 100.0, 100.0, 100.0], 2);
        assert_eq!((split_up, highest), (vec![0, 0, 1, 1], 252.0));
        assert_eq!(split(&[500.0, 10.0, 10.0], 2).0, [0, 1, 1]);
        assert_eq!(split(&[], 3).0, Vec::<usize>::new());
    }
}
