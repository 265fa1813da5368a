//! A lead for every rule that leads reach.

use jiff::civil::Date;

use crate::analysis::atoms::Tables;
use crate::analysis::reach::Reach;
use crate::analysis::witness::Engine;
use crate::ids::IdVec;
use crate::ids::RuleId;
use crate::lead::Lead;
use crate::policy::Project;

/// Whether leads come to a rule.
#[derive(Clone, PartialEq, Debug)]
pub enum Arrival {
    /// This one does; the router says the same, or something is wrong.
    Lead(Lead),
    /// None does on the day.
    Nobody,
    /// Not decided within the budget.
    Open,
}

/// One lead for each rule, as the tables stand and with the rules that are in force on the day.
pub fn arrivals(project: &Project, today: Date) -> IdVec<RuleId, Arrival> {
    let engine = Engine::new(&[project], Tables::Today, Some(today));
    let engine = engine.unwrap_or_else(|_| unreachable!("a project has the same fields as itself"));
    let ways = engine.ways(0);
    let arrival = |rule| match engine.reach(0, &ways, rule) {
        Reach::Reached(witness) => engine.model.lead(0, &witness.cells).map_or(Arrival::Nobody, Arrival::Lead),
        Reach::Open => Arrival::Open,
        Reach::Impossible | Reach::NotEntered | Reach::Unreachable(_) | Reach::OutOfForce => Arrival::Nobody,
    };
    project.rules.ids().map(arrival).collect()
}
