//! How many leads of a sample get to each rule, and how many it takes.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ids::{FieldId, Id, IdVec, PolicyId, RuleId};
use crate::io::{self, Cells, Columns, Format, Input, Row};
use crate::lead::Lead;
use crate::plan::{self, Facts, Plan};
use crate::policy::Project;
use crate::route::Admission;
use crate::trace::{Observer, Verdict};

/// Rows of a sample that are looked at.
const MOST_ROWS: usize = 20_000;

/// What became of the leads of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// The file, as the project names it.
    pub file: String,
    /// Leads that were routed.
    pub leads: usize,
    /// There are more rows than were looked at.
    pub more: bool,
    /// By `policy.rule`.
    rules: BTreeMap<String, Count>,
    /// Leads that entered, by policy.
    policies: BTreeMap<String, usize>,
}

/// Of one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Leads that the rules before it left.
    pub reached: usize,
    /// Those of them for which it holds.
    pub taken: usize,
}

impl Counts {
    pub fn of_rule(&self, policy: &str, rule: &str) -> Count {
        self.rules.get(&format!("{policy}.{rule}")).copied().unwrap_or_default()
    }

    pub fn of_policy(&self, policy: &str) -> usize {
        self.policies.get(policy).copied().unwrap_or_default()
    }
}

/// A file of leads.
#[derive(Clone, Debug)]
pub struct Sample {
    /// As the project names it.
    pub name: String,
    pub leads: Leads,
}

/// Where the leads are.
#[derive(Clone, Debug)]
pub enum Leads {
    /// In the editor.
    Open(Arc<str>),
    OnDisk(PathBuf),
}

impl Sample {
    fn input(&self) -> Result<Input, io::Error> {
        match &self.leads {
            Leads::OnDisk(path) => Input::open(path, None),
            Leads::Open(text) => {
                let format = Format::of_path(Path::new(&self.name));
                Input::of_stream(Box::new(Cursor::new(text.as_bytes().to_vec())), &self.name, format)
            }
        }
    }
}

/// Takes the leads of a sample through the policies; `None` if it holds no leads of the project.
pub fn count(project: &Project, plan: &Plan, sample: &Sample) -> Option<Counts> {
    let mut leads = io::Leads::open(sample.input().ok()?).ok()?;
    let fields = project.lead.fields.iter().map(|field| (field.name.as_str(), field.from.as_deref()));
    let mut columns = Columns::bind(fields, leads.header()).ok()?;
    let mut admission = Admission::new(false);
    let mut steps = Steps::new(project);
    let (mut routed, mut rows) = (0, 0);
    for row in leads.by_ref().take(MOST_ROWS) {
        rows += 1;
        let Row::Lead(record) = row.ok()? else { continue };
        let Ok(cells) = columns.cells(&record) else { continue };
        let lead = Lead::read(&project.lead, &project.timezone, |field: FieldId| cells.get(field.index()));
        if is_admitted(&mut admission, project, &cells, &lead) {
            routed += 1;
            plan::decide(plan, &Facts::new(project, &lead), &mut steps);
        }
    }
    Some(steps.counts(project, &sample.name, routed, rows == MOST_ROWS && leads.next().is_some()))
}

fn is_admitted(admission: &mut Admission, project: &Project, cells: &Cells, lead: &Lead) -> bool {
    admission.admit(project, cells, lead, 0).is_ok()
}

/// Counts the steps of every lead: what a rule is left with follows from what those before it took.
struct Steps {
    taken: IdVec<RuleId, usize>,
    entered: IdVec<PolicyId, usize>,
}

impl Steps {
    fn new(project: &Project) -> Steps {
        Steps {
            taken: project.rules.iter().map(|_| 0).collect(),
            entered: project.policies.iter().map(|_| 0).collect(),
        }
    }

    fn counts(self, project: &Project, file: &str, leads: usize, more: bool) -> Counts {
        let mut counts = Counts { file: file.to_owned(), leads, more, ..Counts::default() };
        for (id, policy) in project.policies.iter_with_ids() {
            let mut left = self.entered[id];
            counts.policies.insert(policy.name.clone(), left);
            for &rule in &policy.rules {
                let count = Count { reached: left, taken: self.taken[rule] };
                counts.rules.insert(project.rule_name(rule), count);
                left -= count.taken;
            }
        }
        counts
    }
}

impl Observer for Steps {
    const COMPLETE: bool = false;

    fn enter(&mut self, policy: PolicyId) {
        self.entered[policy] += 1;
    }
    fn compared(&mut self, _: bool) {}
    fn open(&mut self) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        self.taken[rule] += usize::from(verdict == Verdict::Held);
    }
}
