//! What each lint finds, and that it finds nothing where nothing is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pointsman::assign::Presence;
use pointsman::check::Folder;
use pointsman::diagnostic::{Code, Finding, Scope, Stage, Verdict, human};
use pointsman::ids::FieldId;
use pointsman::lead::Lead;
use pointsman::lint::Levels;
use pointsman::route::{Fate, Router};
use proptest::prelude::*;

use crate::projects::{PLAIN, blocks, everything_about, findings, now, report};
use crate::support::load_str;

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

/// The leads that show it are routed without the rule that takes them; long policies are looked up otherwise.
#[test]
fn rules_that_no_lead_reaches_are_told_of_long_policies_too() {
    let rule = |name: &str, number: usize| {
        format!("  rule {name}{number} when email is \"{number}@a.example\" reject \"{name} {number}\"\n")
    };
    let rules: String = (0..600).map(|number| rule("r", number)).collect();
    let late: String = (300..360).map(|number| rule("late", number)).collect();
    let policy = format!("policy all {{\n{rules}{late}  otherwise reject \"rest\"\n}}\n");
    assert_eq!(found("reps:\n  ana: {}\n", &policy), ["unreachable-rule"; 60]);
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
    assert!(gap.contains("nobody works Sat-Sun 18:00-24:00 (UTC)"), "{gap}");
    assert!(gap.contains("nobody is there on Sun 2026-11-22 at 18:00 (UTC)"), "{gap}");
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

/// A project whose chains name owners: Ana and Bruno are full, and only the boss always has time.
const OWNED: &str = "\
reps:
  boss: {}
  ana: { capacity: 3, open: 3, manager: boss }
  bruno: { daily: 0 }
  dora: { left: 2026-01-01, manager: boss }
  emil: { left: 2026-01-01, manager: bruno }
teams: { full: [ana, bruno], staffed: [ana, boss] }
";

fn owned(accounts: &str, policy: &str) -> String {
    let rules = format!(
        "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n  owner rep\n  team team\n  \
         tier one of [gold, silver]\n}}\nlet account = accounts[domain of email]\n{policy}"
    );
    report(&[("main.rules", &rules), ("roster.yaml", OWNED), ("accounts.csv", accounts)])
}

#[test]
fn who_a_table_names_is_looked_at_row_by_row() {
    let dry = |rows: &str, chain: &str| {
        let accounts = format!("domain,owner,team,tier\n{rows}");
        let policy =
            format!("policy all {{\n  rule r when account is known assign {chain}\n  otherwise reject \"x\"\n}}\n");
        owned(&accounts, &policy).contains("can-run-dry")
    };
    let chain = "account.owner or manager of account.owner";
    assert!(!dry("a.example,ana,,gold\nb.example,boss,,gold\nc.example,dora,,gold\n", chain));
    assert!(dry("a.example,ana,,gold\nb.example,emil,,gold\n", chain));
    assert!(dry("a.example,bruno,,gold\n", chain));
    assert!(dry("a.example,,,gold\n", chain));
    let chain = "account.owner or account.team by round robin";
    assert!(!dry("a.example,boss,full,gold\nb.example,ana,staffed,gold\nc.example,,staffed,gold\n", chain));
    assert!(dry("a.example,boss,staffed,gold\nb.example,ana,full,gold\n", chain));
}

#[test]
fn rows_whose_leads_go_elsewhere_do_not_count() {
    let accounts = "domain,owner,team,tier\na.example,boss,,gold\nb.example,ana,,silver\nc.example,,,silver\n";
    let dry = |rules: &str| owned(accounts, &format!("policy all {{\n{rules}\n}}\n")).contains("can-run-dry");
    let rest = "otherwise assign rep boss";
    assert!(!dry(&format!("rule r when account.tier is gold assign account.owner\n{rest}")));
    assert!(dry(&format!("rule r when account.tier is silver assign account.owner\n{rest}")));
    assert!(!dry(
        "rule r when account is blank or not account.tier is gold reject \"x\"\notherwise assign account.owner"
    ));
    assert!(dry("rule r when not account.tier is gold and country is DE reject \"x\"\notherwise assign account.owner"));
    assert!(!dry(
        "rule n when not domain of email in accounts reject \"x\"\nrule s when account.tier is silver reject \"y\"\notherwise assign account.owner"
    ));
    assert!(
        dry("rule s when account.tier is silver reject \"y\"\notherwise assign account.owner"),
        "no account at all"
    );
    let far = "rule g when account.tier is gold go to rich\n  otherwise assign rep boss\n}\npolicy rich {\n  otherwise assign account.owner";
    assert!(!dry(far));
    assert!(dry(&far.replace("is gold", "is silver")));
}

/// What the property below puts together: accounts by domain, desks by country, and a policy.
#[derive(Clone, Debug)]
struct OwnedProject {
    accounts: String,
    desks: String,
    policy: String,
}

/// The owners, conditions and chains that the property below puts together.
fn owned_projects() -> impl Strategy<Value = OwnedProject> {
    let row = || {
        let owner = prop::sample::select(vec!["", "boss", "ana", "bruno", "dora", "emil", "nobody"]);
        let team = prop::sample::select(vec!["", "full", "staffed"]);
        let tier = prop::sample::select(vec!["", "gold", "silver"]);
        (owner, team, tier).prop_map(|(owner, team, tier)| format!("{owner},{team},{tier}"))
    };
    let table = |keys: &'static [&'static str]| {
        let rows = prop::collection::vec(prop::option::of(row()), keys.len());
        rows.prop_map(move |rows| {
            let rows = rows.iter().zip(keys).filter_map(|(row, key)| row.as_ref().map(|row| format!("{key},{row}\n")));
            rows.collect::<String>()
        })
    };
    let condition = || {
        let one = prop::sample::select(vec![
            "account is known",
            "account is blank",
            "account.tier is gold",
            "not account.tier is gold",
            "account.tier is known",
            "account.owner is known",
            "account.owner is ana",
            "country is DE",
            "not country is DE",
            "domain of email in accounts",
            "domain of email is \"d1.example\"",
            "desk is known",
            "desk.owner is ana",
            "desk.team is full",
            "not desk.tier is silver",
            "email is known",
        ]);
        let both = (one.clone(), prop::sample::select(vec!["and", "or"]), one.clone());
        prop_oneof![2 => one.prop_map(str::to_owned), 1 => both.prop_map(|(a, word, b)| format!("{a} {word} {b}"))]
    };
    let link = prop::sample::select(vec![
        "account.owner",
        "manager of account.owner",
        "account.team by round robin",
        "desk.owner",
        "manager of desk.owner",
        "desk.team by load",
        "rep ana",
        "manager of rep emil",
        "team full by load",
        "first_owner",
        "any_owner",
    ]);
    let chain = || prop::collection::vec(link.clone(), 1..4).prop_map(|links| links.join(" or "));
    let assumed = prop::sample::select(vec!["", "", "account is known", "country is DE or account.tier is gold"]);
    let policy = (condition(), condition(), chain(), condition(), chain(), prop::bool::ANY, assumed);
    let tables = (table(&["d0.example", "d1.example", "d2.example"]), table(&["DE", "FR"]));
    (tables, policy).prop_map(|((accounts, desks), (a, b, first, c, second, far, assumed))| {
        let (to, close) = if far { ("go to more\n}\npolicy more {\n", "") } else { ("", "") };
        let step = if far { format!("rule f when {b} {to}") } else { String::new() };
        let assumed = if assumed.is_empty() { String::new() } else { format!("assume {assumed}\n") };
        let policy = format!(
            "{assumed}policy all {{\n  rule e when {a} reject \"x\"\n  {step}  rule r when {c} assign {first}\n  \
             rule s when {b} assign {second}\n  otherwise reject \"y\"\n}}\n{close}"
        );
        OwnedProject { accounts, desks, policy }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Everybody with a limit is full, so a lead that is lost is one that the lint has to speak of; and it
    /// speaks of nothing if no lead of any account and any desk, or of none, is lost. Rule by rule.
    #[test]
    fn a_chain_is_said_to_run_dry_exactly_if_a_lead_can_be_lost(owned in owned_projects()) {
        let OwnedProject { accounts, desks, policy } = &owned;
        let columns = "  owner rep\n  team team\n  tier one of [gold, silver]\n}";
        let rules = format!(
            "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n{columns}\n\
             let account = accounts[domain of email]\n\
             table desks from \"desks.csv\" {{\n  country country key\n{columns}\nlet desk = desks[country]\n\
             table experts from \"experts.csv\" {{\n  domain domain key\n  owner rep\n}}\n\
             let first_owner = first known of [experts[domain of email].owner, account.owner]\n\
             let any_owner = first known of [desk.owner, account.owner]\n{policy}"
        );
        let experts = "domain,owner\nd0.example,ana\nd2.example,\nd9.example,boss\n";
        let accounts = format!("domain,owner,team,tier\n{accounts}");
        let desks = format!("country,owner,team,tier\n{desks}");
        let files = [
            ("main.rules", rules.as_str()),
            ("roster.yaml", OWNED),
            ("accounts.csv", accounts.as_str()),
            ("desks.csv", desks.as_str()),
            ("experts.csv", experts),
        ];
        let (found, _) = findings(&files);
        let dry: BTreeSet<String> = found
            .iter()
            .filter(|finding| finding.code == Code::CanRunDry)
            .map(|finding| {
                assert_ne!(finding.verdict, Verdict::Open, "left open:\n{rules}");
                finding.rule.clone().expect("it is about a rule")
            })
            .collect();
        let loaded = load_str(&rules, &files[1..]);
        let project = loaded.project.expect("a project");
        let lost_at = |email: &str, country: &str| {
            let cells = [("id", "1"), ("email", email), ("country", country)];
            let raw = |field: FieldId| {
                let name = project.lead.fields[field].name.as_str();
                cells.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
            };
            let lead = Lead::read(&project.lead, &project.timezone, raw);
            let mut router = Router::new(&project, now(), Presence::AsStated);
            if !project.assumptions.iter().all(|assumed| router.holds(&assumed.node, &lead)) {
                return None;
            }
            let routed = router.route(&lead, &mut (), &mut ());
            let lost = (routed.fate == Fate::Lost).then(|| routed.rule()).flatten();
            lost.map(|rule| project.rule_name(rule))
        };
        let emails = ["", "a@other.example", "a@d0.example", "a@d1.example", "a@d2.example", "a@d9.example"];
        let leads = emails.iter().flat_map(|email| ["DE", "FR", "ES", ""].map(|country| (*email, country)));
        let lost: BTreeSet<String> = leads.filter_map(|(email, country)| lost_at(email, country)).collect();
        prop_assert_eq!(dry, lost, "of\n{}\n{}\n{}", accounts, desks, rules);
    }
}

#[test]
fn what_people_and_rules_do_on_other_days_is_not_put_together() {
    // Bruno is away in January, when a campaign takes the leads; nobody is ever lost.
    let roster = "reps:\n  bruno: { away: [2027-01-01..2027-01-31] }\n";
    let policy = |until: &str| {
        let campaign = format!("  rule campaign from 2027-01-01 until {until} when country is DE reject \"sold\"\n");
        format!("policy all {{\n{campaign}  rule r when country is DE assign rep bruno\n  otherwise reject \"x\"\n}}\n")
    };
    assert!(!found(roster, &policy("2027-01-31")).contains(&"can-run-dry"));
    assert!(found(roster, &policy("2027-01-30")).contains(&"can-run-dry"));
}

#[test]
fn a_chain_of_more_people_than_are_looked_at_is_left_open_by_name() {
    let reps: String = (0..300).map(|rep| format!("  r{rep}: {{ capacity: 1 }}\n")).collect();
    let rows = |before: &str, after: &str| -> String {
        (0..300).map(|rep| format!("{before}{rep}{after},r{rep}\n")).collect()
    };
    let verdict = |chain: &str| {
        let rules = format!(
            "{HEAD}table accounts from \"accounts.csv\" {{\n  domain domain key\n  owner rep\n}}\n\
             table companies from \"companies.csv\" {{\n  address email key\n  owner rep\n}}\n\
             let account = accounts[domain of email]\nlet company = companies[email]\n\
             policy all {{ otherwise assign {chain} }}\n"
        );
        let files = [
            ("main.rules", rules.as_str()),
            ("roster.yaml", &format!("reps:\n{reps}")),
            ("accounts.csv", &format!("domain,owner\n{}", rows("d", ".example"))),
            ("companies.csv", &format!("address,owner\n{}", rows("a", "@x.example"))),
        ];
        let (found, sources) = findings(&files);
        let shown = || human::render(&found, &sources, "", PLAIN);
        let dry: Vec<_> = found.iter().filter(|finding| finding.code == Code::CanRunDry).collect();
        assert_eq!((dry.len(), dry[0].rule.as_deref()), (1, Some("all.otherwise")), "{}", shown());
        dry[0].verdict
    };
    assert_eq!(verdict("account.owner or company.owner"), Verdict::Open);
    assert_ne!(verdict("account.owner or rep r0"), Verdict::Open);
}

#[test]
fn a_chain_that_runs_dry_says_when_and_for_whom() {
    let roster = "\
timezone: America/Sao_Paulo
holidays: [2026-12-25]
reps:
  ana: { capacity: 40 }
  bruno: { away: [2026-12-23..2026-12-26] }
  carla:
teams: { sales: [ana, bruno, carla] }
";
    let rules = format!(
        "timezone \"America/Sao_Paulo\"\n{HEAD}policy all {{\n  rule brief from 2026-11-01 until 2026-12-24 when country is DE assign team sales by load\n  \
         otherwise assign team sales by load\n}}\n"
    );
    insta::assert_snapshot!(report(&[("main.rules", &rules), ("roster.yaml", roster)]));
}

#[test]
fn an_owner_who_is_full_is_named_with_their_row() {
    let accounts = "domain,owner,team,tier\na.example,boss,,gold\nb.example,emil,,gold\n";
    let policy = "policy all {\n  rule r when account is known assign account.owner or manager of account.owner\n  otherwise reject \"x\"\n}\n";
    insta::assert_snapshot!(owned(accounts, policy));
}

#[test]
fn a_hole_between_the_hours_of_a_team_is_found_and_its_night_is_not() {
    let shown = |hours: &[(&str, &str)]| {
        let reps = hours.iter().enumerate();
        let rep = |(number, (zone, hours)): (usize, &(&str, &str))| {
            format!("  rep{number}: {{ timezone: {zone}, hours: \"{hours}\" }}\n")
        };
        let names: Vec<String> = (0..hours.len()).map(|number| format!("rep{number}")).collect();
        let roster =
            format!("reps:\n{}teams: {{ relay: [{}] }}\n", reps.map(rep).collect::<String>(), names.join(", "));
        let policy = "policy all { otherwise assign team relay by round robin or queue q }\nqueue q \"\" { after 1 hour assign rep rep0 }\n";
        let found = report(&[("main.rules", &format!("{HEAD}{policy}")), ("roster.yaml", &roster)]);
        let found: Vec<&str> = found.split_whitespace().collect();
        let found = found.join(" ");
        let Some((_, hole)) = found.split_once("nobody in team `relay` works ") else { return "fine".to_owned() };
        hole.split(" ╭").next().unwrap().to_owned()
    };
    assert_eq!(shown(&[("UTC", "Mon-Fri 09:00-18:00")]), "fine");
    assert_eq!(shown(&[("UTC", "Mon-Fri 09:00-12:00, 13:00-18:00")]), "Mon-Fri 12:00-13:00 (UTC)");
    assert_eq!(shown(&[("UTC", "Mon-Fri 09:00-12:00, 13:00-18:00"), ("UTC", "Mon-Fri 11:30-13:30")]), "fine");
    assert_eq!(shown(&[("UTC", "Mon-Sun 06:00-22:00"), ("UTC", "Mon-Sat 23:00-06:00")]), "Mon-Sat 22:00-23:00 (UTC)");
    assert_eq!(shown(&[("UTC", "Mon-Sun 01:00-23:00")]), "Mon-Sun 23:00-01:00 (UTC)");
    // New York is six hours behind Berlin, and five for some weeks in spring and autumn.
    let (berlin, new_york) = ("Europe/Berlin", "America/New_York");
    assert_eq!(shown(&[(berlin, "Mon-Fri 08:00-16:00"), (new_york, "Mon-Fri 10:00-18:00")]), "fine");
    assert_eq!(
        shown(&[(berlin, "Mon-Fri 08:00-14:00"), (new_york, "Mon-Fri 09:00-18:00")]),
        "Mon-Fri 13:00-14:00 (UTC) in the week of 2026-11-16 and 47 more of the coming year"
    );
    assert_eq!(
        shown(&[
            (berlin, "Mon-Fri 08:00-16:00"),
            (new_york, "Mon-Fri 09:00-18:00"),
            (new_york, "Sat 09:00-18:00"),
            (berlin, "Sat 06:00-14:00")
        ]),
        "Sat 13:00-14:00 (UTC) in the week of 2026-11-16 and 47 more of the coming year"
    );
    assert_eq!(
        shown(&[(berlin, "Mon-Fri 09:00-12:00, 13:00-18:00")]),
        "Mon-Fri 11:00-12:00 (UTC) in the week of 2026-11-16, and likewise in others"
    );
    // Only while they are five hours apart, Berlin's evening ends before New York's night begins.
    assert_eq!(
        shown(&[(new_york, "Mon-Fri 00:00-03:00"), (berlin, "Mon-Fri 09:00-18:00")]),
        "Mon-Fri 07:00-08:00 (UTC) in the week of 2027-03-15"
    );
}

/// What is said of a team's hours to who asks; reps are given as zone and hours.
fn unstaffed_hours(reps: &[(&str, &str)], chain: &str) -> String {
    let rep = |(number, (zone, hours)): (usize, &(&str, &str))| {
        format!("  rep{number}: {{ timezone: {zone}, skills: [s{number}], hours: \"{hours}\" }}\n")
    };
    let names: Vec<String> = (0..reps.len()).map(|number| format!("rep{number}")).collect();
    let people: String = reps.iter().enumerate().map(rep).collect();
    let roster = format!("reps:\n{people}teams: {{ relay: [{}] }}\n", names.join(", "));
    let policy =
        format!("policy all {{ otherwise assign {chain} }}\nqueue q \"\" {{ after 1 hour assign rep rep0 }}\n");
    let rules = format!("{HEAD}{policy}");
    let files = BTreeMap::from(
        [("main.rules", rules), ("roster.yaml", roster)].map(|(name, text)| (name.to_owned(), text.into_bytes())),
    );
    let (found, _) = everything_about(&files, "main.rules", &asking_for(Code::UnstaffedHours));
    let told: Vec<&str> = found.iter().filter(|f| f.code == Code::UnstaffedHours).map(|f| f.message.as_str()).collect();
    told.join("\n").replace("nobody in team `relay`", "nobody")
}

#[test]
fn who_asks_is_told_every_hour_of_the_week_at_which_nobody_of_a_team_works() {
    let told = |reps: &[(&str, &str)]| unstaffed_hours(reps, "team relay by round robin or queue q");
    assert_eq!(
        told(&[("UTC", "Mon-Fri 09:00-18:00")]),
        "nobody works Mon-Thu 18:00-09:00, Fri 18:00 to Mon 09:00 (UTC)"
    );
    assert_eq!(
        told(&[("UTC", "Mon-Fri 09:00-12:00, 13:00-24:00"), ("UTC", "Sun 10:00-11:00")]),
        "nobody works Mon-Fri 12:00-13:00, Tue-Fri 00:00-09:00, Sat 00:00 to Sun 10:00, Sun 11:00-09:00 (UTC)"
    );
    assert_eq!(told(&[("UTC", "Mon-Fri 00:00-24:00")]), "nobody works Sat-Sun (UTC)");
    assert_eq!(
        told(&[("UTC", "Mon-Sat 00:00-24:00; Sun 12:00-13:00")]),
        "nobody works Sun 00:00-12:00, Sun 13:00-24:00 (UTC)"
    );
    assert_eq!(told(&[("UTC", "06:00-18:00"), ("UTC", "18:00-06:00")]), "");
    assert_eq!(told(&[("UTC", "06:00-18:00"), ("UTC", "19:00-06:00")]), "nobody works Mon-Sun 18:00-19:00 (UTC)");
    // With a queue or without one, and with skills that leave one member.
    assert_eq!(
        unstaffed_hours(
            &[("UTC", "06:00-18:00"), ("UTC", "18:00-06:00")],
            "team relay with skill s1 by load or queue q"
        ),
        "nobody with skill `s1` works Mon-Sun 06:00-18:00 (UTC)"
    );
}

#[test]
fn hours_nobody_works_are_given_for_each_part_of_the_year_in_which_they_differ() {
    let told = |reps: &[(&str, &str)]| unstaffed_hours(reps, "team relay by round robin or queue q");
    assert_eq!(
        told(&[("Europe/Berlin", "09:00-18:00")]),
        "nobody works Mon-Sun 17:00-08:00 until 2027-03-28 and from 2027-10-31; \
         Mon-Sun 16:00-07:00 from 2027-03-28 until 2027-10-31 (UTC)"
    );
    // New York is five hours behind Berlin for two weeks of March and one of autumn, six otherwise.
    assert_eq!(
        told(&[("Europe/Berlin", "02:00-14:00"), ("America/New_York", "08:00-20:00")]),
        "nobody works Mon-Sun 00:00-01:00 from 2027-03-14 until 2027-03-28 and from 2027-10-31 until 2027-11-07 (UTC)"
    );
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
fn an_allow_before_a_table_is_about_its_rows() {
    let rules = "\
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
        ("roster.yaml", "reps:\n  ana:\n"),
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

// --- what leads can and cannot do ---

/// A project of one policy without people, on the day of [`crate::projects::now`], and what is found.
fn shown(rules: &str) -> String {
    report(&[("main.rules", &format!("{PLAIN_HEAD}policy all {{\n{rules}\n}}\n"))])
}

fn found_in(rules: &str) -> Vec<String> {
    let (findings, _) = findings(&[("main.rules", &format!("{PLAIN_HEAD}policy all {{\n{rules}\n}}\n"))]);
    findings.iter().map(|finding| format!("{} {}", finding.severity.name(), finding.code)).collect()
}

const PLAIN_HEAD: &str = "\
lead {
  id         text key
  country    country
  employees  integer
  plan       one of [free, pro, max]
  owner_id   text owner
}
start at all
";

#[test]
fn special_rules_before_general_ones_are_how_policies_are_written() {
    let rules = "\
rule berlin when country is DE and employees >= 500 and plan is max keep owner
rule germany when country is DE and employees >= 500 reject \"large\"
rule dach when country in [DE, AT, CH] and employees >= 50 keep owner
rule europe when country in [DE, AT, CH, FR] reject \"europe\"
rule large when employees >= 500 keep owner
otherwise reject \"nobody\"";
    assert_eq!(shown(rules), "no findings\n");
}

#[test]
fn a_hidden_rule_is_moved_only_to_where_everybody_still_gets_leads() {
    let twins = "\
rule first when country is DE reject \"a\"
rule second when country is DE keep owner
otherwise reject \"nobody\"";
    insta::assert_snapshot!(shown(twins));
    let special = "\
rule general when employees >= 500 reject \"a\"
rule special when employees >= 500 and country is DE keep owner
otherwise reject \"nobody\"";
    insta::assert_snapshot!(shown(special));
}

#[test]
fn a_hidden_rule_with_the_same_destination_can_go() {
    let rules = "\
rule general when employees >= 500 keep owner
rule special when employees >= 500 and country is DE keep owner
otherwise reject \"nobody\"";
    let shown = shown(rules);
    assert!(shown.contains("none, the destination is the same"), "{shown}");
    assert!(shown.contains("help: remove it"), "{shown}");
}

#[test]
fn a_campaign_hides_rules_for_its_days_only() {
    let hidden = |dates: &str| {
        let rules = format!(
            "rule campaign {dates} when country is DE reject \"a\"\nrule germany when country is DE keep owner\n\
             otherwise reject \"nobody\""
        );
        found_in(&rules)
    };
    // It is 22 November 2026.
    assert_eq!(hidden("from 2026-11-01 until 2026-12-24"), [""; 0]);
    assert_eq!(hidden("from 2026-12-01 until 2026-12-24"), [""; 0]);
    assert_eq!(hidden("from 2026-12-01"), [""; 0]);
    assert_eq!(hidden("from 2026-11-01"), ["error unreachable-rule"]);
}

#[test]
fn a_rule_that_is_hidden_on_each_of_its_days_is_found_before_them() {
    let rules = "\
rule spring from 2027-03-01 until 2027-05-31 when country is DE reject \"a\"
rule easter from 2027-03-20 until 2027-04-10 when country is DE and employees >= 500 keep owner
rule germany when country is DE keep owner
otherwise reject \"nobody\"";
    assert_eq!(found_in(rules), ["error unreachable-rule"]);
}

#[test]
fn a_gap_that_opens_when_a_rule_is_over_is_found_before() {
    let rules = "\
rule known when country is known keep owner
rule rest until 2026-12-31 when country is blank reject \"for now\"";
    let shown = shown(rules);
    assert!(shown.contains("from 2027-01-01 on, leads fall off the end of policy `all`"), "{shown}");
    assert!(shown.contains("no rule takes leads with `country is blank`"), "{shown}");
}

#[test]
fn rules_that_leave_nothing_over_need_no_otherwise_and_one_that_is_there_may_stay() {
    let known = "rule known when country is known keep owner\nrule rest when country is blank reject \"x\"";
    assert_eq!(found_in(known), [""; 0]);
    assert_eq!(found_in(&format!("{known}\notherwise reject \"y\"")), ["note unreachable-rule"]);
}

#[test]
fn thresholds_that_meet_leave_no_gap_and_others_name_the_value() {
    let gap = |below: &str, above: &str| {
        let rules = format!(
            "rule small when employees {below} keep owner\nrule large when employees {above} reject \"a\"\n\
             otherwise reject \"nobody knows\""
        );
        shown(&rules)
    };
    assert_eq!(gap("< 50", ">= 50"), "no findings\n");
    assert_eq!(gap("<= 49", "> 49"), "no findings\n");
    assert_eq!(gap("< 50", "> 500"), "no findings\n", "a wide gap is meant");
    for (below, above, write) in [("< 50", "> 50", "employees >= 50"), ("<= 49", ">= 51", "employees >= 50")] {
        let shown = gap(below, above);
        assert!(shown.contains("leads with `employees is 50` fall between rules `small` and"), "{shown}");
        assert!(shown.contains(&format!("write `{write}` in rule `large`")), "{shown}");
    }
}

#[test]
fn what_only_repeats_the_rules_before_is_a_note() {
    let rules = "\
rule large when employees >= 500 reject \"a\"
rule germany when country is DE and not (employees >= 500) and employees is known keep owner
otherwise reject \"nobody\"";
    assert_eq!(found_in(rules), ["note constant-condition"]);
}

#[test]
fn parts_that_say_the_same_are_found_until_one_is_left() {
    let rules = "rule r when employees >= 50 and employees > 49 and employees >= 10 keep owner\notherwise reject \"x\"";
    let (findings, _) = findings(&[("main.rules", &format!("{PLAIN_HEAD}policy all {{\n{rules}\n}}\n"))]);
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    let expected =
        ["`employees > 49` makes no difference in rule `r`", "`employees >= 10` makes no difference in rule `r`"];
    assert_eq!(messages, expected);
}

#[test]
fn an_allow_of_a_lint_that_is_off_is_not_needless() {
    let rules = "\
allow hidden-overlap \"largest first\"
rule large when employees >= 500 reject \"a\"
rule germany when country is DE keep owner
otherwise reject \"nobody\"";
    assert_eq!(found_in(rules), [""; 0]);
}

#[test]
fn what_depends_on_rows_of_today_says_so_and_weighs_less() {
    let rules = "\
lead {
  id     text key
  email  email
}
table accounts from \"accounts.csv\" {
  domain  domain key
  tier    one of [gold, silver]
}
let account = accounts[domain of email]
policy all {
  rule gold when account.tier is gold reject \"a\"
  rule both when account.tier is gold and account.tier is silver reject \"b\"
  otherwise reject \"c\"
}
start at all
";
    let (findings, _) = findings(&[("main.rules", rules), ("accounts.csv", "domain,tier\nacme.example,silver\n")]);
    let told: Vec<_> =
        findings.iter().map(|f| (f.severity.name(), f.code.name(), f.rule.as_deref().unwrap(), f.scope)).collect();
    let expected = [
        ("warning", "impossible-condition", "all.gold", Scope::WithCurrentTables),
        ("error", "impossible-condition", "all.both", Scope::Always),
    ];
    assert_eq!(told, expected);
}

#[test]
fn hidden_rows_are_told_once_and_by_one_lint() {
    let rules = "\
lead {
  id       text key
  country  country
  state    text
}
table patches from \"patches.csv\" {
  country  country
  state    text
}
policy all {
  rule italy when country is IT reject \"a\"
  each row of patches
    when country is row.country and state is row.state
    reject \"b\"
  otherwise reject \"c\"
}
start at all
";
    let patches = "country,state\nDE,\nIT,rome\nDE,berlin\nDE,hamburg\nAT,\nDE,bremen\nIT,\nDE,saxony\nDE,bavaria\n";
    let shown = report(&[("main.rules", rules), ("patches.csv", patches)]);
    insta::assert_snapshot!(shown);
}

#[test]
fn rows_that_a_shared_comparison_passes_over_are_no_finding() {
    let rules = |rest: &str| {
        format!(
            "lead {{\n  id text key\n  country country\n}}\ntable patches from \"patches.csv\" {{ country country }}\n\
             territory dach = country in [DE, AT, CH]\npolicy all {{\n  each row of patches\n    \
             when dach and country is row.country\n    reject \"b\"\n  {rest}\n}}\nstart at all\n"
        )
    };
    let found = |rows: &str| {
        let (findings, _) =
            findings(&[("main.rules", &rules("otherwise reject \"c\"")), ("patches.csv", &format!("country\n{rows}"))]);
        codes(&findings)
    };
    assert_eq!(found("DE\nFR\nAT\n"), [""; 0]);
    assert_eq!(found("IT\nFR\n"), ["impossible-condition"]);
}

#[test]
fn a_policy_behind_rules_that_no_lead_reaches_is_not_entered() {
    let rules = "\
lead {
  id         text key
  employees  integer
}
policy all {
  rule any when employees is known reject \"a\"
  rule large when employees >= 500 go to large
  otherwise reject \"b\"
}
policy large { otherwise reject \"c\" }
start at all
";
    insta::assert_snapshot!(report(&[("main.rules", rules)]));
}

#[test]
fn a_queue_that_only_hands_leads_round_keeps_them_for_ever() {
    let rules = "\
lead { id text key }
queue a { after 1 hour assign queue b }
queue b { after 1 hour assign queue a }
policy all { otherwise assign queue a }
start at all
";
    let (findings, _) = findings(&[("main.rules", rules)]);
    assert_eq!(codes(&findings), ["endless-wait", "endless-wait"]);
}

#[test]
fn members_that_shorter_ones_or_earlier_rules_take_are_dead_in_every_kind_of_list() {
    let rules = r#"
lead {
  id      text key
  name    text
  phone   text
  email   email
  topics  tags
}
policy all {
  rule uk     when name contains "UK" reject "one"
  rule east   when name contains ["Romania", "UKRAINE"] reject "two"
  rule area   when phone starts with ["21", "210", "30", "21"] reject "three"
  rule mail   when email ends with ["acme.example", "shop.acme.example", "zenith.example"] reject "four"
  rule asked  when topics has "price" reject "five"
  rule topics when topics has any of ["price", "demo"] reject "six"
  otherwise reject "seven"
}
start at all
"#;
    insta::assert_snapshot!(report(&[("main.rules", rules)]));
}

#[test]
fn members_of_cells_are_dead_only_if_no_rule_of_the_row_needs_them() {
    let rules = |second: &str| {
        format!(
            r#"
lead {{ id text key, state text, country country }}
table patches from "patches.csv" {{ country country, states list of text }}
policy all {{
  rule abroad when country is known and country is not US go to second
  each row of patches when country is row.country and state in row.states keep owner
  otherwise go to second
}}
policy second {{
  {second}
  otherwise reject "we do not sell there"
}}
start at all
"#
        )
        .replace("keep owner", "reject \"taken\"")
        .replace(", ", "\n  ")
    };
    let csv = "country,states\nUS,NY | NJ\nUS,NJ | CT\n";
    let dead = |second: &str| {
        let (findings, _) = findings(&[("main.rules", &rules(second)), ("patches.csv", csv)]);
        let dead = findings.iter().filter(|finding| finding.code == Code::DeadListMember);
        dead.map(|finding| finding.message.clone()).collect::<Vec<String>>()
    };
    assert_eq!(dead(""), ["no lead with `state is \"NJ\"` is left for rule `patches:2`"]);
    let again = "each row of patches when state in row.states and country is blank reject \"nobody knows\"";
    assert_eq!(dead(again), ["no lead with `state is \"NJ\"` is left for rule `patches:2`"]);
    let other_way = "each row of patches when not state in row.states reject \"not there\"";
    assert_eq!(dead(other_way), [] as [&str; 0]);
}

#[test]
fn the_lead_that_shows_a_blank_has_no_other_blanks_than_it_must() {
    let rules = r#"
lead {
  id      text key
  country country
  size    integer
  plan    one of [free, team]
  name    text
}
policy all {
  rule abroad when country is not US and size > 5 reject "one"
  rule named  when not name contains "Ltd" and plan is blank reject "two"
  otherwise reject "three"
}
start at all
"#;
    let (findings, _) = findings(&[("main.rules", rules)]);
    let blanks = |finding: &Finding| {
        let lead = &finding.witness.as_ref().unwrap().lead;
        lead.iter().filter(|(_, cell)| cell.is_empty()).map(|(field, _)| field.clone()).collect::<Vec<String>>()
    };
    let blanks: Vec<Vec<String>> = findings.iter().map(blanks).collect();
    assert_eq!(blanks, [vec!["country"], vec!["plan", "name"]]);
}

#[test]
fn texts_with_numbers_are_told_once_for_each_condition_and_codes_are_no_numbers() {
    let rules = r#"
lead { id text key postal_code text size text }
policy all {
  rule north when postal_code >= "01000" and postal_code < "20000" or postal_code is "x" reject "one"
  rule large when size > "500" or size in "20" to "30" reject "two"
  otherwise reject "three"
}
start at all
"#;
    let (findings, _) = findings(&[("main.rules", rules)]);
    let told: Vec<(&str, usize, bool)> = findings
        .iter()
        .map(|finding| (finding.code.name(), finding.labels.len(), finding.help.as_ref().unwrap().contains("integer")))
        .collect();
    assert_eq!(told, [("lexical-order", 2, false), ("lexical-order", 2, true)]);
}

#[test]
fn a_rule_that_no_lead_satisfies_does_not_run_dry_as_well() {
    let roster = "reps:\n  ana: { capacity: 3 }\n";
    let rules =
        "policy all {\n  rule none when country is DE and country is AT assign rep ana\n  otherwise reject \"no\"\n}\n";
    assert_eq!(found(roster, rules), ["impossible-condition"]);
}

#[test]
fn a_let_is_used_by_its_name_alone() {
    let rules = r#"
let site = domain of email
policy all {
  rule one when domain of email is "acme.example" reject "one"
  otherwise reject "two"
}
"#;
    assert_eq!(found("reps: {}\n", rules), ["unused-name"]);
}

#[test]
fn a_comma_inside_of_one_member_is_no_separator() {
    let rules = "lead {\n  id text key\n  name text\n}\ntable t from \"t.csv\" { names list of text }\npolicy all {\n  \
        each row of t when name in row.names reject \"x\"\n  otherwise reject \"y\"\n}\nstart at all\n";
    let told = |cells: &str| {
        let csv = format!("names\n{cells}\n");
        let (findings, _) = findings(&[("main.rules", rules), ("t.csv", &csv)]);
        findings.iter().filter(|finding| finding.code == Code::UnsplitList).count()
    };
    assert_eq!(told("\"Korea, Republic of\"\nJapan"), 0);
    assert_eq!(told("\"Washington, D.C.\"\nWashington | Boston"), 0);
    assert_eq!(told("\"Japan, Korea\"\nJapan | China\nKorea"), 1);
    assert_eq!(told("NY; NJ\n\"CA,OR\""), 1);
}

#[test]
fn a_loose_piece_of_a_long_list_is_told_with_some_of_what_it_takes() {
    let names = ["Austria", "Russia", "Belarus", "Damascus", "Mauritius", "Cyprus", "Campus", "Bonus"];
    let listed = names.map(|name| format!("\"{name}\"")).join(", ");
    let rules = format!(
        r#"
lead {{
  id     text key
  market text
  size   integer
}}
policy all {{
  rule known when market in [{listed}] and size > 100 reject "one"
  rule us    when market contains ["Brazil", "Canada", "US", "Mexico"] reject "two"
  rule codes when market starts with ["21", "30"] and size < 9 reject "three"
  rule code  when market in ["2100", "21-7"] and size < 20 reject "four"
  otherwise reject "rest"
}}
start at all
"#
    );
    insta::assert_snapshot!(report(&[("main.rules", &rules)]));
}

#[test]
fn a_piece_of_text_that_is_a_whole_word_is_not_loose() {
    let found = |comparison: &str| {
        let rules = format!(
            "lead {{\n  id text key\n  company text\n  plan one of [a, b]\n}}\npolicy all {{\n  \
             rule listed when company in [\"acme school\", \"preschool\", \"schools united\"] and plan is a reject \"a\"\n  \
             rule r when {comparison} reject \"b\"\n  otherwise reject \"c\"\n}}\nstart at all\n"
        );
        let (findings, _) = findings(&[("main.rules", &rules)]);
        findings.iter().map(|finding| finding.message.clone()).collect::<Vec<String>>()
    };
    assert_eq!(found("company contains \"acme\""), [""; 0]);
    assert_eq!(found("company contains \"united\""), [""; 0]);
    let also = ["`company contains \"school\"` also takes `\"preschool\"` and `\"schools united\"`"];
    assert_eq!(found("company contains \"school\""), also);
    assert_eq!(found("company contains \"pre\""), ["`company contains \"pre\"` also takes `\"preschool\"`"]);
}

#[test]
fn a_rule_whose_leads_escalate_is_not_redundant_beside_one_whose_do_not() {
    let codes = |escalation: &str| {
        let rules = format!(
            "roster \"roster.yaml\"\nlead {{ id text key\n country country }}\npolicy all {{\n\
               rule dach when country is DE assign rep ana {escalation}\n  otherwise assign rep ana\n}}\nstart at all\n"
        );
        let found = findings(&[("main.rules", &rules), ("roster.yaml", "reps:\n  ana: {}\n  bruno: {}\n")]).0;
        found.into_iter().map(|finding| finding.code).collect::<Vec<Code>>()
    };
    assert_eq!(codes(""), [Code::RedundantRule]);
    assert_eq!(codes("escalate after 1 hour without contact to rep bruno"), []);
}

#[test]
fn a_hidden_rule_whose_leads_would_escalate_otherwise_does_not_end_alike() {
    let effect = |escalation: &str| {
        let roster = "reps:\n  ana: {}\n  bruno: {}\n";
        let text = format!(
            "roster \"roster.yaml\"\nlead {{\n  id text key\n  country country\n}}\npolicy all {{\n  \
               rule europe when country in [DE, AT] assign rep ana\n  \
               rule dach when country is DE assign rep ana {escalation}\n  otherwise reject \"far\"\n}}\nstart at all\n"
        );
        let findings = findings(&[("main.rules", &text), ("roster.yaml", roster)]).0;
        let hidden = findings.iter().filter(|finding| finding.code == Code::UnreachableRule);
        hidden.map(|finding| finding.same_destination).collect::<Vec<Option<bool>>>()
    };
    assert_eq!(effect(""), [Some(true)]);
    assert_eq!(effect("escalate after 1 hour without contact to rep bruno"), [Some(false)]);
}

#[test]
fn a_rule_to_whose_policy_none_of_its_leads_come_is_said_to_have_none() {
    let text = "lead {\n  id text key\n  employees integer\n}\npolicy a {\n  rule big when employees >= 100 go to b\n  \
         otherwise reject \"small\"\n}\npolicy b {\n  rule small when employees < 100 reject \"tiny\"\n  \
         otherwise reject \"big\"\n}\nstart at a\n";
    let findings = findings(&[("main.rules", text)]).0;
    let hidden = findings.iter().find(|finding| finding.code == Code::UnreachableRule).expect("it is dead");
    assert_eq!((hidden.same_destination, hidden.covered_by.len()), (None, 0));
    assert_eq!(
        hidden.help.as_deref(),
        Some("no lead comes to policy `b` that satisfies it: change its condition, or remove it")
    );
}

#[test]
fn each_region_without_a_rule_stands_on_a_line_of_its_own_in_reading_order() {
    let text = "lead {\n  id text key\n  country country\n  employees integer 0 to 1000\n}\npolicy a {\n  \
         rule big when employees >= 100 and country is DE reject \"big\"\n  \
         rule far when country not in [DE, AT] and employees is known reject \"far\"\n}\nstart at a\n";
    let shown = report(&[("main.rules", text)]);
    let places = ["no rule takes leads with", "nor leads with"].map(|words| shown.find(words));
    assert!(places[0] < places[1] && places[0].is_some(), "{shown}");
}
