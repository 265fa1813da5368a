//! Every class of leads whose destination changes, in the language's words, or the proof that there
//! is none.
//!
//! The analysis finds the classes; each is shown with a lead that both versions have routed before
//! it is shown. What the analysis left open is named.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::analysis::boxes::Area;
use crate::analysis::difference::{Meaning as Facts, difference};
use crate::analysis::ends::{Difference, End};
use crate::analysis::model::Mismatch;
use crate::analysis::regions::{Region, Rest};
use crate::analysis::sets::AtomSet;
use crate::analysis::witness::Witness;
use crate::cell::Cell;
use crate::diff::impact::{Move, Place};
use crate::diff::versions::Versions;
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::plan::{self, Facts as LeadFacts, Outcome};
use crate::policy::Project;

/// What a change of policy means for all leads there could be.
pub struct Meaning<'p> {
    facts: Option<Facts<'p>>,
    pub changes: Vec<Change>,
    /// Leads that the versions do not both read, or not alike, in words: they were not compared.
    pub left_out: Vec<String>,
    /// What could not be decided, in words.
    pub open: Vec<String>,
}

/// A class of leads that go elsewhere.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    pub from: Place,
    pub to: Place,
    /// As a condition of the language; `None` for real leads that move outside of the regions shown.
    pub region: Option<String>,
    /// One of them: its fields that are not blank.
    pub witness: Vec<(String, String)>,
    /// Real leads of the class, where leads were given.
    pub leads: Option<u64>,
    area: Area,
}

/// A lead that the analysis says moves, and that does not: a defect of this program.
#[derive(Clone, PartialEq, Debug)]
pub struct NotReplayed {
    pub lead: Vec<(String, String)>,
}

/// Members of a list that a region names at most.
const MOST_NAMED: usize = 12;

impl<'p> Meaning<'p> {
    /// Compares two versions on a day.
    pub fn new(versions: &'p Versions<'_>, today: Date) -> Result<Meaning<'p>, NotReplayed> {
        let (old, new): (&Project, &Project) = (&versions.old, &versions.new);
        let facts = match difference(old, new, Some(today)) {
            Ok(facts) => facts,
            Err(mismatches) => {
                let open = mismatches.iter().map(|Mismatch { field, why }| format!("field {field}: {why}")).collect();
                return Ok(Meaning { facts: None, changes: Vec::new(), left_out: Vec::new(), open });
            }
        };
        let mut open = versions.open.clone();
        if !facts.is_complete {
            open.push("the comparison was not finished: there may be more changes".to_owned());
        }
        let mut changes = Vec::new();
        for found in &facts.differences {
            let (from, to) = (place(old, &found.from), place(new, &found.to));
            // Leads that fell off and circle now, or the reverse: they are lost as they were.
            if from == Place::nowhere() && to == from {
                continue;
            }
            if found.regions.rest != Rest::Nothing {
                open.push(format!("{} → {}: not every region is shown", in_words(&from), in_words(&to)));
            }
            for region in &merged(&facts, &found.regions.found) {
                let witness = shown(&facts, new, &region.witness);
                if !replays(&facts, [old, new], today, found, &region.witness) {
                    if !facts.engine.is_partly_opaque {
                        return Err(NotReplayed { lead: witness });
                    }
                    open.push(format!("{} → {}: whether a lead moves so", in_words(&from), in_words(&to)));
                    continue;
                }
                changes.push(Change {
                    from: from.clone(),
                    to: to.clone(),
                    region: Some(facts.engine.describe(&region.area, Some(MOST_NAMED))),
                    witness,
                    leads: None,
                    area: region.area.clone(),
                });
            }
        }
        open.dedup();
        let left_out = facts.engine.model.left_out.clone();
        Ok(Meaning { facts: Some(facts), changes, left_out, open })
    }

    /// Whether it is proved that every lead goes where it went.
    pub fn is_equal(&self) -> bool {
        self.is_equal_for_shared() && self.left_out.is_empty()
    }

    /// Whether that is proved for every lead that both versions read.
    pub fn is_equal_for_shared(&self) -> bool {
        self.changes.is_empty() && self.open.is_empty()
    }

    /// Counts a real lead, as each version reads it, with the first class it belongs to.
    pub fn count(&mut self, before: &Lead, after: &Lead) {
        let Some(facts) = &self.facts else { return };
        let model = &facts.engine.model;
        let mut cells = vec![Cell::Blank; model.fields];
        for (number, lead) in [before, after].into_iter().enumerate() {
            for (field, cell) in lead.cells.iter_with_ids() {
                // Leads that were left out are in no class.
                let Some(cell) = model.cell(number, field, cell) else { return };
                // What one version cannot read is blank to it alone.
                if cell != Cell::Blank {
                    cells[model.field(number, field)] = cell;
                }
            }
        }
        let point = facts.engine.point(&cells);
        let inside = |change: &&mut Change| {
            let mut sides = change.area.iter();
            sides.all(|(dim, set)| point[*dim as usize].is_some_and(|atom| set.contains(atom)))
        };
        if let Some(change) = self.changes.iter_mut().find(inside) {
            *change.leads.get_or_insert(0) += 1;
        }
    }

    /// Takes in how many real leads move between two places: those of no region shown are a class of
    /// their own, and a class without leads says so.
    pub fn take_in(&mut self, moves: &[Move]) {
        for change in &mut self.changes {
            change.leads.get_or_insert(0);
        }
        for moved in moves {
            let same = self.changes.iter().filter(|change| change.from == moved.from && change.to == moved.to);
            let placed: u64 = same.filter_map(|change| change.leads).sum();
            if placed < moved.leads {
                self.changes.push(Change {
                    from: moved.from.clone(),
                    to: moved.to.clone(),
                    region: None,
                    witness: moved.example.clone(),
                    leads: Some(moved.leads - placed),
                    area: Area::new(),
                });
            }
        }
    }
}

fn place(project: &Project, (rule, end): &(Option<RuleId>, End)) -> Place {
    match (rule, end) {
        (Some(rule), End::Action(_)) => Place::of(project, *rule),
        (_, End::Refused) => Place::rejects(),
        _ => Place::nowhere(),
    }
}

fn in_words(place: &Place) -> &str {
    place.rule.as_deref().unwrap_or(&place.destination)
}

fn shown(facts: &Facts<'_>, project: &Project, witness: &Witness) -> Vec<(String, String)> {
    let lead = facts.engine.model.lead(1, &witness.cells);
    lead.map(|lead| crate::diff::impact::cells(project, &lead)).unwrap_or_default()
}

/// Regions that differ in one dimension only are one, and those inside of others are none.
fn merged(facts: &Facts<'_>, regions: &[Region]) -> Vec<Region> {
    let mut merged: Vec<Region> = Vec::new();
    for region in regions {
        let mut region = region.clone();
        while let Some((at, area)) =
            merged.iter().enumerate().find_map(|(at, other)| Some((at, union(facts, &other.area, &region.area)?)))
        {
            region = Region { area, witness: merged.remove(at).witness };
        }
        merged.push(region);
    }
    merged
}

/// The area of two areas, if it is one.
fn union(facts: &Facts<'_>, a: &Area, b: &Area) -> Option<Area> {
    let dims: BTreeSet<u32> = a.iter().chain(b).map(|(dim, _)| *dim).collect();
    let of = |area: &Area, dim: u32| {
        let found = area.iter().find(|(of, _)| *of == dim);
        found.map_or_else(|| AtomSet::full(facts.engine.model.dims[dim as usize].atoms), |(_, set)| set.clone())
    };
    let sides = |dim: &u32| [of(a, *dim), of(b, *dim)];
    if dims.iter().map(sides).all(|[a, b]| a.is_subset(&b)) {
        return Some(b.clone());
    }
    if dims.iter().map(sides).all(|[a, b]| b.is_subset(&a)) {
        return Some(a.clone());
    }
    let mut different = dims.iter().filter(|dim| {
        let [a, b] = sides(dim);
        a != b
    });
    let (Some(only), None) = (different.next(), different.next()) else { return None };
    let [in_a, in_b] = sides(only);
    let both = in_a.union(&in_b);
    let mut area: Area = a.iter().filter(|(dim, _)| dim != only).cloned().collect();
    if !both.is_full() {
        area.push((*only, both));
        area.sort_by_key(|(dim, _)| *dim);
    }
    Some(area)
}

/// Whether the router takes the lead where the analysis says, in both versions.
fn replays(facts: &Facts<'_>, projects: [&Project; 2], today: Date, found: &Difference, witness: &Witness) -> bool {
    let ends = [&found.from, &found.to];
    projects.iter().zip(ends).enumerate().all(|(number, (project, (rule, end)))| {
        let Some(lead) = facts.engine.model.lead(number, &witness.cells) else { return false };
        if is_refused(project, &lead) || *end == End::Refused {
            return is_refused(project, &lead) && *end == End::Refused;
        }
        let outcome = plan::decide(&plan::compile(project, today), &LeadFacts::new(project, &lead), &mut ());
        match (outcome, end) {
            (Outcome::Decided(decided), End::Action(_)) => Some(decided) == *rule,
            (Outcome::FellOff(_), End::Nothing) | (Outcome::Circled(_), End::Circles) => true,
            _ => false,
        }
    })
}

/// Whether a version rejects the lead before any rule sees it.
pub fn is_refused(project: &Project, lead: &Lead) -> bool {
    let has_id = project.lead.key.is_none_or(|key| lead.cells[key] != Cell::Blank);
    !has_id || lead.missing(&project.lead).next().is_some()
}
