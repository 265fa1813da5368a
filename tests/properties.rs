//! What holds for every project, shown on random ones: whoever decides about a lead, and however it
//! is asked, the answer is the same.

use std::collections::{BTreeMap, BTreeSet};

use pointsman::assign::Presence;
use pointsman::canonical;
use pointsman::diff::impact::{Comparison, Reading};
use pointsman::diff::meaning::Meaning;
use pointsman::diff::versions::Versions;
use pointsman::explain::{
    self,
    lines::{self, Lines},
};
use pointsman::io::{self, Input};
use pointsman::lead::Lead;
use pointsman::plan::{self, Facts, Outcome};
use pointsman::policy::Project;
use pointsman::route::{Batch, Dossiers, Fate, Placed, Room, Router, Watch, Watched};
use pointsman::trace::{Trace, Verdict};
use pointsman::trial::{self, generate};
use proptest::prelude::*;

use crate::generate::{ACCOUNTS, Case, ROSTER, case, long_case};
use crate::projects::{now, project};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The project of a case; a circle of `go to` is allowed, for leads that circle are rejects.
fn loaded(main: &str) -> Project {
    loaded_with(main, ACCOUNTS)
}

fn loaded_with(main: &str, accounts: &str) -> Project {
    project(&[("main.rules", main), ("roster.yaml", ROSTER), ("accounts.csv", accounts)]).0
}

fn lead(project: &Project, cells: &[(&'static str, String)]) -> Lead {
    Lead::read(&project.lead, &project.timezone, |field| {
        let name = &project.lead.fields[field].name;
        // A lead without an id is a reject.
        if name == "id" {
            return Some("7");
        }
        cells.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    })
}

/// The leads as a file, with ids of which some are missing and some are there twice.
fn csv(case: &Case) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fields = case.leads[0].iter().map(|(field, _)| *field);
    writer.write_record(["id"].into_iter().chain(fields)).unwrap();
    for (number, lead) in case.leads.iter().enumerate() {
        let id = match number % 7 {
            3 => String::new(),
            5 => format!("L{}", number - 1),
            _ => format!("L{number}"),
        };
        writer.write_record([id.as_str()].into_iter().chain(lead.iter().map(|(_, text)| text.as_str()))).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn records(text: &str) -> Vec<io::Record> {
    let rows = leads_of(text).map(|row| row.unwrap());
    rows.filter_map(|row| if let io::Row::Lead(record) = row { Some(record) } else { None }).collect()
}

fn columns_of(project: &Project, text: &str) -> io::Columns {
    let fields = project.lead.fields.iter().map(|field| (field.name.as_str(), field.from.as_deref()));
    io::Columns::bind(fields, leads_of(text).header()).unwrap()
}

fn leads_of(text: &str) -> io::Leads {
    let input =
        Input::of_stream(Box::new(std::io::Cursor::new(text.to_owned())), "leads", Some(io::Format::Csv)).unwrap();
    io::Leads::open(input).unwrap()
}

/// Every row of a file with its line and where it went.
fn routed(project: &Project, text: &str, watched: bool) -> Vec<(u64, Placed)> {
    let leads = leads_of(text);
    let mut columns = columns_of(project, text);
    let mut batch = Batch::new(Router::new(project, now(), Presence::AsStated), false);
    let mut placed = Vec::new();
    for row in leads {
        match row.unwrap() {
            io::Row::Lead(record) => {
                let cells = columns.cells(&record).unwrap();
                let place = if watched {
                    batch.place_watched(&cells, record.line(), record.raw()).0
                } else {
                    batch.place(&cells, record.line(), record.raw())
                };
                placed.push((record.line(), place));
            }
            io::Row::Reject(reject) => placed.push((reject.line, batch.place_malformed(reject))),
        }
    }
    let summary = batch.finish();
    assert!(summary.is_reconciled());
    assert_eq!(summary.read, placed.len() as u64);
    placed
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn a_watched_run_decides_like_an_unwatched_one(case in case(12)) {
        let project = loaded(&case.main);
        let plan = plan::compile(&project, now().to_zoned(project.timezone.clone()).date());
        for cells in &case.leads {
            let lead = lead(&project, cells);
            let mut trace = Trace::default();
            let watched = plan::decide(&plan, &Facts::new(&project, &lead), &mut trace);
            prop_assert_eq!(watched, plan::decide(&plan, &Facts::new(&project, &lead), &mut ()));
            let held = trace.steps().filter_map(|step| step.tried.last());
            let held: Vec<_> = held.filter(|tried| tried.verdict == Verdict::Held).collect();
            if let Outcome::Decided(rule) | Outcome::Circled(rule) = watched {
                prop_assert_eq!(held.last().map(|tried| tried.rule), Some(rule));
            }
        }
    }

    /// Long policies are looked up after some leads; a watched run tries one rule after another.
    #[test]
    fn looking_rules_up_comes_to_the_same_as_trying_them_all(case in long_case()) {
        let project = loaded(&case.main);
        let plan = plan::compile(&project, now().to_zoned(project.timezone.clone()).date());
        let indexed = plan::compile(&project, plan.day).with_room(0);
        let grouped = plan::compile(&project, plan.day).with_long_from(1);
        let rules = &project.policies.as_slice()[0].rules;
        let mut passing_over = Vec::new();
        for plan in [&plan, &indexed, &grouped] {
            passing_over.extend(rules.iter().step_by(3).map(|rule| plan.without(*rule)));
        }
        for cells in case.leads.iter().chain(&case.leads) {
            let lead = lead(&project, cells);
            for plan in [&plan, &indexed, &grouped].into_iter().chain(&passing_over) {
                let tried = plan::decide(plan, &Facts::new(&project, &lead), &mut Trace::default());
                prop_assert_eq!(tried, plan::decide(plan, &Facts::new(&project, &lead), &mut ()));
            }
        }
    }

    #[test]
    fn a_line_of_traces_is_the_explanation_on_one_line(case in case(12)) {
        let files = [("main.rules", case.main.as_str()), ("roster.yaml", ROSTER), ("accounts.csv", ACCOUNTS)];
        let (project, sources) = project(&files);
        let mut router = Router::new(&project, now(), Presence::AsStated);
        let lines = Lines::new(&project, &sources, "a \"folder\"/");
        let (mut room, mut written, mut explained) = (lines::Room::default(), Vec::new(), String::new());
        for cells in &case.leads {
            let lead = lead(&project, cells);
            let (mut trace, mut attempts) = (Trace::default(), Vec::new());
            let routed = router.route(&lead, &mut trace, &mut attempts);
            let watched = Watched { lead, routed, trace, attempts };
            lines.write(&watched, &mut room, &mut written);
            explained += &explain::json::line(&explain::watched(&project, &watched), &sources, "a \"folder\"/");
        }
        prop_assert_eq!(String::from_utf8(written).unwrap(), explained);
    }

    #[test]
    fn deciding_leads_beforehand_comes_to_the_same_as_placing_one_after_the_other(case in case(12), strict in any::<bool>()) {
        let project = loaded(&case.main);
        let text = csv(&case);
        let new = || Batch::new(Router::new(&project, now(), Presence::AsStated), strict);
        let (mut one_by_one, mut batch) = (new(), new());
        let decider = batch.decider(Watch::Nothing, None);
        let records: Vec<io::Record> = records(&text);
        let mut columns = columns_of(&project, &text);
        let (mut ids, mut room) = (Vec::new(), Room::default());
        let mut decided: Vec<_> = records.iter().rev().map(|record| {
            let mut id = String::new();
            let places = columns.places(record.view()).unwrap();
            let decided = decider.decide(record.view(), places, &mut room, &mut id, &mut Dossiers::default());
            ids.push(id);
            decided
        }).collect();
        decided.reverse();
        ids.reverse();
        batch.see(decided.iter_mut().zip(records.iter().map(io::Record::line)));
        for ((record, decided), id) in records.iter().zip(&decided).zip(&ids) {
            let placed = one_by_one.place(&columns.cells(record).unwrap(), record.line(), record.raw());
            let told = batch.take(decided, || id.as_str()).map_err(|refusal| refusal.reason);
            let told = told.and_then(|outcome| {
                batch.settle_decided(outcome, decided.more.as_deref(), &mut ())
            });
            match (placed, told) {
                (Placed::Out(row), Ok(told)) => {
                    prop_assert_eq!((&row.routed, &*row.note), (&told.routed, told.note()));
                    prop_assert!(row.routed.fate != Fate::Kept || row.owner == told.owner());
                }
                (Placed::Reject(reject), Err(reason)) => prop_assert_eq!(reject.reason, reason),
                (placed, told) => prop_assert!(false, "{:?} and {:?}", placed, told),
            }
        }
        prop_assert_eq!(one_by_one.finish(), batch.finish());
    }

    #[test]
    fn an_explanation_says_what_routing_did(case in case(12)) {
        let project = loaded(&case.main);
        let mut router = Router::new(&project, now(), Presence::AsStated);
        let mut explaining = Router::new(&project, now(), Presence::AsStated);
        for cells in &case.leads {
            let lead = lead(&project, cells);
            let routed = router.route(&lead, &mut (), &mut ());
            let explanation = explain::explain(&mut explaining, &lead);
            let rule = routed.rule().map(|rule| project.rule_name(rule));
            prop_assert_eq!(explanation.decision.map(|decision| decision.rule), rule);
            prop_assert_eq!(explanation.loss.is_some(), routed.fate == Fate::Lost);
            if let Some(assigned) = explanation.assignment {
                let took = assigned.tried.iter().filter_map(|tried| tried.took.clone()).collect::<Vec<_>>();
                prop_assert_eq!(took.len(), usize::from(routed.fate != Fate::Lost));
                prop_assert_eq!(took.first().cloned().unwrap_or_default(), assigned.assigned_to);
            }
        }
    }

    #[test]
    fn every_row_is_placed_once_and_in_order_and_the_same_way_again(case in case(12)) {
        let project = loaded(&case.main);
        let text = csv(&case);
        let placed = routed(&project, &text, false);
        let lines: Vec<u64> = placed.iter().map(|(line, _)| *line).collect();
        prop_assert_eq!(lines, (2..case.leads.len() as u64 + 2).collect::<Vec<u64>>());
        prop_assert_eq!(&placed, &routed(&project, &text, false));
        prop_assert_eq!(&placed, &routed(&project, &text, true));
        let key = project.lead.key.unwrap();
        let ids = placed.iter().filter_map(|(_, place)| match place {
            Placed::Out(row) => Some(row.lead.text(&project, key)),
            Placed::Reject(_) => None,
        });
        let ids: Vec<String> = ids.collect();
        prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}

// --- diff ---

fn today(project: &Project) -> jiff::civil::Date {
    now().to_zoned(project.timezone.clone()).date()
}

/// What a lead's rule does with it, in words that mean the same in every version, with whom a table
/// names in place of what it is called.
fn action(project: &Project, lead: &Lead) -> String {
    let facts = Facts::new(project, lead);
    match plan::decide(&plan::compile(project, today(project)), &facts, &mut ()) {
        Outcome::Decided(rule) => {
            let text = canonical::action(project, &project.rules[rule].action);
            let owners = project.values.ids().filter(|id| canonical::value(project, *id).ends_with(".owner"));
            owners.fold(text, |text, id| {
                let owner = project.show_cell(&project.values[id].ty, facts.value(id));
                text.replace(&canonical::value(project, id), &format!("rep {owner}"))
            })
        }
        Outcome::FellOff(_) | Outcome::Circled(_) => "nobody".to_owned(),
    }
}

/// A policy with one line taken out, written twice, or put elsewhere in its policy, or with one word
/// in place of another.
fn mutated(main: &str, choice: prop::sample::Index, how: u8) -> String {
    let mut lines: Vec<String> = main.lines().map(str::to_owned).collect();
    let rules: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("  rule ")).collect();
    if rules.is_empty() {
        return main.to_owned();
    }
    let at = rules[choice.index(rules.len())];
    match how % 6 {
        0 => drop(lines.remove(at)),
        1 if lines[at + 1].starts_with("  rule ") => lines.swap(at, at + 1),
        2 => lines[at] = lines[at].replace(" when ", "x when "),
        3 => lines[at] = lines[at].replace("50", "499").replace("[DE,", "[FR,").replace("\"a\"", "\"c\""),
        4 => lines[at] = lines[at].replace("assign queue rest", "reject \"full\"").replace("round robin", "load"),
        _ => lines[at] = lines[at].replace(" when ", " when not "),
    }
    lines.join("\n") + "\n"
}

const OTHER_ACCOUNTS: &str = "domain,owner,tier\na.example,carla,gold\nb.example,bruno,silver\nd.example,ana,\n";

/// A case, another version of it, and the accounts of that one.
fn versions() -> impl Strategy<Value = (Case, String, &'static str)> {
    let accounts = prop_oneof![3 => Just(ACCOUNTS), 1 => Just(OTHER_ACCOUNTS)];
    let mutations = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (case(40), mutations, accounts).prop_map(|(case, mutations, accounts)| {
        let new = mutations.into_iter().fold(case.main.clone(), |text, (choice, how)| mutated(&text, choice, how));
        (case, new, accounts)
    })
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn a_project_is_proved_equal_to_itself(case in case(1)) {
        let (old, new) = (loaded(&case.main), loaded(&case.main));
        let versions = Versions::new(&old, &new);
        let meaning = Meaning::new(&versions, today(&new)).unwrap();
        prop_assert!(meaning.is_equal(), "{:?}", meaning.changes);
    }

    #[test]
    fn the_leads_that_move_are_those_that_diff_says((case, new, accounts) in versions()) {
        let (old, new) = (loaded(&case.main), loaded_with(&new, accounts));
        let versions = Versions::new(&old, &new);
        let mut meaning = Meaning::new(&versions, today(&new)).unwrap();
        for change in &meaning.changes {
            let cells: BTreeMap<&str, &str> = change.witness.iter().map(|(field, text)| (&**field, &**text)).collect();
            let read = |project: &Project| {
                let raw = |field| cells.get(project.lead.fields[field].name.as_str()).copied();
                Lead::read(&project.lead, &project.timezone, raw)
            };
            prop_assert_ne!(action(&old, &read(&old)), action(&new, &read(&new)), "{:?}", change);
        }
        let mut comparison = Comparison::new(&versions.old, &versions.new, now());
        for cells in &case.leads {
            let [before, after] = [&old, &new].map(|of| Reading { lead: lead(of, cells), is_refused: false });
            let moves = comparison.add(&before, &after);
            prop_assert_eq!(moves, action(&old, &before.lead) != action(&new, &after.lead), "{:?}", cells);
            prop_assert!(!moves || !meaning.is_equal(), "proved equal, and yet {:?} moves", cells);
            if moves {
                meaning.count(&before.lead, &after.lead);
            }
        }
        let was_open = !meaning.open.is_empty();
        let impact = comparison.finish();
        let classes = meaning.changes.len();
        meaning.take_in(&impact.moves);
        let moved: u64 = impact.moves.iter().map(|moved| moved.leads).sum();
        let counted: u64 = meaning.changes.iter().filter_map(|change| change.leads).sum();
        prop_assert_eq!(counted, moved);
        prop_assert!(was_open || meaning.changes.len() == classes, "leads move outside of the regions shown");
        let load = |side: fn(&pointsman::diff::impact::Load) -> u64| impact.load.iter().map(side).sum::<u64>();
        prop_assert_eq!((load(|load| load.before), load(|load| load.after)), (impact.leads, impact.leads));
    }
}

// --- tests ---

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn generated_tests_pass(case in case(1)) {
        let plain = loaded(&case.main);
        let generated = generate::generate(&plain, now());
        let tested = loaded(&format!("{}\n{}", case.main, generated.text));
        let trials = trial::run(&tested, now());
        prop_assert_eq!(trials.len(), generated.tests);
        for trial in &trials {
            prop_assert!(trial.passed(), "{}: {:?}\n{}", trial.name, trial.failures, generated.text);
        }
    }
}
