//! The leads whose ways a page holds: one for each rule, those that show findings, those of a file.

use jiff::Timestamp;

use super::trails::{From, MOST_LEADS, Trails};
use crate::analysis::arrivals::{Arrival, arrivals};
use crate::assign::Presence;
use crate::diagnostic::Finding;
use crate::explain;
use crate::ids::{Id, IdVec, RuleId};
use crate::lead::Lead;
use crate::policy::Project;
use crate::route::{Router, Watched};
use crate::trace::Verdict;

/// Ways as they were gone.
pub struct Gathered<'p> {
    project: &'p Project,
    pub(super) trails: Trails,
    pub(super) arrivals: IdVec<RuleId, Arrival>,
    /// For each rule a lead that comes to it, by its number among the trails.
    pub(super) examples: IdVec<RuleId, Option<usize>>,
    /// Leads of the file that are kept.
    pub(super) of_file: u64,
}

impl<'p> Gathered<'p> {
    /// Asks the analysis for a lead for every rule, and routes it, as well as those of the findings. Who is
    /// absent `now` does not matter to where they go.
    pub fn new(project: &'p Project, findings: &[Finding], now: Timestamp) -> Gathered<'p> {
        let today = now.to_zoned(project.timezone.clone()).date();
        let mut router = Router::new(project, now, Presence::Everyone);
        let mut gathered = Gathered {
            project,
            trails: Trails::new(project),
            arrivals: arrivals(project, today),
            examples: IdVec::from(vec![None; project.rules.len()]),
            of_file: 0,
        };
        for rule in project.rules.ids() {
            gathered.example(&mut router, rule);
        }
        for (number, finding) in findings.iter().enumerate() {
            if let Some(witness) = &finding.witness {
                let cell = |name: &str| witness.lead.iter().find(|(field, _)| field == name);
                let raw = |field| cell(&project.lead.fields[field].name).map(|(_, text)| text.as_str());
                let lead = Lead::read(&project.lead, &project.timezone, raw);
                gathered.trails.add(project, From::Finding(number), &explain::explain(&mut router, &lead));
            }
        }
        gathered
    }

    /// Keeps the way of a lead that somebody gave by hand.
    pub fn by_hand(&mut self, lead: &Lead, now: Timestamp) {
        let mut router = Router::new(self.project, now, Presence::Everyone);
        self.trails.add(self.project, From::Hand, &explain::explain(&mut router, lead));
    }

    /// Whether there is room for the way of a further lead of the file.
    pub fn has_room(&self) -> bool {
        self.of_file < MOST_LEADS as u64 && self.trails.has_room(&From::File(String::new()))
    }

    /// Keeps the way of a lead of a file, known by its id or else by its line.
    pub fn of_file(&mut self, line: u64, watched: &Watched) {
        let name = match self.project.lead.key {
            Some(key) => watched.lead.text(self.project, key),
            None => format!("line {line}"),
        };
        self.of_file += 1;
        self.trails.add(self.project, From::File(name), &explain::watched(self.project, watched));
    }

    /// Routes the rule's lead, and keeps it if it comes there.
    fn example(&mut self, router: &mut Router<'p>, rule: RuleId) {
        let from = From::Rule(rule.index());
        let Arrival::Lead(lead) = &self.arrivals[rule] else { return };
        if !self.trails.has_room(&from) {
            return;
        }
        let explanation = explain::explain(router, lead);
        let name = self.project.rule_name(rule);
        let tried = || explanation.steps.iter().flat_map(|step| &step.rules);
        if tried().any(|tried| tried.verdict == Verdict::Held && tried.rule == name) {
            self.examples[rule] = Some(self.trails.count());
            self.trails.add(self.project, from, &explanation);
        }
    }
}
