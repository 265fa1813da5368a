//! What `lint` says about random projects, held against random leads: whoever is said to be lost is
//! lost, and whoever is said to be safe arrives.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use pointsman::canonical;
use pointsman::diagnostic::{Code, Finding, Severity, Verdict};
use pointsman::graph::DecisionGraph;
use pointsman::ids::{PolicyId, RuleId};
use pointsman::lead::Lead;
use pointsman::lint::exact::{Way, in_words};
use pointsman::lint::{self, Levels};
use pointsman::plan::{self, Facts, Outcome, Plan};
use pointsman::policy::{Action, Project};
use proptest::prelude::*;

use crate::generate::{ACCOUNTS, Case, ROSTER, case};
use crate::projects::{now, project};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn findings_are_right_about_every_lead(case in case(40)) {
        check(&case);
    }
}

fn check(case: &Case) {
    let (project, _) = project(&[("main.rules", &case.main), ("roster.yaml", ROSTER), ("accounts.csv", ACCOUNTS)]);
    let levels = Levels { warn: vec![Code::HiddenOverlap], ..Levels::default() };
    let findings = lint::lint(&project, &DecisionGraph::new(&project), now(), &levels);
    let findings = findings.unwrap_or_else(|mismatch| panic!("{mismatch}\n{}", case.main));
    let day = now().to_zoned(TimeZone::UTC).date();
    let plan = plan::compile(&project, day);
    let leads: Vec<Lead> = case.leads.iter().map(|cells| lead(&project, cells)).collect();
    let checked = Checked { case, project: &project, plan: &plan, leads: &leads };
    findings.iter().for_each(|finding| checked.finding(finding));
    checked.silence(&findings);
}

fn lead(project: &Project, cells: &[(&str, String)]) -> Lead {
    Lead::read(&project.lead, &project.timezone, |field| {
        let name = &project.lead.fields[field].name;
        if name == "id" {
            return Some("7");
        }
        cells.iter().find(|(field, _)| field == name).map(|(_, cell)| cell.as_str())
    })
}

struct Checked<'a> {
    case: &'a Case,
    project: &'a Project,
    plan: &'a Plan<'a>,
    leads: &'a [Lead],
}

impl Checked<'_> {
    /// What a finding says.
    fn finding(&self, finding: &Finding) {
        if let Some(witness) = &finding.witness {
            let cells: Vec<(&str, String)> =
                witness.lead.iter().map(|(field, cell)| (field.as_str(), cell.clone())).collect();
            let lead = lead(self.project, &cells);
            assert!(lead.unread.is_empty(), "{finding:?}\n{}", self.case.main);
            let outcome = Way::of(self.plan, &lead).outcome;
            assert_eq!(in_words(self.project, outcome), witness.outcome, "{finding:?}\n{}", self.case.main);
        }
        let Some(rule) = finding.rule.as_ref().and_then(|name| self.rule_named(name)) else { return };
        match finding.code {
            _ if finding.verdict == Verdict::Open => {}
            Code::UnreachableRule | Code::ShadowedRow => self.unreachable(finding, rule),
            Code::ImpossibleCondition => {
                let found = self.leads.iter().find(|lead| self.satisfies(rule, lead));
                assert_eq!(found, None, "{finding:?}\n{}", self.case.main);
            }
            Code::RedundantRule => self.redundant(finding, rule),
            _ => {}
        }
    }

    fn unreachable(&self, finding: &Finding, rule: RuleId) {
        let policy = self.project.rules[rule].policy;
        for lead in self.leads {
            let way = Way::of(self.plan, lead);
            assert!(!way.taken.contains(&rule), "{finding:?}: {lead:?} arrives\n{}", self.case.main);
            let is_its_own = way.entered.contains(&policy) && self.satisfies(rule, lead);
            if finding.same_destination == Some(true) && is_its_own && !self.goes_on(rule) {
                assert_eq!(self.end(way.outcome), self.end(Outcome::Decided(rule)), "{finding:?}\n{}", self.case.main);
            }
        }
    }

    fn redundant(&self, finding: &Finding, rule: RuleId) {
        let without = self.plan.without(rule);
        for lead in self.leads {
            let [with, without] = [self.plan, &without].map(|plan| self.end(Way::of(plan, lead).outcome));
            assert_eq!(with, without, "{finding:?}: {lead:?}\n{}", self.case.main);
        }
    }

    /// What no finding says.
    fn silence(&self, findings: &[Finding]) {
        let of = |code: Code| findings.iter().filter(move |finding| finding.code == code);
        let gaps: BTreeSet<&str> = of(Code::MissingFallback).filter_map(|finding| finding.policy.as_deref()).collect();
        let circles = of(Code::PolicyCycle).any(|finding| finding.severity == Severity::Error);
        let open = findings.iter().any(|finding| finding.verdict == Verdict::Open);
        for lead in self.leads {
            match Way::of(self.plan, lead).outcome {
                Outcome::FellOff(policy) => {
                    let name = self.policy_name(policy);
                    assert!(gaps.contains(name), "{lead:?} falls off {name}\n{}", self.case.main);
                }
                Outcome::Circled(_) => assert!(circles || open, "{lead:?} circles\n{}", self.case.main),
                Outcome::Decided(_) => {}
            }
        }
    }

    fn rule_named(&self, name: &str) -> Option<RuleId> {
        self.project.rules.ids().find(|rule| self.project.rule_name(*rule) == name)
    }

    fn policy_name(&self, policy: PolicyId) -> &str {
        &self.project.policies[policy].name
    }

    fn satisfies(&self, rule: RuleId, lead: &Lead) -> bool {
        let facts = Facts::new(self.project, lead);
        self.project.rules[rule].when.as_ref().is_none_or(|when| plan::holds(when, &facts, &mut ()))
    }

    fn goes_on(&self, rule: RuleId) -> bool {
        matches!(self.project.rules[rule].action, Action::GoTo(_))
    }

    fn end(&self, outcome: Outcome) -> String {
        match outcome {
            // The reason of a `reject` sends a lead nowhere else.
            Outcome::Decided(rule) => match &self.project.rules[rule].action {
                Action::Reject(_) => "reject".to_owned(),
                action => canonical::action(self.project, action),
            },
            Outcome::FellOff(_) => "lost".to_owned(),
            Outcome::Circled(_) => "circles".to_owned(),
        }
    }
}
