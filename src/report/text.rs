//! A report for a terminal.

use anstyle::{AnsiColor, Style};
use textwrap::core::display_width;

use super::figures::{Basis, Checked, Report, State, Unit, Yield};
use super::{Setting, measure, words};
use crate::diagnostic::human::Look;
use crate::diagnostic::visible;

const HEADING: Style = Style::new().bold();
const CROSSED: Style = AnsiColor::Red.on_default().bold();
const KEPT: Style = AnsiColor::Green.on_default();
const BAR: Style = AnsiColor::Cyan.on_default();
const QUIET: Style = Style::new().dimmed();

/// Days listed one by one; more than that are told by the week.
const DAYS: usize = 14;
/// Names longer than this are cut.
const NAME: usize = 28;
/// Bars are no longer than this, and left out if they would be shorter than that.
const BAR_WIDTHS: (usize, usize) = (32, 8);

pub fn render(report: &Report, setting: Setting<'_>, look: Look) -> String {
    let mut page = Page { out: String::new(), look };
    page.head(report, setting);
    page.alerts(report, setting);
    page.headlines(report);
    page.reps(report);
    page.teams(report);
    page.route_types(report);
    page.queues(report);
    page.time(report);
    page.unread(report);
    page.remarks(report);
    page.out
}

struct Page {
    out: String,
    look: Look,
}

/// A table: the first column holds names, the others figures.
struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// The length of each row's bar, from 0 to 1; none without bars.
    bars: Vec<f64>,
}

// --- The top --------------------------------------------------------------------------------------

impl Page {
    fn head(&mut self, report: &Report, setting: Setting<'_>) {
        let title = visible(setting.title);
        let when = report.period.map(|period| {
            let zone = setting.project.timezone.iana_name().unwrap_or("the project's time zone");
            let by = match period.basis {
                Basis::Assignment => "by assignment",
                Basis::Capture => "by capture",
            };
            format!("{} ({zone}, {by})", words::span(period.first, period.last))
        });
        self.line(&self.paint(HEADING, &title));
        if let Some(when) = when {
            self.line(&when);
        }
        let kinds = report.kinds;
        let parts = [
            (kinds.rep, "to reps"),
            (kinds.queue, "to queues"),
            (kinds.keep, "kept by their owner"),
            (kinds.reject, "refused by a rule"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", words::count(*count)))
            .collect();
        let leads = words::counted(report.leads, "lead", "leads");
        self.line(&if parts.is_empty() { leads } else { format!("{leads}: {}", parts.join(", ")) });
    }

    fn alerts(&mut self, report: &Report, setting: Setting<'_>) {
        if report.alerts.is_empty() {
            return;
        }
        self.line("");
        for alert in &report.alerts {
            let (mark, style) = match alert.state {
                State::Crossed => ("✗ alert", CROSSED),
                State::Kept => ("✓ kept", KEPT),
                State::NotMeasured => ("? not measured", QUIET),
            };
            let text = format!("{}: {}", self.paint(style, mark), visible(&alert.text));
            self.line(&text);
            let options =
                textwrap::Options::new(self.look.width.max(20)).initial_indent("    ").subsequent_indent("      ");
            let told = textwrap::fill(&told(alert), options);
            self.line(&told);
            if alert.state == State::Crossed {
                self.line(&format!("    {}", self.paint(QUIET, &setting.place(alert))));
            }
        }
    }

    fn headlines(&mut self, report: &Report) {
        let mut lines = vec![
            ("fallback share", words::percent(report.fallback_share)),
            ("leads with unread cells", words::percent(report.unread.share)),
        ];
        let latency = &report.latency;
        lines.push(("capture to assignment", times(latency.median(), latency.ninetieth(), latency.count())));
        let within = |seconds| words::percent(latency.share_within(seconds));
        lines.push(("  within 10 s, 60 s", format!("{}, {}", within(10), within(60))));
        if let Some(response) = &report.response {
            let total = &response.total;
            let since = match response.basis {
                Basis::Capture => "capture to first contact",
                Basis::Assignment => "assignment to first contact",
            };
            lines.push((since, times(response.times.median(), response.times.ninetieth(), response.times.count())));
            lines.push((
                "  within 5 minutes",
                format!(
                    "{} of {}",
                    words::percent(response.within_five_minutes()),
                    words::counted(response.due, "lead", "leads")
                ),
            ));
            lines.push(("  not contacted yet", words::count(response.waiting)));
            lines.push((
                "converted",
                format!(
                    "{} of {}, {}",
                    words::count(total.converted),
                    words::count(total.leads),
                    words::percent(total.conversion())
                ),
            ));
            lines.push(("value", words::value(total.value)));
        }
        self.line("");
        let width = lines.iter().map(|(name, _)| display_width(name)).max().unwrap_or(0);
        for (name, figure) in lines {
            self.line(&format!("{name:width$}  {figure}"));
        }
    }
}

/// What was measured for an alert, in words.
pub fn told(alert: &Checked) -> String {
    let figure = |value: f64| match alert.unit {
        Unit::Percent => words::percent(Some(value / 100.0)),
        Unit::Seconds => words::duration(Some(value)),
        Unit::Number => words::decimals(value, 3),
    };
    let Some(value) = alert.value else {
        return alert.why.unwrap_or("there was nothing to measure").to_owned();
    };
    let of = words::counted(alert.of, "lead", "leads");
    let mut text = match alert.unit {
        Unit::Percent => format!("{} is {}: {} of {of}", alert.metric, figure(value), words::count(alert.leads)),
        Unit::Seconds => {
            format!("{} is {}: {} of {of} beyond the threshold", alert.metric, figure(value), words::count(alert.leads))
        }
        Unit::Number => format!("{} is {}, of {of}", alert.metric, figure(value)),
    };
    if alert.waiting > 0 {
        text += &format!(", {} of them still waiting", words::count(alert.waiting));
    }
    text
}

fn times(median: Option<f64>, ninetieth: Option<f64>, count: u64) -> String {
    if count == 0 {
        return words::NOTHING.to_owned();
    }
    let of = words::counted(count, "lead", "leads");
    format!("median {}, 90 % within {} (of {of})", words::duration(median), words::duration(ninetieth))
}

// --- Tables ---------------------------------------------------------------------------------------

impl Page {
    fn reps(&mut self, report: &Report) {
        let most = report.reps.iter().map(|rep| rep.leads).max().unwrap_or(0);
        let with_outcomes = report.response.is_some();
        let mut head = vec!["leads", "by turns", "fair share"];
        head.extend(if with_outcomes { OUTCOME_HEAD } else { &[] });
        let row = |rep: &super::RepLine| {
            let name = if rep.in_roster { rep.rep.clone() } else { format!("{} (not in the roster)", rep.rep) };
            let mut row = vec![name, words::count(rep.leads), words::count(rep.turns), words::maybe(rep.fair_share, 1)];
            row.extend(with_outcomes.then(|| outcome(&rep.outcome)).into_iter().flatten());
            row
        };
        let bars = report.reps.iter().map(|rep| measure::share(rep.leads, most).unwrap_or(0.0)).collect();
        self.table("leads per rep", Table { head, rows: report.reps.iter().map(row).collect(), bars });
    }

    fn teams(&mut self, report: &Report) {
        let row = |team: &super::TeamLine| {
            let members = team.members.len().to_string();
            let (deviation, gini) = (words::maybe(team.standard_deviation, 2), words::maybe(team.gini, 3));
            vec![team.team.clone(), members, words::count(team.leads), deviation, gini]
        };
        let rows = report.teams.iter().map(row).collect();
        let head = vec!["members", "leads by turns", "std. deviation", "Gini"];
        self.table("how evenly teams are served", Table { head, rows, bars: Vec::new() });
    }

    fn route_types(&mut self, report: &Report) {
        let with_outcomes = report.response.is_some();
        let mut head = vec!["leads", "share"];
        head.extend(if with_outcomes { OUTCOME_HEAD } else { &[] });
        let lines: Vec<_> = report.route_types.iter().filter(|line| line.leads > 0).collect();
        let row = |line: &&super::RouteTypeLine| {
            let mut row =
                vec![line.name.unwrap_or("no mark").to_owned(), words::count(line.leads), words::percent(line.share)];
            row.extend(with_outcomes.then(|| outcome(&line.outcome)).into_iter().flatten());
            row
        };
        let bars = lines.iter().map(|line| line.share.unwrap_or(0.0)).collect();
        self.table("route types", Table { head, rows: lines.iter().map(row).collect(), bars });
    }

    fn queues(&mut self, report: &Report) {
        let most = report.queues.first().map_or(0, |(_, leads)| *leads);
        let rows = report.queues.iter().map(|(name, leads)| vec![name.clone(), words::count(*leads)]).collect();
        let bars = report.queues.iter().map(|(_, leads)| measure::share(*leads, most).unwrap_or(0.0)).collect();
        self.table("queues", Table { head: vec!["leads"], rows, bars });
    }

    /// Days, or weeks if there are many days.
    fn time(&mut self, report: &Report) {
        let days = || report.days.iter().map(|day| (words::day(day.date), day.leads()));
        let weeks = || {
            report
                .weeks
                .iter()
                .map(|week| (format!("{} from {}", week.name(), words::short_day(week.monday)), week.leads()))
        };
        let (title, lines): (&str, Vec<(String, u64)>) = if report.days.len() <= DAYS {
            ("leads per day", days().collect())
        } else {
            ("leads per week", weeks().collect())
        };
        let most = lines.iter().map(|(_, leads)| *leads).max().unwrap_or(0);
        let bars = lines.iter().map(|(_, leads)| measure::share(*leads, most).unwrap_or(0.0)).collect();
        let rows = lines.into_iter().map(|(name, leads)| vec![name, words::count(leads)]).collect();
        self.table(title, Table { head: vec!["leads"], rows, bars });
    }

    fn unread(&mut self, report: &Report) {
        let rows =
            report.unread.by_field.iter().map(|(field, cells)| vec![field.clone(), words::count(*cells)]).collect();
        self.table("cells that could not be read", Table { head: vec!["cells"], rows, bars: Vec::new() });
    }

    fn remarks(&mut self, report: &Report) {
        if report.remarks.is_empty() {
            return;
        }
        self.line("");
        self.line(&self.paint(HEADING, "remarks"));
        for remark in &report.remarks {
            let options =
                textwrap::Options::new(self.look.width.max(20)).initial_indent("  ").subsequent_indent("    ");
            let text = textwrap::fill(&visible(remark), options);
            self.line(&text);
        }
    }
}

const OUTCOME_HEAD: &[&str] = &["contacted", "response", "converted", "value"];

/// What became of leads, by the columns of [`OUTCOME_HEAD`].
fn outcome(outcome: &Yield) -> [String; 4] {
    [
        words::count(outcome.contacted),
        words::duration(outcome.times.median()),
        words::percent(outcome.conversion()),
        words::value(outcome.value),
    ]
}

// --- Layout ---------------------------------------------------------------------------------------

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Nothing for a table without rows.
    fn table(&mut self, title: &str, table: Table) {
        if table.rows.is_empty() {
            return;
        }
        let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().enumerate().map(cut).collect()).collect();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| display_width(&row[column])).max().unwrap_or(0);
            if column == 0 { cells } else { cells.max(display_width(table.head[column - 1])) }
        };
        let widths: Vec<usize> = (0..=table.head.len()).map(width).collect();
        let used: usize = 2 + widths.iter().map(|width| width + 2).sum::<usize>();
        let room = self.look.width.saturating_sub(used).min(BAR_WIDTHS.0);
        let bar = if table.bars.is_empty() || room < BAR_WIDTHS.1 { 0 } else { room };
        self.line("");
        self.table_head(title, &table.head, &widths, bar);
        for (index, row) in rows.iter().enumerate() {
            let length = table.bars.get(index).copied().unwrap_or(0.0);
            self.row(row, &widths, bar, length);
        }
    }

    /// The title stands over the names and the bars, if there is room for it, else on its own line.
    fn table_head(&mut self, title: &str, head: &[&str], widths: &[usize], bar: usize) {
        let room = 2 + widths[0] + if bar > 0 { bar + 2 } else { 0 };
        let columns: String =
            head.iter().zip(&widths[1..]).map(|(name, width)| format!("  {}", right(name, *width))).collect();
        let painted = self.paint(HEADING, title);
        if display_width(title) <= room {
            let space = " ".repeat(room - display_width(title));
            self.line(&format!("{painted}{space}{}", self.paint(QUIET, &columns)));
        } else {
            self.line(&painted);
            self.line(&format!("{}{}", " ".repeat(room), self.paint(QUIET, &columns)));
        }
    }

    fn row(&mut self, row: &[String], widths: &[usize], bar: usize, length: f64) {
        let mut line = format!("  {}", left(&row[0], widths[0]));
        if bar > 0 {
            line += &format!("  {}", self.paint(BAR, &left(&blocks(length, bar), bar)));
        }
        for (cell, width) in row[1..].iter().zip(&widths[1..]) {
            line += &format!("  {}", right(cell, *width));
        }
        self.line(&line);
    }
}

/// Names are made safe to show, and cut where they are too long.
fn cut((column, cell): (usize, &String)) -> String {
    if column > 0 || display_width(cell) <= NAME {
        return visible(cell).into_owned();
    }
    let mut short = String::new();
    for letter in visible(cell).chars() {
        if display_width(&short) >= NAME - 1 {
            break;
        }
        short.push(letter);
    }
    short + "…"
}

/// A bar in eighths of a column; what is not nothing shows.
fn blocks(length: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (length.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let eighths = if length > 0.0 { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(display_width(text))))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(display_width(text))))
}
