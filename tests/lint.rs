//! What each lint finds, and that it finds nothing where nothing is wrong.

use std::path::{Path, PathBuf};

use pointsman::check::Folder;
use pointsman::diagnostic::{Code, Finding, Stage, human};
use pointsman::lint::Levels;

use crate::projects::{PLAIN, blocks, everything_about, findings, report};

const HEAD: &str = "\
roster \"roster.yaml\"
lead {
  id       text key
  email    email
  country  country
}
start at all
";

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.name()).collect()
}

/// Codes found in a project of one policy `all` with this roster.
fn found(roster: &str, rules: &str) -> Vec<&'static str> {
    codes(&findings(&[("main.rules", &format!("{HEAD}{rules}")), ("roster.yaml", roster)]).0)
}

fn lint_codes() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.stage() == Stage::Lint)
}

/// Levels at which the lint runs even if it is off by default.
fn asking_for(code: Code) -> Levels {
    let asked = if code.is_on_by_default() { Vec::new() } else { vec![code] };
    Levels { warn: asked, ..Levels::default() }
}

fn invalid() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules/invalid/lint")
}

#[test]
fn each_lint_has_an_example_that_shows_it_and_nothing_else() {
    for code in lint_codes() {
        let (findings, sources) = everything_about(&Folder(invalid()), &format!("{code}.rules"), &asking_for(code));
        let shown = human::render(&findings, &sources, "", PLAIN);
        assert!(!findings.is_empty() && findings.iter().all(|finding| finding.code == code), "{code}:\n{shown}");
        insta::assert_snapshot!(format!("lint_example_{code}"), shown);
    }
}

#[test]
fn a_page_shows_what_gives_the_finding_and_what_does_not() {
    for &code in Code::ALL {
        let blocks = blocks(code.page());
        assert!(blocks.len() >= 2 || code == Code::NestedTooDeep, "{code}: the page has no complete projects");
        for block in blocks {
            let (findings, sources) = everything_about(&block.files, "main.rules", &asking_for(code));
            let shown = human::render(&findings, &sources, "", PLAIN);
            match block.heading.as_str() {
                "Avoid" => {
                    let found = !findings.is_empty() && findings.iter().all(|finding| finding.code == code);
                    assert!(found, "{code}: the block to avoid does not show it alone\n{shown}");
                }
                heading => assert!(findings.is_empty(), "{code}: the block under {heading} has findings\n{shown}"),
            }
        }
    }
}

#[test]
fn a_page_has_its_code_one_sentence_and_three_sections() {
    for &code in Code::ALL {
        let mut parts = code.page().split("\n\n");
        assert_eq!(parts.next(), Some(format!("# {code}").as_str()));
        let sentence = parts.next().unwrap_or_default();
        assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{code}: {sentence}");
        let headings: Vec<&str> = code.page().lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, ["Avoid", "Prefer", "Why"], "{code}");
    }
}

#[test]
fn a_chain_runs_dry_unless_somebody_can_always_take_the_lead() {
    let dry = |rep: &str, chain: &str| {
        let roster = format!("reps:\n  boss: {{}}\n  ana: {rep}\nteams:\n  a: [ana]\n  b: [ana, boss]\n  none: []\n");
        let policy = format!("policy all {{ otherwise assign {chain} }}\nqueue q \"\"\n");
        found(&roster, &policy).contains(&"can-run-dry")
    };
    assert!(!dry("{}", "rep ana"));
    assert!(!dry("{ capacity: 1 }", "rep ana or queue q"));
    assert!(!dry("{ capacity: 1 }", "team b by round robin"));
    assert!(!dry("{ manager: boss, capacity: 1 }", "rep ana or manager of rep ana"));
    assert!(!dry("{ away: [2026-01-01..2026-02-01] }", "rep ana"));
    assert!(!dry("{ weight: 0 }", "team a by round robin"));
    for limit in [
        "capacity: 9",
        "daily: 9",
        "hours: \"Mon-Fri 09:00-17:00\"",
        "away: [2027-01-01..2027-01-02]",
        "left: 2027-01-01",
    ] {
        assert!(dry(&format!("{{ {limit} }}"), "rep ana"), "{limit}");
        assert!(dry(&format!("{{ {limit} }}"), "team a by round robin"), "{limit}");
    }
    assert!(dry("{}", "team none by round robin"));
    assert!(dry("{ weight: 0 }", "team a by weight"));
    assert!(dry("{}", "team a with skill german by weight"));
    assert!(dry("{}", "manager of rep ana"));
}

#[test]
fn people_who_relieve_each_other_never_run_dry_and_a_gap_between_them_is_named() {
    let report = |second: &str| {
        let roster = format!(
            "reps:\n  ana: {{ hours: \"Mon-Sun 00:00-12:00\" }}\n  bruno: {{ hours: \"{second}\" }}\n\
             teams:\n  a: [ana, bruno]\n"
        );
        let rules = format!("{HEAD}policy all {{ otherwise assign team a by weight }}\n");
        report(&[("main.rules", &rules), ("roster.yaml", &roster)])
    };
    assert_eq!(report("Mon-Sun 12:00-24:00"), "no findings\n");
    let gap = report("Mon-Fri 12:00-24:00; Sat-Sun 12:00-18:00");
    assert!(gap.contains("nobody works Sat-Sun 18:00-24:00"), "{gap}");
}

#[test]
fn an_owner_from_a_table_is_sure_only_where_the_rule_asks_for_the_row_and_every_row_names_somebody() {
    let dry = |condition: &str, accounts: &str| {
        let rules = format!(
            "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n  owner rep\n}}\n\
             let account = accounts[domain of email]\nterritory known = account is known and country is DE\n\
             policy all {{\n  rule r when {condition} assign account.owner\n  rule n when known reject \"x\"\n}}\n"
        );
        let roster = "reps:\n  ana: {}\n  bruno: { capacity: 1 }\n";
        let files = [("main.rules", rules.as_str()), ("roster.yaml", roster), ("accounts.csv", accounts)];
        codes(&findings(&files).0).contains(&"can-run-dry")
    };
    let sure = "domain,owner\nacme.example,ana\n";
    assert!(!dry("account is known", sure));
    assert!(!dry("known", sure));
    assert!(!dry("account is known and country is DE", sure));
    assert!(dry("country is DE", sure));
    assert!(dry("account is known or country is DE", sure));
    assert!(dry("not account is known", sure));
    assert!(dry("account is known", "domain,owner\nacme.example,ana\nzenith.example,\n"));
    assert!(dry("account is known", "domain,owner\nacme.example,ana\nzenith.example,bruno\n"));
}

#[test]
fn rows_that_share_a_chain_are_one_finding() {
    let rules = format!(
        "{HEAD}table patches from \"patches.csv\" {{\n  country country\n  team team\n}}\n\
         policy all {{\n  each row of patches\n    when country is row.country\n    \
         assign row.team by round robin\n}}\n"
    );
    let shown = report(&[
        ("main.rules", &rules),
        ("roster.yaml", "reps:\n  ana: { capacity: 3 }\n  bruno: {}\nteams:\n  a: [ana]\n  b: [bruno]\n"),
        ("patches.csv", "country,team\nDE,b\nFR,a\nES,a\nPT,\n"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_team_is_unstaffed_if_no_member_can_ever_take_a_lead() {
    let unstaffed = |rep: &str, chain: &str| {
        let roster = format!("reps:\n  ana: {rep}\nteams:\n  a: [ana]\n  none: []\n");
        let policy = format!("policy all {{ otherwise assign {chain} or queue q }}\nqueue q \"\"\n");
        found(&roster, &policy).contains(&"unstaffed")
    };
    assert!(!unstaffed("{}", "team a by weight"));
    assert!(!unstaffed("{ left: 2027-01-01 }", "team a by weight"));
    assert!(!unstaffed("{ weight: 0 }", "team a by round robin"));
    assert!(!unstaffed("{ skills: [german, pt] }", "team a with skill german, pt by load"));
    assert!(unstaffed("{}", "team none by round robin"));
    assert!(unstaffed("{ left: 2026-11-22 }", "team a by round robin"));
    assert!(unstaffed("{ weight: 0 }", "team a by weight"));
    assert!(unstaffed("{ weight: 0 }", "team a by load"));
    assert!(unstaffed("{ capacity: 0 }", "team a by round robin"));
    assert!(unstaffed("{ daily: 0 }", "team a by round robin"));
    assert!(unstaffed("{ skills: [german] }", "team a with skill german, pt by load"));
}

#[test]
fn a_team_that_a_table_or_a_queue_names_is_looked_at_too() {
    let rules = format!(
        "{HEAD}table desks from \"desks.csv\" {{\n  domain domain key\n  team team\n}}\n\
         let desk = desks[domain of email]\n\
         queue q \"\" {{ after 1 hour assign team b by load }}\n\
         policy all {{\n  otherwise assign desk.team by load or queue q\n}}\n"
    );
    let shown = report(&[
        ("main.rules", &rules),
        ("roster.yaml", "reps:\n  ana: { capacity: 0 }\n  bruno: { weight: 0 }\nteams:\n  a: [ana]\n  b: [bruno]\n"),
        ("desks.csv", "domain,team\nacme.example,a\n"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_rule_expires_after_its_last_day_in_the_projects_time_zone() {
    let expired = |until: &str, zone: &str| {
        let rules = format!(
            "timezone \"{zone}\"\nlead {{ id text key }}\nstart at all\n\
             policy all {{ rule r until {until} when id is known reject \"x\" otherwise reject \"y\" }}\n"
        );
        // It is noon of 22 November in UTC.
        codes(&findings(&[("main.rules", &rules)]).0).contains(&"expired-rule")
    };
    assert!(!expired("2026-11-22", "UTC"));
    assert!(expired("2026-11-21", "UTC"));
    assert!(expired("2026-11-22", "Pacific/Kiritimati"), "there it is the 23rd");
}

#[test]
fn names_are_used_through_other_names() {
    let rules = format!(
        "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n  desk queue\n}}\n\
         let host = domain of email\nlet account = accounts[host]\n\
         territory dach = country in [DE, AT]\nterritory europe = dach or country is FR\n\
         queue a \"\" {{ after 1 hour assign queue b }}\nqueue b \"\"\nqueue c \"\"\nqueue d \"\"\n\
         policy all {{\n  rule r when europe assign account.desk or queue a\n  otherwise assign queue a\n}}\n"
    );
    let files =
        [("main.rules", rules.as_str()), ("roster.yaml", "reps: {}\n"), ("accounts.csv", "domain,desk\nx.example,c\n")];
    let (findings, _) = findings(&files);
    let unused = findings.iter().filter(|finding| finding.code == Code::UnusedName);
    let messages: Vec<&str> = unused.map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["queue `d` is never used"]);
}

#[test]
fn unused_declarations_are_found_each_at_its_name() {
    let rules = format!(
        "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n}}\n\
         let host = domain of email\nterritory dach = country in [DE, AT]\nsegment big = country is US\n\
         let small = country is FR\nqueue q \"\"\n\
         policy all {{ otherwise reject \"x\" }}\n"
    );
    let (findings, _) =
        findings(&[("main.rules", &rules), ("roster.yaml", "reps: {}\n"), ("accounts.csv", "domain\nx.example\n")]);
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    let expected = [
        "table `accounts` is never used",
        "let `host` is never used",
        "territory `dach` is never used",
        "segment `big` is never used",
        "let `small` is never used",
        "queue `q` is never used",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn an_allow_silences_where_it_stands() {
    let rules = "\
lead {
  id       text key
  country  country
}
allow unused-name \"from spring on\"
territory dach = country in [DE, AT]
territory north = country is SE
allow policy-cycle \"being rewritten\"
policy all { otherwise go to all }
start at all
";
    assert_eq!(codes(&findings(&[("main.rules", rules)]).0), ["unused-name"]);
}

#[test]
fn an_allow_before_a_table_or_the_roster_is_about_the_rows_and_the_people() {
    let rules = "\
allow calendar-not-read \"everybody writes their days into the roster too\"
roster \"roster.yaml\"
lead {
  id     text key
  email  email
}
allow unknown-owner \"the export names people who left\"
allow duplicate-key \"newest first\"
table accounts from \"accounts.csv\" {
  domain  domain key
  owner   rep
}
let account = accounts[domain of email]
queue q \"\" { after 1 hour assign rep ana }
policy all { otherwise assign account.owner or queue q }
start at all
";
    let shown = report(&[
        ("main.rules", rules),
        ("roster.yaml", "reps:\n  ana: { calendar: ana.ics }\n"),
        ("accounts.csv", "domain,owner\na.example,zoe\na.example,ana\n"),
    ]);
    assert_eq!(shown, "no findings\n");
}

#[test]
fn a_circle_names_every_step_and_the_policies_beside_it() {
    let shown = report(&[(
        "main.rules",
        "\
lead {
  id text key
  n  integer
}
policy a { otherwise go to b }
policy b {
  rule far when n > 1 go to d
  otherwise go to c
}
policy c { otherwise go to a }
policy d { otherwise go to c }
policy lost { otherwise go to lost }
start at a
",
    )]);
    insta::assert_snapshot!(shown);
}
