//! Calendar files: what keeps somebody away, when, and what is wrong with a file.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use pointsman::assign::{Attendance, Presence};
use pointsman::calendar::{Calendar, Stretch};
use pointsman::ids::{Id, RepId};
use pointsman::policy::Project;
use proptest::prelude::*;

use crate::support::{load_str, render};

const POLICY: &str = "\
roster \"roster.yaml\"
lead { id text key }
queue q { after 1 hour assign rep ana }
policy p { otherwise assign rep ana or queue q }
start at p
";

fn loaded(calendar: &str, zone: &str) -> Result<Project, String> {
    let roster = format!("reps:\n  ana: {{ timezone: {zone}, calendar: ana.ics }}\n");
    let loaded = load_str(POLICY, &[("roster.yaml", &roster), ("ana.ics", calendar)]);
    loaded.project.ok_or_else(|| render(&loaded.findings, &loaded.sources))
}

fn calendar_of(project: &Project) -> &Calendar {
    &project.roster.reps[RepId::from_index(0)].calendar.as_ref().expect("she has one").calendar
}

/// A calendar of these lines.
fn file(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\n{lines}END:VCALENDAR\n")
}

fn event(lines: &str) -> String {
    file(&format!("BEGIN:VEVENT\nUID:1\n{lines}END:VEVENT\n"))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// The absences of the year 2026 as somebody in a zone sees them.
fn year_in(calendar: &str, zone: &str) -> String {
    let project = loaded(calendar, zone).unwrap_or_else(|said| panic!("{said}"));
    let home = TimeZone::get(zone).expect("a zone");
    let year = Stretch { from: at("2026-01-01T00:00:00Z"), to: at("2027-01-01T00:00:00Z") };
    let shown = |moment: Timestamp| moment.to_zoned(home.clone()).strftime("%m-%d %H:%M").to_string();
    let absences = calendar_of(&project).absences(&home, year);
    absences.iter().map(|away| format!("{}..{}", shown(away.from), shown(away.to))).collect::<Vec<_>>().join(", ")
}

fn year(lines: &str) -> String {
    year_in(&event(lines), "Europe/Berlin")
}

/// What is wrong with a calendar.
fn said(calendar: &str) -> String {
    loaded(calendar, "Europe/Berlin").expect_err("something is wrong")
}

// --- what keeps somebody away ---

#[test]
fn a_day_off_is_a_day_of_whoever_has_the_calendar() {
    let christmas = event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\n");
    assert_eq!(year_in(&christmas, "Europe/Berlin"), "12-24 00:00..12-27 00:00");
    assert_eq!(year_in(&christmas, "Asia/Tokyo"), "12-24 00:00..12-27 00:00");
    assert_eq!(year("DTSTART;VALUE=DATE:20261224\n"), "12-24 00:00..12-25 00:00");
    assert_eq!(year("DTSTART;VALUE=DATE:20261224\nDURATION:P1W\n"), "12-24 00:00..12-31 00:00");
    // Some programs end a day off on the day itself.
    assert_eq!(year("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224\n"), "12-24 00:00..12-25 00:00");
}

#[test]
fn who_is_free_tentative_or_declined_to_be_away_gets_leads() {
    let day = "DTSTART;VALUE=DATE:20261224\n";
    let with = |line: &str| year(&format!("{day}{line}\n"));
    assert_eq!(with("TRANSP:OPAQUE"), "12-24 00:00..12-25 00:00");
    assert_eq!(with("X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), "12-24 00:00..12-25 00:00");
    assert_eq!(with("X-MICROSOFT-CDO-BUSYSTATUS:OOF"), "12-24 00:00..12-25 00:00");
    assert_eq!(with("STATUS:CONFIRMED"), "12-24 00:00..12-25 00:00");
    for free in [
        "TRANSP:TRANSPARENT",
        "STATUS:CANCELLED",
        "STATUS:TENTATIVE",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
        "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
    ] {
        assert_eq!(with(free), "", "{free}");
    }
}

#[test]
fn a_meeting_keeps_nobody_from_a_lead_and_out_of_office_does_for_its_exact_time() {
    let meeting = "DTSTART;TZID=Europe/Berlin:20260310T090000\nDTEND;TZID=Europe/Berlin:20260310T103000\n";
    assert_eq!(year(meeting), "");
    assert_eq!(year(&format!("{meeting}X-MICROSOFT-CDO-BUSYSTATUS:OOF\n")), "03-10 09:00..03-10 10:30");
    let oof = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\n";
    assert_eq!(year(&format!("{oof}DTSTART:20260310T080000Z\nDURATION:PT90M\n")), "03-10 09:00..03-10 10:30");
    assert_eq!(year(&format!("{oof}DTSTART:20260310T080000\nDURATION:P1DT1H\n")), "03-10 08:00..03-11 09:00");
    // From one zone to another, as for a flight.
    let flight = "DTSTART;TZID=Europe/Berlin:20260310T100000\nDTEND;TZID=America/New_York:20260310T130000\n";
    assert_eq!(year(&format!("{oof}{flight}")), "03-10 10:00..03-10 18:00");
    assert_eq!(year(&format!("{oof}DTSTART:20260310T080000Z\n")), "", "an event without length takes no time");
}

#[test]
fn from_midnight_to_midnight_is_all_day() {
    let days = "DTSTART;TZID=Europe/Berlin:20260328T000000\nDTEND;TZID=Europe/Berlin:20260330T000000\n";
    assert_eq!(year(days), "03-28 00:00..03-30 00:00");
    let outlook = "DTSTART:20260310T080000Z\nDTEND:20260311T080000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n";
    assert_eq!(year(outlook), "03-10 09:00..03-11 09:00");
    let long = "DTSTART;TZID=Europe/Berlin:20260328T000000\nDTEND;TZID=Europe/Berlin:20260330T120000\n";
    assert_eq!(year(long), "");
}

#[test]
fn times_of_being_unavailable_count_and_other_busy_times_do_not() {
    let busy = "BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T080000Z/PT2H,20260311T080000Z/20260311T090000Z\n\
                FREEBUSY;FBTYPE=BUSY:20260312T080000Z/PT1H\nEND:VFREEBUSY\n";
    assert_eq!(year_in(&file(busy), "UTC"), "03-10 08:00..03-10 10:00, 03-11 08:00..03-11 09:00");
}

// --- what repeats ---

#[test]
fn absences_repeat_by_rule_by_list_and_not_when_they_are_excepted() {
    let fridays = "DTSTART;VALUE=DATE:20261204\nRRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20261225\n";
    assert_eq!(
        year(fridays),
        "12-04 00:00..12-05 00:00, 12-11 00:00..12-12 00:00, 12-18 00:00..12-19 00:00, 12-25 00:00..12-26 00:00"
    );
    assert_eq!(
        year(&format!("{fridays}EXDATE;VALUE=DATE:20261211,20261218\nRDATE;VALUE=DATE:20261207\n")),
        "12-04 00:00..12-05 00:00, 12-07 00:00..12-08 00:00, 12-25 00:00..12-26 00:00"
    );
    let three = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261202\n";
    assert_eq!(year(three), "12-01 00:00..12-02 00:00, 12-03 00:00..12-04 00:00");
    assert_eq!(
        year("DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;BYMONTH=11,12\n"),
        "11-27 00:00..11-28 00:00, 12-25 00:00..12-26 00:00"
    );
    assert_eq!(year("DTSTART;VALUE=DATE:16040612\nRRULE:FREQ=YEARLY\n"), "06-12 00:00..06-13 00:00");
}

#[test]
fn a_changed_time_of_a_series_stands_in_its_place() {
    let series = "BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20261204\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\n";
    let moved = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;VALUE=DATE:20261211\nDTSTART;VALUE=DATE:20261214\nEND:VEVENT\n";
    let cancelled = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;VALUE=DATE:20261218\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261218\nEND:VEVENT\n";
    assert_eq!(
        year_in(&file(&format!("{moved}{series}{cancelled}")), "UTC"),
        "12-04 00:00..12-05 00:00, 12-14 00:00..12-15 00:00"
    );
    // One morning of a meeting's series is out of office.
    let meeting = "BEGIN:VEVENT\nUID:b\nDTSTART:20261201T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    let away = "BEGIN:VEVENT\nUID:b\nRECURRENCE-ID:20261203T090000Z\nDTSTART:20261203T080000Z\nDURATION:PT4H\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\nEND:VEVENT\n";
    assert_eq!(year_in(&file(&format!("{meeting}{away}")), "UTC"), "12-03 08:00..12-03 12:00");
}

#[test]
fn an_exception_may_be_written_on_another_clock_or_as_a_day() {
    let mornings = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID=Europe/Berlin:20260327T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260330T070000Z\n";
    assert_eq!(
        year(mornings),
        "03-27 09:00..03-27 10:00, 03-28 09:00..03-28 10:00, 03-29 09:00..03-29 10:00, 03-30 09:00..03-30 10:00"
    );
    // Clocks were put forward on the 29th: 07:00 UTC is 09:00 from then on, and 08:00 before.
    assert_eq!(
        year(&format!("{mornings}EXDATE:20260328T080000Z\nEXDATE;VALUE=DATE:20260329\n")),
        "03-27 09:00..03-27 10:00, 03-30 09:00..03-30 10:00"
    );
}

#[test]
fn a_repeated_time_that_clocks_skip_is_left_out_and_one_that_comes_twice_is_the_first() {
    let nights = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3\n";
    assert_eq!(year(nights), "03-28 02:30..03-28 03:00, 03-30 02:30..03-30 03:00");
    let written = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT30M\n";
    assert_eq!(year(written), "03-29 03:30..03-29 04:00");
    let autumn = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT30M\n";
    assert_eq!(year(autumn), "10-25 02:30..10-25 02:00", "half an hour later the clock shows 02:00 again");
}

#[test]
fn an_invitation_that_was_declined_keeps_only_others_away() {
    let invited = |answers: &[(&str, &str)]| {
        let attendees = answers.iter().map(|(who, answer)| format!("ATTENDEE;PARTSTAT={answer};CN=x:mailto:{who}\n"));
        event(&format!("DTSTART;VALUE=DATE:20261224\n{}", attendees.collect::<String>()))
    };
    let away = |calendar: &str, email: &str| {
        let roster = format!("reps:\n  ana: {{ {email}calendar: ana.ics }}\n");
        let project = load_str(POLICY, &[("roster.yaml", &roster), ("ana.ics", calendar)]).project.expect("a project");
        let year = Stretch { from: at("2026-01-01T00:00:00Z"), to: at("2027-01-01T00:00:00Z") };
        !calendar_of(&project).absences(&TimeZone::UTC, year).is_empty()
    };
    let offsite = invited(&[("Ana@Example.com", "DECLINED"), ("bruno@example.com", "ACCEPTED")]);
    assert!(!away(&offsite, "email: ana@example.com, "));
    assert!(away(&offsite, "email: bruno@example.com, "));
    assert!(away(&offsite, ""), "nothing tells who of the two she is");
    assert!(!away(&invited(&[("somebody@example.com", "DECLINED")]), ""));
    assert!(away(&invited(&[("ana@example.com", "ACCEPTED")]), "email: ana@example.com, "));
    // One time of a series.
    let series = file(
        "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;VALUE=DATE:20261208\nDTSTART;VALUE=DATE:20261208\n\
         ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com\nEND:VEVENT\n",
    );
    assert_eq!(year_in(&series, "Europe/Berlin"), "12-01 00:00..12-02 00:00");
}

// --- clocks ---

/// As Outlook writes it: a zone of its own name, described from 1601 on.
const WINDOWS_ZONE: &str = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n\
    TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\n\
    TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";

#[test]
fn a_zone_that_only_windows_calls_so_is_known_without_a_description() {
    let written = |zone: &str| {
        event(&format!("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID={zone}:20260701T090000\nDURATION:PT1H\n"))
    };
    assert_eq!(year_in(&written("E. South America Standard Time"), "Europe/Berlin"), "07-01 14:00..07-01 15:00");
    assert_eq!(year_in(&written("\"W. Europe Standard Time\""), "Europe/Berlin"), "07-01 09:00..07-01 10:00");
}

fn windows(lines: &str) -> String {
    file(&format!("{WINDOWS_ZONE}BEGIN:VEVENT\nUID:1\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\n{lines}END:VEVENT\n"))
}

#[test]
fn a_zone_that_the_file_describes_is_as_good_as_one_that_is_known() {
    let mornings = "DTSTART;TZID=W. Europe Standard Time:20260327T090000\nDTEND;TZID=W. Europe Standard Time:20260327T100000\nRRULE:FREQ=WEEKLY;COUNT=2\n";
    assert_eq!(year_in(&windows(mornings), "UTC"), "03-27 08:00..03-27 09:00, 04-03 07:00..04-03 08:00");
    let quoted = mornings.replace("TZID=W. Europe Standard Time", "TZID=\"W. Europe Standard Time\"");
    assert_eq!(year_in(&windows(&quoted), "UTC"), year_in(&windows(mornings), "UTC"));
    let with_path = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART;TZID=/example.org/2026a/Europe/Berlin:20260327T090000\nDURATION:PT1H\n";
    assert_eq!(year_in(&event(with_path), "UTC"), "03-27 08:00..03-27 09:00");
}

#[test]
fn folded_lines_windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = event("DESCRIPTION:a long\n  story\nDTSTART;VALUE\n =DATE:20261224\nDTEND;VALUE=DATE:2026\n 1226\n");
    assert_eq!(year_in(&text, "UTC"), "12-24 00:00..12-26 00:00");
    assert_eq!(year_in(&text.replace('\n', "\r\n"), "UTC"), "12-24 00:00..12-26 00:00");
    assert_eq!(year_in(&format!("\u{feff}{text}"), "UTC"), "12-24 00:00..12-26 00:00");
    assert_eq!(year_in(text.trim_end(), "UTC"), "12-24 00:00..12-26 00:00");
    assert_eq!(year_in(&text.to_lowercase().replace("opaque", ""), "UTC"), "12-24 00:00..12-26 00:00");
}

// --- what it does to leads ---

#[test]
fn who_is_away_by_calendar_takes_no_leads_and_the_reason_says_until_when() {
    let calendar = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT\n\
        BEGIN:VEVENT\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\nDTSTART:20261110T090000\nDTEND:20261110T143000\nEND:VEVENT\n";
    let project = loaded(&file(calendar), "Europe/Berlin").expect("a calendar");
    let why = |now: &str| {
        let attendance = Attendance::at(&project.roster, at(now), Presence::AsStated);
        attendance.missing(RepId::from_index(0)).map_or("there".to_owned(), ToString::to_string)
    };
    assert_eq!(why("2026-12-23T22:59:59Z"), "there");
    assert_eq!(why("2026-12-23T23:00:00Z"), "away until 2026-12-25, by calendar");
    assert_eq!(why("2026-12-25T22:59:59Z"), "away until 2026-12-25, by calendar");
    assert_eq!(why("2026-12-25T23:00:00Z"), "there");
    assert_eq!(why("2026-11-10T08:00:00Z"), "out of office until 2026-11-10 14:30 Europe/Berlin, by calendar");
    assert_eq!(why("2026-11-10T13:30:00Z"), "there");
}

#[test]
fn people_who_share_a_calendar_are_away_on_the_same_days_of_their_own() {
    let roster = "reps:\n  ana: { timezone: Asia/Tokyo, calendar: team.ics }\n  bob: { timezone: America/Los_Angeles, calendar: ./team.ics }\n";
    let calendar = event("DTSTART;VALUE=DATE:20261224\n");
    let loaded = load_str(POLICY, &[("roster.yaml", roster), ("team.ics", &calendar)]);
    let project = loaded.project.unwrap();
    let there = |now: &str| {
        let attendance = Attendance::at(&project.roster, at(now), Presence::AsStated);
        [0, 1].map(|rep| attendance.missing(RepId::from_index(rep)).is_none())
    };
    assert_eq!(there("2026-12-23T14:59:59Z"), [true, true]);
    assert_eq!(there("2026-12-23T15:00:00Z"), [false, true]);
    assert_eq!(there("2026-12-24T15:00:00Z"), [true, false]);
    assert_eq!(there("2026-12-25T08:00:00Z"), [true, true]);
}

#[test]
fn a_calendar_that_says_something_else_is_a_change_of_people() {
    let project = |lines: &str| loaded(&event(lines), "UTC").expect("a calendar");
    let (old, new) = (project("DTSTART;VALUE=DATE:20261224\n"), project("DTSTART;VALUE=DATE:20261225\n"));
    let changes = |old: &Project, new: &Project| -> Vec<String> {
        let people = pointsman::diff::structure::compare(old, new).people;
        people.into_iter().map(|change| format!("{}: {}", change.name, change.what)).collect()
    };
    assert_eq!(changes(&old, &new), ["ana: calendar: ana.ics holds other absences"]);
    assert!(changes(&old, &old).is_empty());
}

// --- what is wrong ---

#[test]
fn what_is_wrong_with_a_calendar_is_said_at_its_line() {
    let oof = |lines: &str| said(&event(&format!("X-MICROSOFT-CDO-BUSYSTATUS:OOF\n{lines}")));
    let all = [
        said("DTSTART:20261224\n"),
        said("reps:\n  ana:\n"),
        said("no calendar at all"),
        said(""),
        said("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\n"),
        said("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"),
        said("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT\n"),
        said(&file("BEGIN:VEVENT\nTRANSP\nEND:VEVENT\n")),
        oof(""),
        oof("DTSTART:20261324T000000\n"),
        oof("DTSTART:20261224T090000Z\nDTEND:20261224T080000Z\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:two hours\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:-PT1H\n"),
        oof("DTSTART;TZID=Europe/Berlni:20261224T090000\nDURATION:PT1H\n"),
        oof("DTSTART;TZID=Customized Time Zone:20261224T090000\nDURATION:PT1H\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:PT1H\nRRULE:FREQ=FORTNIGHTLY\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4000000000\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:P500D\nRRULE:FREQ=DAILY\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=soon\n"),
        oof("DTSTART:20261224T090000Z\nDURATION:PT1H\nEXDATE:tomorrow\n"),
        said(&file("BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T080000Z\nEND:VFREEBUSY\n")),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_mistake_in_what_keeps_nobody_away_stops_nothing() {
    assert_eq!(year("DTSTART:someday\nDTEND:never\nRRULE:FREQ=SOMETIMES\n"), "");
    assert_eq!(year_in(&file("BEGIN:VTODO\nDUE:someday\nEND:VTODO\n"), "UTC"), "");
}

#[test]
fn a_calendar_stays_inside_the_project_and_is_there() {
    let said = |path: &str| {
        let roster = format!("reps:\n  ana: {{ calendar: \"{path}\" }}\n");
        let loaded = load_str(POLICY, &[("roster.yaml", &roster), ("calendars/ana.ics", "")]);
        render(&loaded.findings, &loaded.sources)
    };
    insta::assert_snapshot!([said("../ana.ics"), said("/etc/passwd"), said("calendars/anna.ics")].join("\n"));
}

// --- what it costs, and whether it holds ---

#[test]
fn calendars_made_to_hurt_are_answered_in_time() {
    let now = at("2026-11-24T12:00:00Z");
    let endless = [
        "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY\n",
        "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n",
        "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n",
        "DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=WEEKLY;BYSETPOS=50\n",
        "DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:99991231\n",
        "DTSTART;VALUE=DATE:99991231\nRRULE:FREQ=YEARLY\n",
    ];
    for lines in endless {
        let many: String = (0..50).map(|uid| format!("BEGIN:VEVENT\nUID:{uid}\n{lines}END:VEVENT\n")).collect();
        let project = loaded(&file(&many), "Europe/Berlin").unwrap_or_else(|said| panic!("{said}"));
        let away = calendar_of(&project).away_until(&TimeZone::UTC, now).is_some();
        assert_eq!(away, matches!(lines, _ if lines == endless[0] || lines == endless[4]), "{lines}");
    }
}

/// Pieces of calendars, whole and broken.
fn nearly_a_calendar() -> impl Strategy<Value = String> {
    let lines: Vec<&str> = WINDOWS_ZONE
        .lines()
        .chain("BEGIN:VEVENT\nEND:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261224\nDTSTART:00010101T000000Z\nDTSTART:99991231T235960Z".lines())
        .chain("DTEND;VALUE=DATE:99991231\nDURATION:P9999999W\nDURATION:PT99999999999H\nDURATION:-P1D\nDTEND:20261224T999999".lines())
        .chain("RRULE:FREQ=DAILY;INTERVAL=10000\nRRULE:FREQ=WEEKLY;BYDAY=-53MO,ZZ\nRRULE:FREQ=YEARLY;BYWEEKNO=53;BYSETPOS=-366".lines())
        .chain("RRULE:FREQ=MONTHLY;BYMONTHDAY=-31;COUNT=100000\nRRULE:FREQ=DAILY;UNTIL=00010101\nEXRULE:FREQ=YEARLY".lines())
        .chain("EXDATE:20261224,99991231T000000Z\nRDATE;VALUE=PERIOD:20261224T000000Z/P1D\nRECURRENCE-ID;VALUE=DATE:20261231".lines())
        .chain("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nSTATUS:CANCELLED\nTZID:\nTZOFFSETTO:+9999\nDTSTART;TZID=W. Europe Standard Time:20260329T023000".lines())
        .chain("BEGIN:VFREEBUSY\nEND:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261224T000000Z/P1D\nEND:VCALENDAR\n:\n;:\n =:".lines())
        .collect();
    let line = prop_oneof![8 => proptest::sample::select(lines).prop_map(str::to_owned), 1 => "[ -~é\t]{0,12}"];
    proptest::collection::vec(line, 0..30)
        .prop_map(|lines| file(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()))
}

#[derive(Clone, Debug)]
struct Rule {
    start: Date,
    days: i64,
    weekly: bool,
    interval: i64,
    weekdays: Vec<Weekday>,
    until: Option<Date>,
}

const CODES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

impl Rule {
    fn lines(&self) -> String {
        let frequency = if self.weekly { "WEEKLY" } else { "DAILY" };
        let mut rule = format!("FREQ={frequency};INTERVAL={}", self.interval);
        if !self.weekdays.is_empty() {
            let days = self.weekdays.iter().map(|day| CODES[day.to_monday_zero_offset() as usize]);
            rule += &format!(";BYDAY={}", days.collect::<Vec<_>>().join(","));
        }
        rule += &self.until.map_or(String::new(), |until| format!(";UNTIL={}", until.strftime("%Y%m%d")));
        let (start, end) = (self.start, self.start + self.days.days());
        let day = |date: Date| date.strftime("%Y%m%d").to_string();
        format!("DTSTART;VALUE=DATE:{}\nDTEND;VALUE=DATE:{}\nRRULE:{rule}\n", day(start), day(end))
    }

    /// Whether an absence begins on a day, said day by day.
    fn begins(&self, day: Date) -> bool {
        let since = |from: Date, to: Date| to.duration_since(from).as_hours() / 24;
        let monday = |date: Date| date - i64::from(date.weekday().to_monday_zero_offset()).days();
        if day == self.start {
            return true;
        }
        if day < self.start || self.until.is_some_and(|until| day > until) {
            return false;
        }
        let in_turn = match self.weekly {
            true => since(monday(self.start), monday(day)) / 7 % self.interval == 0,
            false => since(self.start, day) % self.interval == 0,
        };
        let weekday = match (self.weekdays.is_empty(), self.weekly) {
            (true, true) => day.weekday() == self.start.weekday(),
            (true, false) => true,
            (false, _) => self.weekdays.contains(&day.weekday()),
        };
        in_turn && weekday
    }

    fn covers(&self, day: Date) -> bool {
        (0..self.days).any(|back| self.begins(day - back.days()))
    }
}

fn rules() -> impl Strategy<Value = Rule> {
    let weekdays = proptest::sample::subsequence(
        (0..7).map(|day| Weekday::from_monday_zero_offset(day).expect("seven days")).collect::<Vec<_>>(),
        0..4,
    );
    let start = (0..3_000_i64).prop_map(|back| Date::constant(2026, 11, 24) - back.days());
    (start, 1..5_i64, any::<bool>(), 1..5_i64, weekdays, proptest::option::of(0..400_i64)).prop_map(
        |(start, days, weekly, interval, weekdays, until)| Rule {
            start,
            days,
            weekly,
            interval,
            weekdays,
            until: until.map(|days| Date::constant(2026, 11, 24) + (days - 200).days()).filter(|until| *until >= start),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    /// Every noon of two months, in a zone whose clocks change in them, against the rule said day by day.
    #[test]
    fn a_day_is_off_exactly_if_the_rule_says_so(rule in rules(), first in 0..200_i64) {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let project = loaded(&event(&rule.lines()), "America/New_York").expect("a calendar");
        for offset in 0..60 {
            let day = Date::constant(2026, 7, 1) + (first + offset).days();
            for time in [day.at(0, 0, 0, 0), day.at(12, 0, 0, 0), day.at(23, 59, 59, 0)] {
                let now = time.to_zoned(zone.clone()).expect("a moment").timestamp();
                let away = calendar_of(&project).away_until(&zone, now);
                prop_assert_eq!(away.is_some(), rule.covers(day), "{} of {}", day, rule.lines());
            }
        }
    }

    /// Whatever a file holds, it is read or refused, and what was read can be asked.
    #[test]
    fn no_file_breaks_the_reader(text in nearly_a_calendar(), event in nearly_a_calendar()) {
        let inside = event.lines().filter(|line| !line.contains("VCALENDAR")).collect::<Vec<_>>().join("\n");
        for calendar in [text, file(&format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261201\n{inside}\nEND:VEVENT\n"))] {
            if let Ok(project) = loaded(&calendar, "Asia/Tokyo") {
                let home = TimeZone::get("Asia/Tokyo").expect("a zone");
                for now in ["0001-01-01T12:00:00Z", "2026-12-24T12:00:00Z", "9999-12-30T00:00:00Z"] {
                    calendar_of(&project).away_until(&home, at(now));
                }
                let ever = Stretch { from: at("2020-01-01T00:00:00Z"), to: at("2030-01-01T00:00:00Z") };
                let absences = calendar_of(&project).absences(&home, ever);
                prop_assert!(absences.windows(2).all(|pair| pair[0].to < pair[1].from), "they are joined and in order");
            }
        }
    }

    /// What is found in a short stretch is what a long one shows there.
    #[test]
    fn a_short_stretch_is_a_part_of_a_long_one(
        rule in rules(), zone in 0..3_usize, hour in 0..24_u8, from in 0..9_000_i64, hours in 1..200_i64, other in 0..9_usize,
    ) {
        let zone_name = ["Europe/Berlin", "W. Europe Standard Time", "Asia/Tokyo"][zone];
        let day = rule.start.strftime("%Y%m%d");
        let others = ["MONTHLY", "MONTHLY;BYDAY=-1FR", "YEARLY", "YEARLY;BYMONTH=3,10;BYDAY=-1SU", "YEARLY;BYWEEKNO=20,53"];
        let repeat = match others.get(other) {
            Some(other) => format!("RRULE:FREQ={other};INTERVAL={}", rule.interval),
            None => rule.lines().lines().last().expect("a rule").to_owned(),
        };
        let lines = format!(
            "DTSTART;TZID={zone_name}:{day}T{hour:02}3000\nDURATION:PT{}H\n{}\n",
            rule.days * 7, repeat,
        );
        let project = loaded(&windows(&lines), "UTC").expect("a calendar");
        let start = at("2026-01-01T00:00:00Z");
        let part = Stretch {
            from: start + SignedDuration::from_hours(from),
            to: start + SignedDuration::from_hours(from + hours),
        };
        let whole = Stretch { from: at("2017-01-01T00:00:00Z"), to: at("2028-01-01T00:00:00Z") };
        let within = |found: Vec<Stretch>| -> Vec<Stretch> {
            let clipped = found.into_iter().map(|s| Stretch { from: s.from.max(part.from), to: s.to.min(part.to) });
            clipped.filter(|s| s.from < s.to).collect()
        };
        let calendar = calendar_of(&project);
        prop_assert_eq!(
            within(calendar.absences(&TimeZone::UTC, part)),
            within(calendar.absences(&TimeZone::UTC, whole))
        );
    }
}
