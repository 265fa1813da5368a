//! What was written, and the data files it names → the [`Project`]: ids instead of names, cells instead
//! of words, and every error there is, in one run.
//!
//! | step | file | makes |
//! | --- | --- | --- |
//! | read | `files`, `reading`, `cut` | the text of every file, inside the folder; the trees of the policies |
//! | names | `names`, `fields` | what every name stands for; the types of fields and columns |
//! | data | `roster`, `calendars`, `people`, `tables` | people by name, and when they are away; typed rows |
//! | meaning | `values`, `conditions`, `patterns`, `chains` | values that are one however often written; comparisons with cells |
//! | rules | `lower`, `queues`, `expectations`, `alerts` | policies, rows as rules, queues, tests, alerts |
//!
//! Each step goes on after an error with what it has. What depends on something broken is passed over
//! in silence: `None` means "said already", never "something is wrong here, too".

mod alerts;
mod calendars;
mod chains;
mod conditions;
mod cut;
mod depth;
mod error;
mod expectations;
mod fields;
mod files;
mod lower;
mod names;
mod patterns;
mod people;
mod queues;
mod reading;
pub mod roster;
mod spelling;
mod tables;
mod types;
mod values;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::cell::Type;
use crate::diagnostic::{Finding, has_errors};
use crate::ids::{ConditionId, IdVec, PolicyId, RuleId, TableId};
use crate::policy::{LeadBlock, NamedCondition, Project, Rule, Spellings};
use crate::roster::{Roster, RosterSource};
use crate::source::{SourceMap, Span, Spanned};
use crate::syntax::ast::{File, Name};

use fields::{Fields, Head};
use names::Unseen;
use people::People;
use reading::{DataFiles, Reading};
use tables::{LoadedTable, Reader};
use values::{Let, Values};

pub use files::{Files, Folder, InMemory, LeavesFolder, NoProject, Noted, inside, locate};
pub use names::{Declarations, Declared, Meaning};
pub use tables::{cell_spans, repeated_keys};

/// A project that was loaded, as far as that went.
#[derive(Debug)]
pub struct Loaded {
    /// The text of every file, for the places in findings.
    pub sources: SourceMap,
    /// `None` exactly if a finding is an error.
    pub project: Option<Project>,
    /// In the order of their places: the main file, the files it uses, the data.
    pub findings: Vec<Finding>,
    /// What the policies say, as far as they could be read: the main file's tree, then those of the files
    /// it uses.
    pub trees: Vec<File>,
}

/// Loads the project whose main policy is `main`.
pub fn load(files: &dyn Files, main: &str) -> Loaded {
    let mut reading = Reading::new(files);
    let parsed = reading.policies(main);
    let data = reading.data(&parsed);
    let Reading { sources, mut findings, unseen, .. } = reading;
    let project = check(&parsed, &data, &sources, &unseen, &mut findings);
    findings.sort_by_key(|finding| (finding.span, finding.code));
    Loaded { sources, project, findings, trees: parsed }
}

fn check(
    parsed: &[File],
    data: &DataFiles,
    sources: &SourceMap,
    unseen: &Unseen,
    findings: &mut Vec<Finding>,
) -> Option<Project> {
    let all = Declarations::gather(parsed, findings);
    let start_of_main = sources.files().next().map(|(_, file)| file.span_at(0..0))?;
    let timezone = timezone(&all, findings);
    let fields = fields::of_lead(&all, findings);
    let lead = fields::lead_block(&all, &fields, unseen, findings);
    let heads = fields::of_tables(&all, findings);
    let people = people(&all, data, sources, &timezone, findings);
    let tables = load_tables(&all, &heads, data, &Reader { sources, people: &people, timezone: &timezone }, findings);
    let mut checker = Checker {
        sources,
        all: &all,
        unseen,
        timezone,
        people,
        fields,
        lead,
        heads,
        tables,
        values: Values::default(),
        lets: vec![Let::Broken; all.lets.len()],
        conditions: IdVec::new(),
        depths: Vec::new(),
        rules: IdVec::new(),
        used_lets: BTreeSet::new(),
        spellings: Spellings::default(),
        findings: std::mem::take(findings),
        said_no_roster: false,
        said_no_owner: false,
        broken_rows: false,
    };
    let project = checker.project(parsed, start_of_main);
    *findings = checker.findings;
    project.filter(|_| !has_errors(findings))
}

/// What is known of the project while its meaning is worked out.
struct Checker<'a> {
    sources: &'a SourceMap,
    all: &'a Declarations<'a>,
    unseen: &'a Unseen,
    timezone: TimeZone,
    people: People,
    fields: Fields,
    lead: Option<LeadBlock>,
    heads: IdVec<TableId, Head<'a>>,
    tables: IdVec<TableId, LoadedTable>,
    values: Values,
    /// One for each of `all.lets`.
    lets: Vec<Let>,
    /// Those of them that something is written with.
    used_lets: BTreeSet<usize>,
    spellings: Spellings,
    conditions: IdVec<ConditionId, NamedCondition>,
    /// How deep each of `conditions` is made of others.
    depths: Vec<usize>,
    rules: IdVec<RuleId, Rule>,
    findings: Vec<Finding>,
    said_no_roster: bool,
    said_no_owner: bool,
    /// Rows of a table that should be rules are none, for an error that was said.
    broken_rows: bool,
}

impl Checker<'_> {
    fn project(&mut self, parsed: &[File], start_of_main: Span) -> Option<Project> {
        self.need_roster_for_columns();
        self.lower_lets();
        let all = self.all;
        let assumptions =
            all.assumptions.iter().map(|written| Spanned::new(self.condition(written), written.span)).collect();
        let queues = self.lower_queues();
        let policies = self.lower_policies();
        let start = self.start(start_of_main);
        let tests = self.lower_tests();
        let alerts = self.lower_alerts();
        let allows = self.lower_allows(parsed);
        self.need_lead(start_of_main);
        let mut spellings = std::mem::take(&mut self.spellings);
        let mut tables = IdVec::new();
        for loaded in std::mem::take(&mut self.tables) {
            spellings.add(loaded.spellings);
            tables.push(loaded.table);
        }
        Some(Project {
            timezone: self.timezone.clone(),
            roster: std::mem::take(&mut self.people.roster),
            lead: self.lead.take()?,
            lets: self.named_values(),
            tables,
            derived: self.values.derived(),
            values: std::mem::take(&mut self.values.all),
            conditions: std::mem::take(&mut self.conditions),
            assumptions,
            queues,
            policies,
            rules: std::mem::take(&mut self.rules),
            start: start?,
            tests,
            alerts,
            allows,
            spellings,
        })
    }

    fn start(&mut self, start_of_main: Span) -> Option<Spanned<PolicyId>> {
        if let Some(name) = self.all.starts.first() {
            return self.policy_named(name).map(|policy| Spanned::new(policy, name.span));
        }
        if self.unseen.is_empty() {
            let first = self.all.policies.iter().next().map(|policy| &policy.name);
            let place = first.map_or(start_of_main, |name| name.span);
            self.findings.push(error::missing_start(place, first));
        }
        None
    }

    fn need_lead(&mut self, start_of_main: Span) {
        if self.lead.is_none() && self.unseen.is_empty() {
            self.findings.push(error::missing_lead(start_of_main));
        }
    }

    /// Columns of reps and teams name people of the roster.
    fn need_roster_for_columns(&mut self) {
        if self.people.declared {
            return;
        }
        let columns = self.heads.iter().flat_map(|head| head.columns.iter());
        let of_people = |ty: &Option<Type>| match ty {
            Some(Type::Rep) => Some("rep"),
            Some(Type::Team) => Some("team"),
            _ => None,
        };
        let first = columns.filter_map(|column| Some((of_people(&column.ty)?, column.at))).next();
        if let Some((kind, at)) = first {
            self.no_roster::<()>(kind, at);
        }
    }

    /// Says what is wrong; there is nothing to return.
    fn refuse<T>(&mut self, finding: Finding) -> Option<T> {
        self.findings.push(finding);
        None
    }

    /// The name is known, and stands for something else than the place wants.
    fn other_kind<T>(&mut self, name: &Name, wanted: &str, meaning: Meaning) -> Option<T> {
        let finding = error::other_kind(name, wanted, self.all.kind(meaning), self.all.declaration(meaning));
        self.refuse(finding)
    }
}

fn timezone(all: &Declarations, findings: &mut Vec<Finding>) -> TimeZone {
    let written = all.timezones.first().and_then(|zone| values::time_zone(zone, findings));
    written.unwrap_or(TimeZone::UTC)
}

fn people(
    all: &Declarations,
    data: &DataFiles,
    sources: &SourceMap,
    timezone: &TimeZone,
    findings: &mut Vec<Finding>,
) -> People {
    let mut unseen = Unseen::default();
    let declared = all.rosters.first();
    let roster = match declared.map(|path| (path.span, data.get(&path.span))) {
        None => Roster::default(),
        Some((_, None)) => {
            unseen.note_missing_file();
            Roster::default()
        }
        Some((named, Some(&file))) => {
            let (mut roster, found) = roster::read(file, sources, timezone);
            roster.source = Some(RosterSource { named, file: sources.file(file).span() });
            if has_errors(&found) {
                unseen.note_words(&sources.file(file).text);
            }
            findings.extend(found);
            calendars::attach(&mut roster, data, sources, findings);
            roster
        }
    };
    People::new(roster, declared.is_some(), unseen, all)
}

fn load_tables(
    all: &Declarations,
    heads: &IdVec<TableId, Head>,
    data: &DataFiles,
    reader: &Reader,
    findings: &mut Vec<Finding>,
) -> IdVec<TableId, LoadedTable> {
    let load = |(declared, head): (&names::Declared<_>, &Head)| {
        let file = data.get(&head.table.file.span).copied();
        reader.load(head, file, tables::may_repeat_keys(declared.item), findings)
    };
    all.tables.iter().zip(heads).map(load).collect()
}
