//! Rosters: what is read, and what is said of those that are wrong.

use jiff::civil::{Weekday, date};
use pointsman::check::roster;
use pointsman::diagnostic::Finding;
use pointsman::ids::{Id, TeamId};
use pointsman::roster::{Rep, Roster};
use pointsman::source::SourceMap;
use rust_decimal::Decimal;

/// The roster of the language reference, word for word.
const SAMPLE: &str = r#"
timezone: America/Sao_Paulo
holidays: [2026-12-25]
defaults: { capacity: 50, weight: 1, hours: "Mon-Fri 09:00-18:00" }
reps:
  ana:
    name: Ana Souza
    email: ana@example.com
    crm_id: 0058d000003abcd
    manager: carla
    weight: 3
    capacity: 40            # open leads at most
    daily: 12               # new leads a day at most
    skills: [healthcare, pt]
    timezone: Europe/Berlin
    hours: "Mon-Thu 09:00-17:00; Fri 09:00-13:00"
    away: [2026-11-20..2026-11-24]
    calendar: calendars/ana.ics      # busy all day = away
    open: 31                # open leads at the start, when no ledger holds it
    last_seen: 2026-11-21T17:02:00Z
  bruno:
  carla:
  dora: { manager: carla, left: 2026-10-01 }   # gone, but still named by old accounts: the chain goes on to her manager
teams:
  inside_sales: [ana, bruno, { rep: carla, weight: 2 }]
rules:
  unavailable_after: 24 hours   # without being seen
"#;

fn read(text: &str) -> (Roster, Vec<Finding>, SourceMap) {
    let mut sources = SourceMap::new();
    let file = sources.add("roster.yaml", text).expect("small");
    let (roster, findings) = roster::read(file, &sources);
    (roster, findings, sources)
}

/// The source with its findings below the lines they are about.
fn said(text: &str) -> String {
    let (_, findings, sources) = read(text);
    let mut shown = text.trim_end().to_owned();
    shown.push_str("\n---\n");
    for finding in &findings {
        let place = sources.locate(finding.span);
        let at = sources.text(finding.span);
        shown += &format!("{}:{} [{}] {}\n", place.start.line, place.start.column, finding.code, finding.message);
        shown += &format!("  at `{}`", at.replace('\n', "⏎"));
        if !finding.label.is_empty() {
            shown += &format!(": {}", finding.label);
        }
        shown.push('\n');
        for label in &finding.labels {
            let place = sources.locate(label.span).start;
            let at = sources.text(label.span);
            shown += &format!("  {}:{} `{at}`: {}\n", place.line, place.column, label.message);
        }
        if let Some(help) = &finding.help {
            shown += &format!("  help: {help}\n");
        }
    }
    shown
}

/// Compares with the accepted words; the source stands above them.
macro_rules! says {
    ($text:expr $(,)?) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(said($text)));
    }};
}

/// A rep on one line.
fn summary(rep: &Rep) -> String {
    let Rep {
        name,
        full_name,
        email,
        crm_id,
        manager,
        weight,
        capacity,
        daily,
        skills,
        timezone,
        hours,
        away,
        calendar,
        open,
        last_seen,
        left,
        span: _,
    } = rep;
    let hours: Option<usize> = hours
        .as_ref()
        .map(|hours| (0..7).map(|day| hours.on(Weekday::from_monday_zero_offset(day).unwrap()).len()).sum());
    format!(
        "{name} {full_name:?} {email:?} {crm_id:?} manager {:?} weight {weight} capacity {capacity:?} daily {daily:?} \
         skills {skills:?} zone {:?} spans a week {hours:?} away {away:?} calendar {:?} open {open} seen {:?} left {left:?}",
        manager.map(Id::index),
        timezone.iana_name(),
        calendar.as_ref().map(|(path, _)| path),
        last_seen.map(|seen| seen.to_string()),
    )
}

#[test]
fn the_sample_of_the_reference_reads_whole() {
    let (roster, findings, _) = read(SAMPLE);
    assert_eq!(findings, []);
    let shown: Vec<String> = roster.reps.iter().map(summary).collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(roster.holidays, [date(2026, 12, 25)]);
    assert_eq!(roster.unavailable_after, Some(24 * 60 * 60));
    let members: Vec<(usize, Decimal)> =
        roster.teams[TeamId::from_index(0)].members.iter().map(|m| (m.rep.index(), roster.weight(*m))).collect();
    assert_eq!(members, [(0, 3.into()), (1, 1.into()), (2, 2.into())]);
}

#[test]
fn everything_wrong_is_said_in_one_run() {
    says!(
        r#"
timezone: Europe/Berlni
holiday: [2026-12-25]
defaults: { capacity: many, weight: 1, hours: "Mon-Fri 09:00-25:00" }
reps:
  ana:
    manager: carlla
    weight: -1
    capacity: 4.5
    email: ana at example.com
    hours: "Mon-Thu 09:00-17:00; Fri 9-13"
    away: [2026-11-24..2026-11-20, 2026-02-30]
    calendar: ../ana.ics
    last_seen: yesterday
    left: true
    wieght: 3
  bruno silva:
    weight: heavy
  carla:
    timezone: Sao Paulo
  carla:
    weight: 2
teams:
  inside: [ana, brno, ana, { rep: carla, weigth: 2 }, { weight: 3 }]
  smb: { members: [ana], catch_up: maybe }
rules:
  unavailable_after: soon
"#,
    );
}
