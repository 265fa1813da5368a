//! What is proved about a project, day by day, and the replay of every lead that is to show it.
//!
//! Rules may have dates, so what is true of a rule today need not be true next month: a rule that a
//! Christmas campaign hides is not dead. Between two days on which a rule begins or has ended nothing
//! changes, so a project without dates has one [`Day`], and one with dates has a few; each is compiled
//! when somebody asks about it.

use std::fmt;
use std::sync::OnceLock;

use jiff::civil::Date;

use crate::analysis::alike::is_required;
use crate::analysis::atoms::Tables;
use crate::analysis::parallel;
use crate::analysis::reach::{Cover, Reach};
use crate::analysis::ways::Ways;
use crate::analysis::witness::{self, Engine};
use crate::cell::Cell;
use crate::diagnostic::{Code, Scope, Witness};
use crate::ids::{IdVec, PolicyId, RuleId, ValueId};
use crate::lead::Lead;
use crate::plan::{self, Facts, Outcome, Plan};
use crate::policy::{Condition, Origin, Predicate, Project, ValueKind};
use crate::trace::{Observer, Verdict};

/// Everything proved about a project, worked out when it is asked for.
pub struct Exact<'a> {
    project: &'a Project,
    /// Today, and each later day on which other rules are in force than on the day before.
    days: Vec<(Date, OnceLock<Day<'a>>)>,
    /// There are more such days.
    more_days: bool,
    standings: OnceLock<IdVec<RuleId, Standing>>,
    asks_tables: bool,
}

/// Such days that are looked at.
const MOST_DAYS: usize = 12;

/// A project on a day.
pub struct Day<'a> {
    pub date: Date,
    pub proofs: Proofs<'a>,
    plan: Plan<'a>,
    /// With tables of which only the columns are known.
    any_tables: OnceLock<Proofs<'a>>,
}

pub struct Proofs<'a> {
    pub engine: Engine<'a>,
    pub ways: Ways,
}

/// What becomes of a rule from today on.
#[derive(Clone, Debug)]
pub enum Standing {
    /// On this day the lead arrives.
    Reached(Date, witness::Witness),
    /// No lead satisfies the condition.
    Impossible(Date),
    /// No lead enters the rule's policy.
    NotEntered,
    /// Other rules take all its leads, whenever it is in force; on this day these.
    Unreachable(Date, Cover),
    /// Its last day is over.
    Over,
    Open,
}

impl<'a> Exact<'a> {
    pub fn new(project: &'a Project, today: Date) -> Exact<'a> {
        let mut changes: Vec<Date> = project.rules.iter().flat_map(changes_of).filter(|day| *day > today).collect();
        changes.push(today);
        changes.sort_unstable();
        changes.dedup();
        let more_days = changes.len() > MOST_DAYS;
        changes.truncate(MOST_DAYS);
        let days = changes.into_iter().map(|date| (date, OnceLock::new())).collect();
        let asks_tables = project.values.iter().any(|value| matches!(value.kind, ValueKind::Lookup(..)))
            || project.rules.iter().filter_map(|rule| rule.when.as_ref()).any(|when| asks_tables(project, when));
        Exact { project, days, more_days, standings: OnceLock::new(), asks_tables }
    }

    pub fn today(&self) -> &Day<'a> {
        self.nth(0)
    }

    /// The days from today on that differ from one another.
    pub fn days(&self) -> impl Iterator<Item = &Day<'a>> {
        (0..self.days.len()).map(|index| self.nth(index))
    }

    /// The dates of these days.
    pub fn dates(&self) -> Vec<Date> {
        self.days.iter().map(|(date, _)| *date).collect()
    }

    /// Whether there are days, further ahead, that are not looked at.
    pub fn has_more_days(&self) -> bool {
        self.more_days
    }

    /// The day that a date is like; `None` if it is too far ahead.
    pub fn on(&self, date: Date) -> Option<&Day<'a>> {
        let after = self.days.partition_point(|(change, _)| *change <= date);
        let is_beyond = self.more_days && after == self.days.len() && self.days[after - 1].0 != date;
        (!is_beyond).then(|| self.nth(after.saturating_sub(1)))
    }

    fn nth(&self, index: usize) -> &Day<'a> {
        let (date, day) = &self.days[index];
        day.get_or_init(|| Day::new(self.project, *date))
    }

    /// What becomes of each rule.
    pub fn standings(&self) -> &IdVec<RuleId, Standing> {
        self.standings.get_or_init(|| {
            let rules: Vec<RuleId> = self.project.rules.ids().collect();
            IdVec::from(parallel::map(&rules, |rule| self.standing(*rule)))
        })
    }

    fn standing(&self, rule: RuleId) -> Standing {
        let mut standing = Standing::Over;
        let mut next = self.first_day(rule);
        while let Some(date) = next {
            let Some(day) = self.on(date) else { return Standing::Open };
            let settled_until = match day.proofs.engine.reach(0, &day.proofs.ways, rule) {
                Reach::Reached(lead) => return Standing::Reached(day.date, lead),
                Reach::Impossible => return Standing::Impossible(day.date),
                Reach::Open => return Standing::Open,
                Reach::OutOfForce => None,
                Reach::NotEntered => {
                    if matches!(standing, Standing::Over) {
                        standing = Standing::NotEntered;
                    }
                    None
                }
                Reach::Unreachable(cover) => {
                    let settled_until = self.holds_until(&cover);
                    if !matches!(standing, Standing::Unreachable(..)) {
                        standing = Standing::Unreachable(day.date, cover);
                    }
                    settled_until
                }
            };
            next = self.next_day(rule, date, settled_until);
        }
        standing
    }

    /// The last day on which the members of a cover are all in force; `None` if that does not settle
    /// the days until then, as leads may come in another way.
    fn holds_until(&self, cover: &Cover) -> Option<Date> {
        let ends = cover.members.iter().filter_map(|member| self.project.rules[member.rule].dates.until);
        let last = ends.map(|until| until.node).min().unwrap_or(Date::MAX);
        cover.entered_by.is_empty().then_some(last)
    }

    /// From today on the first day on which the rule is in force.
    fn first_day(&self, rule: RuleId) -> Option<Date> {
        let dates = &self.project.rules[rule].dates;
        let today = self.days[0].0;
        let first = dates.from.map_or(today, |from| from.node.max(today));
        dates.until.is_none_or(|until| first <= until.node).then_some(first)
    }

    /// The next day on which something may be different for a rule that is in force.
    fn next_day(&self, rule: RuleId, date: Date, settled_until: Option<Date>) -> Option<Date> {
        let settled = settled_until.unwrap_or(date);
        let last = self.project.rules[rule].dates.until.map_or(Date::MAX, |until| until.node);
        let change = self.days.iter().map(|(change, _)| *change).find(|change| *change > date && *change > settled);
        let unknown = (self.more_days && settled < Date::MAX).then_some(Date::MAX);
        change.or(unknown).filter(|change| *change <= last)
    }

    /// The days on which a rule is in force and leads arrive, with one that does; `None` if not all
    /// days can be looked at.
    pub fn reached_days(&self, rule: RuleId) -> Option<Vec<(&Day<'a>, witness::Witness)>> {
        let Standing::Reached(first, lead) = &self.standings()[rule] else { return Some(Vec::new()) };
        let mut days = vec![(self.on(*first)?, lead.clone())];
        let mut next = self.next_day(rule, *first, None);
        while let Some(date) = next {
            let day = self.on(date)?;
            if let Reach::Reached(lead) = day.proofs.engine.reach(0, &day.proofs.ways, rule) {
                days.push((day, lead));
            }
            next = self.next_day(rule, date, None);
        }
        Some(days)
    }

    /// Whether anything depends on what a table's rows are, but for rules that are rows.
    pub fn asks_tables(&self) -> bool {
        self.asks_tables
    }
}

/// The days from which on other rules are in force for the rule's dates.
fn changes_of(rule: &crate::policy::Rule) -> impl Iterator<Item = Date> {
    let after = rule.dates.until.and_then(|until| until.node.tomorrow().ok());
    rule.dates.from.map(|from| from.node).into_iter().chain(after)
}

impl<'a> Day<'a> {
    fn new(project: &'a Project, date: Date) -> Day<'a> {
        let proofs = Proofs::new(project, Tables::Today, date);
        Day { date, proofs, plan: plan::compile(project, date), any_tables: OnceLock::new() }
    }

    /// What holds whatever the tables contain.
    pub fn any_tables(&self) -> &Proofs<'a> {
        self.any_tables.get_or_init(|| Proofs::new(self.plan.project, Tables::Any, self.date))
    }

    pub fn plan(&self) -> &Plan<'a> {
        &self.plan
    }

    /// The smallest lead like a witness of which the router says what the analysis says: fields it
    /// does not need are blank. See [`Day::replay_as_found`].
    pub fn replay(
        &self,
        code: Code,
        claim: &str,
        witness: &witness::Witness,
        shows: &dyn Fn(&Lead, &Way) -> bool,
    ) -> Result<Option<Lead>, Mismatch> {
        let is_shown = |lead: &Lead| self.is_possible(lead) && shows(lead, &Way::of(&self.plan, lead));
        let lead = self.replay_as_found(code, claim, witness, shows)?;
        Ok(lead.map(|lead| self.smallest(lead, &is_shown)))
    }

    /// The lead of a witness, of which the router says what the analysis says. `None` where the analysis itself is not sure, or no file could hold
    /// the lead; a lead that the router treats otherwise is an error of ours.
    pub fn replay_as_found(
        &self,
        code: Code,
        claim: &str,
        witness: &witness::Witness,
        shows: &dyn Fn(&Lead, &Way) -> bool,
    ) -> Result<Option<Lead>, Mismatch> {
        let engine = &self.proofs.engine;
        let Some(lead) = engine.model.lead(0, &witness.cells) else { return Ok(None) };
        let way = Way::of(&self.plan, &lead);
        if self.is_possible(&lead) && shows(&lead, &way) {
            return Ok(Some(lead));
        }
        if engine.is_partly_opaque {
            return Ok(None);
        }
        let happened = in_words(self.plan.project, way.outcome);
        Err(Mismatch { code, claim: claim.to_owned(), lead: in_short(self.plan.project, &lead), happened })
    }

    /// Whether the lead has what is required, and is as the assumptions say.
    pub fn is_possible(&self, lead: &Lead) -> bool {
        let project = self.plan.project;
        let facts = Facts::new(project, lead);
        lead.missing(&project.lead).next().is_none()
            && project.assumptions.iter().all(|assumed| plan::holds(&assumed.node, &facts, &mut ()))
    }

    fn smallest(&self, mut lead: Lead, is_shown: &dyn Fn(&Lead) -> bool) -> Lead {
        let block = &self.plan.project.lead;
        let spared = block.fields.iter_with_ids().filter(|(id, _)| !is_required(block, *id));
        for (field, _) in spared {
            let cell = std::mem::replace(&mut lead.cells[field], Cell::Blank);
            if cell != Cell::Blank && !is_shown(&lead) {
                lead.cells[field] = cell;
            }
        }
        lead
    }

    /// The lead with other blank fields filled, as far as it still shows what it is to show.
    pub fn fullest(&self, mut lead: Lead, shows: &dyn Fn(&Lead, &Way) -> bool) -> Lead {
        let is_shown = |lead: &Lead| self.is_possible(lead) && shows(lead, &Way::of(&self.plan, lead));
        for field in self.plan.project.lead.fields.ids() {
            if lead.cells[field] != Cell::Blank {
                continue;
            }
            for cell in self.proofs.engine.model.samples(0, field) {
                lead.cells[field] = cell;
                if is_shown(&lead) {
                    break;
                }
                lead.cells[field] = Cell::Blank;
            }
        }
        lead
    }

    /// A lead as a finding shows it, with what the router does with it.
    pub fn show(&self, lead: &Lead) -> Witness {
        let project = self.plan.project;
        let outcome = in_words(project, Way::of(&self.plan, lead).outcome);
        let fields = project.lead.fields.iter_with_ids();
        let cell = |id| project.show_spelt(&project.lead.fields[id].ty, &lead.cells[id]);
        Witness { lead: fields.map(|(id, field)| (field.name.clone(), cell(id))).collect(), outcome }
    }
}

impl<'a> Proofs<'a> {
    pub fn new(project: &'a Project, tables: Tables, day: Date) -> Proofs<'a> {
        let engine = Engine::new(&[project], tables, Some(day)).expect("a project has its own fields");
        let ways = engine.ways(0);
        Proofs { engine, ways }
    }
}

/// How the router takes a lead.
pub struct Way {
    pub outcome: Outcome,
    /// The rules that held, one of each policy entered.
    pub taken: Vec<RuleId>,
    pub entered: Vec<PolicyId>,
}

impl Way {
    pub fn of(plan: &Plan<'_>, lead: &Lead) -> Way {
        let mut steps = Steps::default();
        let outcome = plan::decide(plan, &Facts::new(plan.project, lead), &mut steps);
        Way { outcome, taken: steps.taken, entered: steps.entered }
    }
}

#[derive(Default)]
struct Steps {
    taken: Vec<RuleId>,
    entered: Vec<PolicyId>,
}

impl Observer for Steps {
    const COMPLETE: bool = false;

    fn enter(&mut self, policy: PolicyId) {
        self.entered.push(policy);
    }
    fn compared(&mut self, _: bool) {}
    fn open(&mut self) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        if verdict == Verdict::Held {
            self.taken.push(rule);
        }
    }
}

/// The router does with a lead something else than the analysis says: an error of this program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    pub code: Code,
    claim: String,
    lead: String,
    happened: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { code, claim, lead, happened } = self;
        write!(
            f,
            "internal error in `{code}`: the analysis says that {claim} for the lead `{lead}`; routed, {happened}"
        )
    }
}

impl std::error::Error for Mismatch {}

/// What the router does with a lead.
pub fn in_words(project: &Project, outcome: Outcome) -> String {
    match outcome {
        Outcome::Decided(rule) => {
            let action = project.action_name(&project.rules[rule].action);
            format!("`{}` decides: {action}", project.rule_name(rule))
        }
        Outcome::FellOff(policy) => format!("it falls off the end of policy `{}`", project.policies[policy].name),
        Outcome::Circled(rule) => {
            format!("it circles: `{}` sends it to a policy in which it has already been", project.rule_name(rule))
        }
    }
}

/// `country = DE, employees = 600`, without the field that only tells leads apart.
pub fn in_short(project: &Project, lead: &Lead) -> String {
    let fields = project.lead.fields.iter_with_ids();
    let shown: Vec<String> = fields
        .filter(|(id, _)| lead.cells[*id] != Cell::Blank && project.lead.key != Some(*id))
        .map(|(id, field)| format!("{} = {}", field.name, project.show_spelt(&field.ty, &lead.cells[id])))
        .collect();
    if shown.is_empty() { "every field blank".to_owned() } else { shown.join(", ") }
}

/// Whether a condition looks into a table.
pub fn asks_tables(project: &Project, condition: &Condition) -> bool {
    let named = |id| asks_tables(project, &project.conditions[id].condition);
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(|part| asks_tables(project, part)),
        Condition::Not(inner, _) => asks_tables(project, inner),
        Condition::Named(id, _) => named(*id),
        Condition::Comparison(comparison) => {
            matches!(comparison.predicate, Predicate::InTable(_)) || is_looked_up(project, comparison.value)
        }
    }
}

fn is_looked_up(project: &Project, value: ValueId) -> bool {
    match &project.values[value].kind {
        ValueKind::Field(_) => false,
        ValueKind::Lookup(..) | ValueKind::Column(..) => true,
        ValueKind::DomainOf(of) | ValueKind::HourOf(of, _) | ValueKind::WeekdayOf(of, _) => is_looked_up(project, *of),
        ValueKind::FirstKnown(values) => values.iter().any(|value| is_looked_up(project, *value)),
    }
}

/// Whether a rule is a table's row, or its condition looks into one.
pub fn depends_on_tables(project: &Project, rule: RuleId) -> bool {
    let rule = &project.rules[rule];
    matches!(rule.origin, Origin::Row(..)) || rule.when.as_ref().is_some_and(|when| asks_tables(project, when))
}

/// Whether what is proved with these rules may depend on what the tables hold today.
pub fn scope_with(project: &Project, rules: impl IntoIterator<Item = RuleId>) -> Scope {
    let asks = project.assumptions.iter().any(|assumed| asks_tables(project, &assumed.node));
    let depends = asks || rules.into_iter().any(|rule| depends_on_tables(project, rule));
    if depends { Scope::WithCurrentTables } else { Scope::Always }
}
