//! A difference for people, for programs and for a pull request.

use std::collections::BTreeSet;
use std::fmt::Write;

use indexmap::IndexMap;
use serde::Serialize;

use crate::canonical;
use crate::diff::Difference;
use crate::diff::impact::{Impact, Load, Place, REJECTS};
use crate::diff::meaning::{Change, Meaning};
use crate::diff::structure::{PeopleChange, PeopleKind};
use crate::ids::{ConditionId, RuleId};
use crate::policy::{Condition, Project, Rule};

/// For people.
pub fn human(difference: &Difference<'_>) -> String {
    let mut out = format!("{}\n", headline(difference));
    for change in &difference.meaning.changes {
        write_change(&mut out, change);
    }
    write_limits(&mut out, &difference.meaning);
    let mut sections = rule_sections(difference);
    if !difference.structure.people.is_empty() {
        sections.push(Section { title: "people", lines: difference.structure.people.iter().map(person).collect() });
    }
    for section in sections {
        let _ = writeln!(out, "\n{}:", section.title);
        for line in section.lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(impact) = &difference.impact {
        write_load(&mut out, impact);
    }
    out
}

/// What the classes do not speak of.
fn write_limits(out: &mut String, meaning: &Meaning<'_>) {
    let is_whole = meaning.left_out.is_empty() && meaning.open.is_empty();
    if !is_whole && !meaning.changes.is_empty() {
        out.push('\n');
    }
    for left_out in &meaning.left_out {
        let _ = writeln!(out, "not compared: {left_out}");
    }
    for open in &meaning.open {
        let _ = writeln!(out, "left open: {open}");
    }
}

/// The answer in one line.
fn headline(difference: &Difference<'_>) -> String {
    let changes = difference.meaning.changes.len();
    let leads = difference.impact.as_ref().map(|impact| {
        let moved: u64 = impact.moves.iter().map(|moved| moved.leads).sum();
        format!("; {moved} of {} leads move", impact.leads)
    });
    let answer = if difference.meaning.is_equal() && difference.structure.is_empty() {
        "nothing changed".to_owned()
    } else if difference.meaning.is_equal() {
        let people = if difference.structure.people.is_empty() { "" } else { "; among whom it is shared has changed" };
        format!("proved equal: every lead has the same destination in both versions{people}")
    } else if difference.meaning.is_equal_for_shared() {
        "proved: every lead that both versions read has the same destination".to_owned()
    } else if changes == 0 {
        "no change was found, but not everything could be decided".to_owned()
    } else {
        let classes =
            if changes == 1 { "1 class of leads has".to_owned() } else { format!("{changes} classes of leads have") };
        format!("{classes} another destination")
    };
    answer + &leads.unwrap_or_default()
}

fn write_change(out: &mut String, change: &Change) {
    let region = change.region.as_deref().unwrap_or("leads of no region shown");
    let leads = change.leads.map(|leads| format!("  [{}]", counted(leads))).unwrap_or_default();
    let _ = writeln!(out, "\n  when {region}{leads}");
    let [from, to] = places(change);
    let _ = writeln!(out, "    from  {from}");
    let _ = writeln!(out, "    to    {to}");
    let _ = writeln!(out, "    e.g.  {}", example(&change.witness));
}

fn counted(leads: u64) -> String {
    if leads == 1 { "1 lead".to_owned() } else { format!("{leads} leads") }
}

fn write_load(out: &mut String, impact: &Impact) {
    out.push_str("\nleads by rep and queue:\n");
    let width = impact.load.iter().map(|load| load.name.chars().count()).max().unwrap_or(0);
    for load in &impact.load {
        let Load { name, before, after } = load;
        let _ = writeln!(out, "  {name:width$}  {before:>7} → {after:>7}  {}", change(load));
    }
}

fn change(load: &Load) -> String {
    match load.after.cmp(&load.before) {
        std::cmp::Ordering::Equal => "=".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", load.after - load.before),
        std::cmp::Ordering::Less => format!("−{}", load.before - load.after),
    }
}

/// From where to where; in full where the names alone do not show the difference.
fn places(change: &Change) -> [String; 2] {
    let is_enough = change.from.destination != change.to.destination;
    [&change.from, &change.to].map(|Place { rule, destination, action }| match rule {
        Some(rule) if is_enough => format!("{rule} ({destination})"),
        Some(rule) => format!("{rule} ({action})"),
        None if *destination == REJECTS => format!("{REJECTS}: something required is blank"),
        None => destination.clone(),
    })
}

fn example(lead: &[(String, String)]) -> String {
    if lead.is_empty() {
        return "a lead whose fields are all blank".to_owned();
    }
    let cells = lead.iter().map(|(field, value)| format!("{field} = {}", crate::diagnostic::visible(value)));
    cells.collect::<Vec<String>>().join(", ")
}

struct Section {
    title: &'static str,
    lines: Vec<String>,
}

/// The kinds of change that there are, each with its rules; empty ones left out.
fn rule_sections(difference: &Difference<'_>) -> Vec<Section> {
    let Difference { old, new, structure, .. } = difference;
    let one = |project: &Project, rules: &[RuleId]| {
        let line = |&rule: &RuleId| {
            let action = project.action_name(&project.rules[rule].action);
            format!("{} → {action}", project.rule_name(rule))
        };
        rules.iter().map(line).collect::<Vec<String>>()
    };
    let changed = structure.changed.iter().map(|&(before, after)| {
        format!("{}: {}", new.rule_name(after), what_changed(old, before, new, after).join("; "))
    });
    let pair =
        |&(before, after): &(RuleId, RuleId)| format!("{} is now {}", old.rule_name(before), new.rule_name(after));
    let moved = structure.moved.iter().map(|&(before, after)| {
        let places = (super::structure::place(old, before), super::structure::place(new, after));
        format!("{} from place {} to {}", new.rule_name(after), places.0, places.1)
    });
    let sections = [
        Section { title: "declarations", lines: structure.declarations.clone() },
        Section { title: "rules added", lines: one(new, &structure.added) },
        Section { title: "rules removed", lines: one(old, &structure.removed) },
        Section { title: "rules changed", lines: changed.collect() },
        Section { title: "rules moved", lines: moved.collect() },
        Section { title: "rules renamed", lines: structure.renamed.iter().map(pair).collect() },
    ];
    sections.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

fn what_changed(old: &Project, before: RuleId, new: &Project, after: RuleId) -> Vec<String> {
    let (before, after) = (&old.rules[before], &new.rules[after]);
    let mut parts = Vec::new();
    if dates(before) != dates(after) {
        parts.push(format!("{} → {}", dates(before), dates(after)));
    }
    parts.extend(what_changed_in_conditions(old, before, new, after));
    let names = (old.action_name(&before.action), new.action_name(&after.action));
    let in_full = (canonical::action(old, &before.action), canonical::action(new, &after.action));
    if names.0 != names.1 {
        parts.push(format!("{} → {}", names.0, names.1));
    } else if in_full.0 != in_full.1 {
        parts.push(format!("{} → {}", in_full.0, in_full.1));
    }
    let escalations = (canonical::escalations(old, before), canonical::escalations(new, after));
    if escalations.0 != escalations.1 {
        let shown = |text: &str| if text.is_empty() { "no escalation".to_owned() } else { text.to_owned() };
        parts.push(format!("{} → {}", shown(&escalations.0), shown(&escalations.1)));
    }
    parts
}

/// The condition itself, or what is named in it.
fn what_changed_in_conditions(old: &Project, before: &Rule, new: &Project, after: &Rule) -> Vec<String> {
    let (Some(old_when), Some(new_when)) = (&before.when, &after.when) else { return Vec::new() };
    let (old_text, new_text) = (old.condition_text(old_when), new.condition_text(new_when));
    if old_text != new_text {
        return vec![format!("when {old_text} → when {new_text}")];
    }
    let in_full = (canonical::condition(old, old_when), canonical::condition(new, new_when));
    if in_full.0 == in_full.1 {
        return Vec::new();
    }
    let mut named = BTreeSet::new();
    collect_named(new, new_when, &mut named);
    let changes = named.into_iter().filter_map(|id| {
        let now = &new.conditions[id];
        let then = old.conditions.iter().find(|then| then.name == now.name)?;
        let texts = (old.condition_text(&then.condition), new.condition_text(&now.condition));
        (texts.0 != texts.1).then(|| format!("{}: {} → {}", now.name, texts.0, texts.1))
    });
    let changes: Vec<String> = changes.collect();
    if changes.is_empty() { vec![format!("when {} → when {}", in_full.0, in_full.1)] } else { changes }
}

/// The named conditions in a condition, and those in them.
fn collect_named(project: &Project, condition: &Condition, found: &mut BTreeSet<ConditionId>) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().for_each(|part| collect_named(project, part, found));
        }
        Condition::Not(inner, _) => collect_named(project, inner, found),
        Condition::Named(id, _) => {
            if found.insert(*id) {
                collect_named(project, &project.conditions[*id].condition, found);
            }
        }
        Condition::Comparison(_) => {}
    }
}

fn dates(rule: &Rule) -> String {
    let said = |word: &str, day: Option<crate::source::Spanned<jiff::civil::Date>>| {
        day.map(|day| format!("{word} {}", day.node))
    };
    let parts: Vec<String> =
        [said("from", rule.dates.from), said("until", rule.dates.until)].into_iter().flatten().collect();
    if parts.is_empty() { "always in force".to_owned() } else { parts.join(" ") }
}

fn person(change: &PeopleChange) -> String {
    match change.kind {
        PeopleKind::Rep => format!("rep {}: {}", change.name, change.what),
        PeopleKind::Team => format!("team {}: {}", change.name, change.what),
        PeopleKind::Roster => change.what.clone(),
    }
}

/// For a comment in a pull request.
pub fn markdown(difference: &Difference<'_>) -> String {
    let mut out = format!("### What this change does to routing\n\n{}.\n\n", capitalised(&headline(difference)));
    markdown_changes(&mut out, difference);
    let mut sections = rule_sections(difference);
    if !difference.structure.people.is_empty() {
        sections.push(Section { title: "people", lines: difference.structure.people.iter().map(person).collect() });
    }
    for section in sections {
        let _ = writeln!(out, "**{}**\n", capitalised(section.title));
        for line in section.lines {
            let _ = writeln!(out, "- {}", code(&line));
        }
        out.push('\n');
    }
    if let Some(impact) = &difference.impact {
        out.push_str("| rep or queue | before | after | |\n| --- | ---: | ---: | ---: |\n");
        for load in &impact.load {
            let _ = writeln!(out, "| {} | {} | {} | {} |", code(&load.name), load.before, load.after, change(load));
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn markdown_changes(out: &mut String, difference: &Difference<'_>) {
    if !difference.meaning.changes.is_empty() {
        out.push_str("| leads with | from | to | for example | leads |\n| --- | --- | --- | --- | ---: |\n");
    }
    for change in &difference.meaning.changes {
        let region = change.region.as_deref().unwrap_or("no region shown");
        let [from, to] = places(change);
        let cells = [region, &from, &to, &example(&change.witness)].map(code);
        let leads = change.leads.map(|leads| leads.to_string()).unwrap_or_default();
        let _ = writeln!(out, "| {} | {leads} |", cells.join(" | "));
    }
    if !difference.meaning.changes.is_empty() {
        out.push('\n');
    }
    for left_out in &difference.meaning.left_out {
        let _ = writeln!(out, "Not compared: {}.\n", code(left_out));
    }
    for open in &difference.meaning.open {
        let _ = writeln!(out, "Left open: {}.\n", code(open));
    }
}

/// Text as code, whatever is in it: a table's bars and the text's own backticks do not end it.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace('\n', " "))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Version 1. Fields may be added, never changed or removed.
#[derive(Serialize)]
struct DifferenceV1<'a> {
    version: u32,
    command: &'static str,
    equal: bool,
    changes: Vec<ChangeV1<'a>>,
    rules: RulesV1,
    people: Vec<PersonV1<'a>>,
    declarations: &'a [String],
    left_out: &'a [String],
    open: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<ImpactV1<'a>>,
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    from: PlaceV1<'a>,
    to: PlaceV1<'a>,
    region: Option<&'a str>,
    witness: IndexMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leads: Option<u64>,
}

#[derive(Serialize)]
struct PlaceV1<'a> {
    rule: Option<&'a str>,
    destination: &'a str,
    action: &'a str,
}

#[derive(Serialize)]
struct RulesV1 {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
    moved: Vec<String>,
    renamed: Vec<RenamedV1>,
}

#[derive(Serialize)]
struct RenamedV1 {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct PersonV1<'a> {
    kind: &'static str,
    name: &'a str,
    change: &'a str,
}

#[derive(Serialize)]
struct ImpactV1<'a> {
    leads: u64,
    moved: u64,
    load: Vec<LoadV1<'a>>,
}

#[derive(Serialize)]
struct LoadV1<'a> {
    name: &'a str,
    before: u64,
    after: u64,
}

pub fn json(difference: &Difference<'_>) -> String {
    let Difference { old, new, meaning, structure, impact } = difference;
    let names = |project: &Project, rules: &mut dyn Iterator<Item = RuleId>| -> Vec<String> {
        rules.map(|rule| project.rule_name(rule)).collect()
    };
    let renamed = structure
        .renamed
        .iter()
        .map(|&(before, after)| RenamedV1 { from: old.rule_name(before), to: new.rule_name(after) });
    let document = DifferenceV1 {
        version: 1,
        command: "diff",
        equal: meaning.is_equal(),
        changes: meaning.changes.iter().map(change_v1).collect(),
        rules: RulesV1 {
            added: names(new, &mut structure.added.iter().copied()),
            removed: names(old, &mut structure.removed.iter().copied()),
            changed: names(new, &mut structure.changed.iter().map(|&(_, after)| after)),
            moved: names(new, &mut structure.moved.iter().map(|&(_, after)| after)),
            renamed: renamed.collect(),
        },
        people: structure.people.iter().map(person_v1).collect(),
        declarations: &structure.declarations,
        left_out: &meaning.left_out,
        open: &meaning.open,
        impact: impact.as_ref().map(impact_v1),
    };
    serde_json::to_string_pretty(&document).expect("text and numbers are always JSON") + "\n"
}

fn change_v1(change: &Change) -> ChangeV1<'_> {
    ChangeV1 {
        from: place_v1(&change.from),
        to: place_v1(&change.to),
        region: change.region.as_deref(),
        witness: change.witness.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect(),
        leads: change.leads,
    }
}

fn place_v1(place: &Place) -> PlaceV1<'_> {
    PlaceV1 { rule: place.rule.as_deref(), destination: &place.destination, action: &place.action }
}

fn person_v1(change: &PeopleChange) -> PersonV1<'_> {
    let kind = match change.kind {
        PeopleKind::Rep => "rep",
        PeopleKind::Team => "team",
        PeopleKind::Roster => "roster",
    };
    PersonV1 { kind, name: &change.name, change: &change.what }
}

fn impact_v1(impact: &Impact) -> ImpactV1<'_> {
    ImpactV1 {
        leads: impact.leads,
        moved: impact.moves.iter().map(|moved| moved.leads).sum(),
        load: impact
            .load
            .iter()
            .map(|load| LoadV1 { name: &load.name, before: load.before, after: load.after })
            .collect(),
    }
}
