//! A difference for people, for programs and for a pull request.

use std::fmt::Write;

use indexmap::IndexMap;
use serde::Serialize;

use crate::diff::Difference;
use crate::diff::impact::{Impact, Load, Move, Place};
use crate::diff::structure::{PeopleChange, PeopleKind};
use crate::ids::RuleId;
use crate::policy::Project;

/// For people.
pub fn human(difference: &Difference<'_>) -> String {
    let mut out = String::new();
    if difference.is_equal() {
        out.push_str("no rule and nobody of the roster changed\n");
    }
    for section in rule_sections(difference) {
        let _ = writeln!(out, "{}:", section.title);
        for line in section.lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    if !difference.structure.people.is_empty() {
        out.push_str("people:\n");
        for change in &difference.structure.people {
            let _ = writeln!(out, "  {}", person(change));
        }
    }
    if let Some(impact) = &difference.impact {
        write_impact(&mut out, impact);
    }
    out
}

fn write_impact(out: &mut String, impact: &Impact) {
    let moved: u64 = impact.moves.iter().map(|moved| moved.leads).sum();
    let _ = writeln!(out, "\n{moved} of {} leads move", impact.leads);
    for moved in &impact.moves {
        let _ = writeln!(out, "  {:>6}  {} → {}", moved.leads, place(&moved.from), place(&moved.to));
        let _ = writeln!(out, "          e.g. {}", example(moved));
    }
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

fn place(place: &Place) -> String {
    match &place.rule {
        Some(rule) => format!("{rule} ({})", place.destination),
        None => place.destination.clone(),
    }
}

fn example(moved: &Move) -> String {
    let cells = moved.example.iter().map(|(field, value)| format!("{field} = {}", crate::diagnostic::visible(value)));
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
    let mut other = Vec::new();
    if let Some((before, after)) = &structure.start {
        other.push(format!("leads start at {after} instead of {before}"));
    }
    let sections = [
        Section { title: "other changes", lines: other },
        Section { title: "rules added", lines: one(new, &structure.added) },
        Section { title: "rules removed", lines: one(old, &structure.removed) },
        Section { title: "rules changed", lines: changed.collect() },
        Section { title: "rules moved", lines: moved.collect() },
        Section { title: "rules renamed", lines: structure.renamed.iter().map(pair).collect() },
    ];
    sections.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

fn what_changed(old: &Project, before: RuleId, new: &Project, after: RuleId) -> Vec<String> {
    let words = |project: &Project, rule: RuleId| {
        let rule = &project.rules[rule];
        let condition = rule.when.as_ref().map_or_else(String::new, |when| project.condition_text(when));
        (condition, project.action_name(&rule.action))
    };
    let ((old_condition, old_action), (new_condition, new_action)) = (words(old, before), words(new, after));
    let mut parts = Vec::new();
    if old_condition != new_condition {
        parts.push(format!("when {old_condition} → when {new_condition}"));
    }
    if old_action != new_action {
        parts.push(format!("{old_action} → {new_action}"));
    }
    if parts.is_empty() {
        parts.push("something it names has changed, or its dates, skills or method".to_owned());
    }
    parts
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
    let mut out = String::from("### What this change does to routing\n\n");
    if difference.is_equal() {
        out.push_str("No rule and nobody of the roster changed.\n\n");
    }
    for section in rule_sections(difference) {
        let _ = writeln!(out, "**{}**\n", capitalised(section.title));
        for line in section.lines {
            let _ = writeln!(out, "- {}", code(&line));
        }
        out.push('\n');
    }
    if !difference.structure.people.is_empty() {
        out.push_str("**People**\n\n");
        for change in &difference.structure.people {
            let _ = writeln!(out, "- {}", code(&person(change)));
        }
        out.push('\n');
    }
    if let Some(impact) = &difference.impact {
        markdown_impact(&mut out, impact);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn markdown_impact(out: &mut String, impact: &Impact) {
    let moved: u64 = impact.moves.iter().map(|moved| moved.leads).sum();
    let _ = writeln!(out, "**{moved} of {} leads move**\n", impact.leads);
    if !impact.moves.is_empty() {
        out.push_str("| leads | from | to | for example |\n| ---: | --- | --- | --- |\n");
        for moved in &impact.moves {
            let cells = [place(&moved.from), place(&moved.to), example(moved)].map(|text| code(&text));
            let _ = writeln!(out, "| {} | {} |", moved.leads, cells.join(" | "));
        }
        out.push('\n');
    }
    out.push_str("| rep or queue | before | after | |\n| --- | ---: | ---: | ---: |\n");
    for load in &impact.load {
        let _ = writeln!(out, "| {} | {} | {} | {} |", code(&load.name), load.before, load.after, change(load));
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
    open: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<ImpactV1<'a>>,
}

#[derive(Serialize)]
struct ChangeV1<'a> {
    from: PlaceV1<'a>,
    to: PlaceV1<'a>,
    witness: IndexMap<&'a str, &'a str>,
    leads: u64,
}

#[derive(Serialize)]
struct PlaceV1<'a> {
    rule: Option<&'a str>,
    destination: &'a str,
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
    let Difference { old, new, structure, impact } = difference;
    let names = |project: &Project, rules: &mut dyn Iterator<Item = RuleId>| -> Vec<String> {
        rules.map(|rule| project.rule_name(rule)).collect()
    };
    let renamed = structure
        .renamed
        .iter()
        .map(|&(before, after)| RenamedV1 { from: old.rule_name(before), to: new.rule_name(after) });
    let moves = impact.iter().flat_map(|impact| &impact.moves);
    let document = DifferenceV1 {
        version: 1,
        command: "diff",
        equal: difference.is_equal(),
        changes: moves.map(change_v1).collect(),
        rules: RulesV1 {
            added: names(new, &mut structure.added.iter().copied()),
            removed: names(old, &mut structure.removed.iter().copied()),
            changed: names(new, &mut structure.changed.iter().map(|&(_, after)| after)),
            moved: names(new, &mut structure.moved.iter().map(|&(_, after)| after)),
            renamed: renamed.collect(),
        },
        people: structure.people.iter().map(person_v1).collect(),
        open: Vec::new(),
        impact: impact.as_ref().map(impact_v1),
    };
    serde_json::to_string_pretty(&document).expect("text and numbers are always JSON") + "\n"
}

fn change_v1(moved: &Move) -> ChangeV1<'_> {
    ChangeV1 {
        from: place_v1(&moved.from),
        to: place_v1(&moved.to),
        witness: moved.example.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect(),
        leads: moved.leads,
    }
}

fn place_v1(place: &Place) -> PlaceV1<'_> {
    PlaceV1 { rule: place.rule.as_deref(), destination: &place.destination }
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
