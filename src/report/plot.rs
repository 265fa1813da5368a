//! Plots as SVG, drawn by small functions into a square of 100 by 100 that the page stretches.
//!
//! Only shapes are stretched: lines keep their width (`vector-effect`), and all text is HTML beside the
//! drawing, placed in percent, so that a plot is as readable on a phone as on a wall. Colours are
//! classes; the page says what they are by day and by night.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

/// One column of a plot.
pub struct Column {
    /// Beneath it.
    pub label: String,
    /// What a reader who points at it, or hears it, is told.
    pub title: String,
    /// From the bottom to the top, each with its class.
    pub parts: Vec<(&'static str, f64)>,
    /// Whether it stands on a day off.
    pub is_quiet: bool,
}

impl Column {
    fn total(&self) -> f64 {
        self.parts.iter().map(|(_, value)| value).sum()
    }
}

/// A line over the days, with the area beneath it.
pub fn line(caption: &str, columns: &[Column]) -> Markup {
    let scale = Scale::for_values(columns.iter().map(Column::total));
    let last = columns.len().saturating_sub(1).max(1) as f64;
    let x = |index: usize| index as f64 / last * 100.0;
    let mut path = String::new();
    for (index, column) in columns.iter().enumerate() {
        let sign = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{sign}{} {}", short(x(index)), short(scale.y(column.total())));
    }
    let half = 50.0 / last;
    let shapes = html! {
        @for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.is_quiet) {
            (rect("quiet", x(index) - half, 0.0, 2.0 * half, 100.0, Some(&column.title)))
        }
        (scale.grid())
        path.area d={ (path) "L100 100L0 100Z" } {}
        path.line d=(path) {}
        @for (index, column) in columns.iter().enumerate() {
            (rect("hit", x(index) - half, 0.0, 2.0 * half, 100.0, Some(&column.title)))
        }
    };
    frame(caption, &scale, shapes, labels(columns, x))
}

/// Columns beside one another, each of stacked parts. `mark` is a limit before which so many columns
/// stand.
pub fn columns(caption: &str, columns: &[Column], mark: Option<(usize, &str)>) -> Markup {
    let scale = Scale::for_values(columns.iter().map(Column::total));
    let width = 100.0 / columns.len().max(1) as f64;
    let gap = if columns.len() > 40 { 0.1 } else { 0.18 };
    let shapes = html! {
        (scale.grid())
        @for (index, column) in columns.iter().enumerate() {
            (stack(column, &scale, (index as f64 + gap / 2.0) * width, (1.0 - gap) * width))
        }
        @if let Some((before, _)) = mark {
            path.mark d={ "M" (short(before as f64 * width)) " 0V100" } {}
        }
    };
    let labels = html! {
        (labels(columns, |index| (index as f64 + 0.5) * width))
        @if let Some((before, name)) = mark {
            span.mark-label style={ "left:" (short(before as f64 * width)) "%" } { (name) }
        }
    };
    frame(caption, &scale, shapes, labels)
}

/// A bar with what it could have been: its parts from the left and a stroke at the fair share, all from
/// 0 to 1.
pub fn bar(parts: &[(&'static str, f64)], fair: Option<f64>) -> Markup {
    let mut left = 0.0;
    let mut rects = String::new();
    for (class, length) in parts {
        rects.push_str(&rect(class, left * 100.0, 18.0, length * 100.0, 64.0, None).into_string());
        left += length;
    }
    html! {
        svg.bar viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="18" width="100" height="64" {}
            (PreEscaped(rects))
            @if let Some(fair) = fair {
                path.fair d={ "M" (short(fair * 100.0)) " 0V100" } {}
            }
        }
    }
}

fn stack(column: &Column, scale: &Scale, left: f64, width: f64) -> Markup {
    let mut below = 0.0;
    let mut rects = String::new();
    for (class, value) in column.parts.iter().filter(|(_, value)| *value > 0.0) {
        let (top, bottom) = (scale.y(below + value), scale.y(below));
        rects.push_str(&rect(class, left, top, width, bottom - top, None).into_string());
        below += value;
    }
    html! {
        g { title { (column.title) } (PreEscaped(rects)) (rect("hit", left, 0.0, width, 100.0, None)) }
    }
}

fn rect(class: &str, x: f64, y: f64, width: f64, height: f64, title: Option<&str>) -> Markup {
    html! {
        rect class=(class) x=(short(x)) y=(short(y)) width=(short(width)) height=(short(height)) {
            @if let Some(title) = title { title { (title) } }
        }
    }
}

/// The drawing with the scale to its left and the labels beneath.
fn frame(caption: &str, scale: &Scale, shapes: Markup, labels: Markup) -> Markup {
    html! {
        div.plot {
            div.scale aria-hidden="true" {
                @for tick in scale.ticks() {
                    span style={ "top:" (short(scale.y(tick))) "%" } { (super::words::count(tick as u64)) }
                }
            }
            svg.drawing viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=(caption) { (shapes) }
            div.labels aria-hidden="true" { (labels) }
        }
    }
}

/// As many labels as there is room for; every second of them gives way on a narrow page.
fn labels(columns: &[Column], place: impl Fn(usize) -> f64) -> Markup {
    let step = columns.len().div_ceil(9).max(1);
    let shown = columns.iter().enumerate().filter(|(index, _)| index % step == 0);
    html! {
        @for (nth, (index, column)) in shown.enumerate() {
            span.minor[nth % 2 == 1 && columns.len() > 5] style={ "left:" (short(place(index))) "%" } { (column.label) }
        }
    }
}

/// From 0 to a round number above all values.
struct Scale {
    top: f64,
    step: f64,
}

impl Scale {
    fn for_values(values: impl Iterator<Item = f64>) -> Scale {
        let most = values.fold(0.0, f64::max).max(1.0);
        let rough = most / 4.0;
        let magnitude = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|factor| factor * magnitude).find(|step| *step >= rough);
        let step = step.unwrap_or(rough).ceil().max(1.0);
        Scale { top: (most / step).ceil() * step, step }
    }

    /// 0 is at the bottom.
    fn y(&self, value: f64) -> f64 {
        100.0 - value / self.top * 100.0
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (top, step) = (self.top, self.step);
        (0..).map(move |index| f64::from(index) * step).take_while(move |tick| *tick <= top)
    }

    fn grid(&self) -> Markup {
        html! {
            @for tick in self.ticks() {
                path class=(if tick == 0.0 { "axis" } else { "grid" }) d={ "M0 " (short(self.y(tick))) "H100" } {}
            }
        }
    }
}

/// Hundredths are finer than any screen.
fn short(number: f64) -> String {
    super::words::decimals(number, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_few_round_ticks_and_room_for_all() {
        for most in [0.0, 1.0, 3.0, 7.0, 12.0, 31.0, 99.0, 100.0, 101.0, 4_321.0, 1e6] {
            let scale = Scale::for_values([most].into_iter());
            let ticks: Vec<f64> = scale.ticks().collect();
            assert!(scale.top >= most && (2..=6).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!(ticks.iter().all(|tick| tick.fract() == 0.0), "{most}: {ticks:?}");
        }
    }
}
