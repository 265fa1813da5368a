//! Rosters: what is read, and what is said of those that are wrong.

use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;
use pointsman::check::roster;
use pointsman::diagnostic::Finding;
use pointsman::ids::{Id, TeamId};
use pointsman::roster::{Rep, Roster};
use pointsman::source::SourceMap;
use proptest::prelude::*;
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
    let (roster, findings) = roster::read(file, &sources, &TimeZone::UTC);
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
    let hours: Option<usize> = hours.as_ref().map(|hours| {
        (0..7).map(|day| hours.on(Weekday::from_monday_zero_offset(day).expect("seven days")).len()).sum()
    });
    format!(
        "{name} {full_name:?} {email:?} {crm_id:?} manager {:?} weight {weight} capacity {capacity:?} daily {daily:?} \
         skills {skills:?} zone {:?} spans a week {hours:?} away {away:?} calendar {:?} open {open} seen {:?} left {left:?}",
        manager.map(Id::index),
        timezone.iana_name(),
        calendar.as_ref().map(|named| &named.path),
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

#[test]
fn yaml_mistakes_are_said_in_words_people_know() {
    let mistakes = [
        "",
        "# nobody yet\n",
        "reps:\n\tana:\n",
        "timezone: UTC\n\treps:\n",
        "reps: [ana, bruno\nteams: {}\n",
        "reps:\n  ana: { weight: 3\n",
        "reps:\n  ana: { weight: 3]\n",
        "reps:\n  ana: {weight: 3}}\n",
        "reps:\n  ana:\n    name: \"Ana Souza\n",
        "reps:\n  ana:\n    name: \"Ana\" Souza\n",
        "reps:\n  ana:\n    name: \"Ana \\q\"\n",
        "reps:\n  ana:\n    name: Ana: Souza\n",
        "reps:\n  ana:\n    name: Ana\n   weight: 3\n",
        "reps:\n  ana:\n    name: Ana\n    weight\n    daily: 3\n",
        "reps:\n  ana:\n    name: @ana\n",
        "reps:\n  ana: - bruno\n",
        "reps:\n  ana:\n---\nreps:\n  bruno:\n",
        "reps:\n  ana: *bruno\n",
        "reps: &all\n  ana: { skills: *all }\n",
        "reps:\n  ana: { <<: 3 }\n",
        "reps:\n  ana: { weight: !!int many }\n",
        "%YAML 3.0\n---\nreps:\n",
    ];
    let shown: Vec<String> = mistakes.into_iter().map(said).collect();
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(shown.join("\n=====\n")) });
}

#[test]
fn the_rejected_example_shows_what_a_roster_cannot_say() {
    says!(include_str!("../examples/rules/invalid/data/bad-roster.yaml"));
}

#[test]
fn values_of_the_wrong_shape_are_said_for_what_they_are() {
    says!(
        r#"
reps:
  ana: { weight:3 }
  bruno:
    - weight: 3
  carla: 3
  dora:
    weight: [1, 2]
    manager: { rep: ana }
    hours: [ "Mon 09:00-10:00" ]
    skills: { healthcare: yes }
    name: ~
  ? [eve, fay]
  : weight: 1
  1st:
teams:
  - ana
  - bruno
rules: 24 hours
holidays: [2020-01-01..2026-12-31, {}]
"#,
    );
}

#[test]
fn a_list_has_no_names_for_its_people() {
    says!("- ana\n- bruno\n");
}

#[test]
fn a_roster_without_people_is_none() {
    says!("timezone: UTC\n");
}

#[test]
fn managers_in_a_circle_are_said_once_a_circle() {
    says!(
        r#"
reps:
  eve: { manager: ana }
  ana: { manager: carla }
  carla: { manager: bruno }
  bruno: { manager: ana }
  dora: { manager: dora }
  fay: { manager: gus }
  gus:
"#,
    );
}

#[test]
fn a_mistake_in_an_anchor_is_said_where_it_is_written() {
    says!(
        r#"
reps:
  ana: &usual { weight: many, hours: "Mon 9:00-17:00" }
  bruno: *usual
  carla: { <<: *usual, daily: few }
"#,
    );
}

#[test]
fn merged_keys_read_like_written_ones() {
    let (roster, findings, _) =
        read("reps:\n  ana: &usual { weight: 2, daily: 5 }\n  bruno: { <<: *usual, daily: 7 }\n");
    assert_eq!(findings, []);
    let bruno = &roster.reps[roster.rep_named("bruno").expect("read")];
    assert_eq!((bruno.weight, bruno.daily), (2.into(), Some(7)));
}

#[test]
fn texts_that_look_like_numbers_or_truths_stay_texts() {
    let (roster, findings, _) = read("reps:\n  no: { crm_id: 0058, name: 'true', weight: 2.50 }\n  null_: ~\n");
    assert_eq!(findings, []);
    let rep = &roster.reps[roster.rep_named("no").expect("read")];
    assert_eq!((rep.crm_id.as_deref(), rep.full_name.as_deref()), (Some("0058"), Some("true")));
    assert_eq!(rep.weight.to_string(), "2.5");
}

#[test]
fn a_default_is_taken_back_in_words() {
    let (roster, findings, _) = read(
        "defaults: { capacity: 5, daily: 2, hours: 'Mon 09:00-10:00' }\n\
         reps:\n  ana: { capacity: unlimited, daily: unlimited, hours: always }\n  bruno: { hours: never }\n",
    );
    assert_eq!(findings, []);
    let ana = &roster.reps[roster.rep_named("ana").expect("read")];
    assert_eq!((ana.capacity, ana.daily, ana.hours.is_none()), (None, None, true));
    let bruno = &roster.reps[roster.rep_named("bruno").expect("read")];
    assert_eq!((bruno.capacity, bruno.hours.as_ref().map(|hours| hours.is_empty())), (Some(5), Some(true)));
}

#[test]
fn a_rep_keeps_the_nearest_time_zone_that_is_stated() {
    let policy = pointsman::timezone::named("Asia/Tokyo").expect("in the database");
    let zone = |text: &str| {
        let mut sources = SourceMap::new();
        let file = sources.add("roster.yaml", text).expect("small");
        let (roster, findings) = roster::read(file, &sources, &policy);
        assert_eq!(findings, []);
        roster.reps.iter().next().and_then(|rep| rep.timezone.iana_name().map(str::to_owned)).expect("one rep")
    };
    assert_eq!(zone("reps: { ana: }\n"), "Asia/Tokyo");
    assert_eq!(zone("timezone: Europe/Berlin\nreps: { ana: }\n"), "Europe/Berlin");
    assert_eq!(zone("timezone: Europe/Berlin\ndefaults: { timezone: UTC }\nreps: { ana: }\n"), "UTC");
    assert_eq!(zone("timezone: UTC\nreps: { ana: { timezone: Europe/Paris } }\n"), "Europe/Paris");
}

#[test]
fn a_windows_file_and_a_byte_order_mark_change_nothing() {
    let (roster, findings, _) = read(&format!("\u{feff}{}", SAMPLE.trim_start().replace('\n', "\r\n")));
    assert_eq!(findings, []);
    assert_eq!(roster.reps.len(), 4);
}

#[test]
fn a_place_is_counted_in_characters() {
    says!("reps:\n  ana: { name: \"Ána 🦊 Souza\", weight: viel }\n");
}

#[test]
fn files_made_to_hurt_are_refused_in_time() {
    let bomb = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
        }
        text
    };
    let long_text = format!("reps:\n  ana: {{ name: {} }}\n", "a".repeat(5_000));
    let repeated = format!("x: &x \"\\x41{}\"\nreps: [{}]\n", "a".repeat(900), vec!["*x"; 60_000].join(", "));
    let deep = format!("reps: {}", "[".repeat(100_000));
    let deep_blocks: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let huge = format!("reps:\n{}", "  ana: 1\n".repeat(2_000_000));
    for text in [bomb, long_text, repeated, deep, deep_blocks, huge] {
        let (_, findings, sources) = read(&text);
        assert!(!findings.is_empty());
        let first = &findings[0];
        assert!(sources.text(first.span).len() <= 6_000, "{}", first.message);
        assert!(!first.message.contains("not YAML"), "{}", first.message);
    }
}

#[test]
fn a_roster_of_thousands_is_read() {
    let mut text = String::from("reps:\n");
    for rep in 0..3_000 {
        text += &format!("  rep_{rep}: {{ name: Rep {rep}, weight: 2, manager: rep_0_boss }}\n");
    }
    text += "  rep_0_boss:\nteams:\n  all: [";
    text += &(0..3_000).map(|rep| format!("rep_{rep}")).collect::<Vec<_>>().join(", ");
    text += "]\n";
    let (roster, findings, _) = read(&text);
    assert_eq!(findings, []);
    assert_eq!(roster.teams[TeamId::from_index(0)].members.len(), 3_000);
}

/// Text that is nearly YAML, so that it gets past the first character.
fn nearly_a_roster() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("reps:"),
        Just("teams:"),
        Just("ana"),
        Just("ana:"),
        Just("\n  "),
        Just("\n    "),
        Just("\n"),
        Just(" "),
        Just("- "),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just(": "),
        Just("&a "),
        Just("*a"),
        Just("<<: *a"),
        Just("hours: \""),
        Just("\""),
        Just("'"),
        Just("Mon-Fri"),
        Just("09:00-18:00"),
        Just(";"),
        Just("24:00"),
        Just("22:00 – 06:00"),
        Just("away:"),
        Just("2026-11-20"),
        Just(".."),
        Just("left:"),
        Just("weight:"),
        Just("-1"),
        Just("1e999"),
        Just(".nan"),
        Just("0x10"),
        Just("~"),
        Just("ü"),
        Just("\t"),
        Just("|"),
        Just(">"),
        Just("? "),
        Just("!!int "),
        Just("!x "),
        Just("#"),
        Just("\\"),
        Just("%"),
        Just("\r"),
        Just("\u{feff}"),
        Just("\u{2028}"),
        Just("unavailable_after:"),
        Just("99999999999 days"),
        Just("manager: ana"),
        Just("timezone: "),
        Just("members:"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// The sample with some of its characters cut out or replaced.
fn damaged_sample() -> impl Strategy<Value = String> {
    let wound = (0..SAMPLE.len(), 0..12usize, "\\PC{0,3}|[\\[\\]{}:,\"'\\-&*#|>\n\t ]{0,3}");
    proptest::collection::vec(wound, 1..5).prop_map(|wounds| {
        let mut signs: Vec<char> = SAMPLE.chars().collect();
        for (at, length, new) in wounds {
            let start = at.min(signs.len());
            let end = (start + length).min(signs.len());
            signs.splice(start..end, new.chars());
        }
        signs.into_iter().collect()
    })
}

/// Reads it and looks at everything that was said.
fn survives(text: &str) {
    let (roster, findings, sources) = read(text);
    for finding in &findings {
        let _ = sources.text(finding.span);
        assert!(finding.help.is_some(), "{}", finding.message);
        assert!(!finding.message.ends_with('.'), "{}", finding.message);
        for label in &finding.labels {
            let _ = sources.text(label.span);
        }
    }
    for team in &roster.teams {
        assert!(team.members.iter().all(|member| roster.reps.get(member.rep).is_some()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn nothing_that_is_nearly_a_roster_breaks_the_reader(text in nearly_a_roster()) {
        survives(&text);
    }

    #[test]
    fn no_damage_to_a_roster_breaks_the_reader(text in damaged_sample()) {
        survives(&text);
    }

    #[test]
    fn no_hours_break_the_reader(hours in "[MonTueWd0-9:;, –-]{0,40}") {
        survives(&format!("reps:\n  ana: {{ hours: \"{hours}\" }}\n"));
    }
}
