//! Destinations: who is to get a lead, in which order, and by which method.

use crate::cell::{Cell, Type};
use crate::ids::{ColumnId, FieldId, Id, QueueId, RepId, TableId, TeamId, ValueId};
use crate::policy::{Chain, Destination, DestinationKind, Method, TeamChoice};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Name, ValueKind};

use super::names::Meaning;
use super::patterns::Filling;
use super::spelling::spelled;
use super::{Checker, error};

/// A chain that has been checked, with the cells of a row still open.
#[derive(Debug)]
pub(super) struct ChainPattern {
    links: Vec<(Link, Span)>,
    span: Span,
}

#[derive(Debug)]
enum Link {
    Fixed(DestinationKind),
    /// `row.team by round robin`, `manager of row.owner`.
    Row {
        column: ColumnId,
        skills: Vec<String>,
        method: Option<Method>,
        /// How many times `manager of` stands before it.
        managers: usize,
    },
}

/// Where a chain stands, and so what its destinations can name.
#[derive(Clone, Copy, Default)]
pub(super) struct Setting {
    /// The table that an `each row of` goes through.
    pub row: Option<TableId>,
    /// Whether a lead has an owner already, so that `owner` is somebody.
    pub escalates: bool,
}

/// `with skill …` and `by …` behind a destination.
struct Manner<'a> {
    skills: &'a [Spanned<String>],
    method: Option<&'a Spanned<ast::Method>>,
    /// Of the destination.
    span: Span,
}

impl Checker<'_> {
    /// The chain that is written, outside of any `each row of`; `None` after saying what is wrong.
    pub(super) fn chain(&mut self, written: &ast::Chain) -> Option<Chain> {
        self.chain_pattern(written, Setting::default()).map(|pattern| self.fill_chain(&pattern, None))
    }

    /// Checks a chain.
    pub(super) fn chain_pattern(&mut self, written: &ast::Chain, setting: Setting) -> Option<ChainPattern> {
        let links: Vec<Option<(Link, Span)>> =
            written.links.iter().map(|link| Some((self.link(link, setting)?, link.span))).collect();
        Some(ChainPattern { links: links.into_iter().collect::<Option<_>>()?, span: written.span })
    }

    /// The chain with a row's cells in place.
    pub(super) fn fill_chain(&self, pattern: &ChainPattern, row: Option<Filling>) -> Chain {
        let fill = |(link, span): &(Link, Span)| {
            let kind = match link {
                Link::Fixed(kind) => kind.clone(),
                Link::Row { .. } => {
                    self.fill_link(link, row.expect("cells stand only in rules that are filled by rows"))
                }
            };
            Destination { kind, span: *span }
        };
        Chain { links: pattern.links.iter().map(fill).collect(), span: pattern.span }
    }

    fn fill_link(&self, link: &Link, filling: Filling) -> DestinationKind {
        let Link::Row { column, skills, method, managers } = link else { unreachable!("fixed links need no row") };
        let cell = &self.tables[filling.table].table.rows[filling.row].cells[column.index()];
        let kind = match cell {
            Cell::Rep(rep) => DestinationKind::Rep(*rep),
            Cell::Queue(queue) => DestinationKind::Queue(*queue),
            Cell::Team(team) => {
                DestinationKind::Team(TeamChoice { team: *team, skills: skills.clone(), method: *method })
            }
            Cell::Stranger(name) => return DestinationKind::Nobody { written: name.to_string() },
            _ => return DestinationKind::Nobody { written: "blank".to_owned() },
        };
        (0..*managers).fold(kind, |inner, _| DestinationKind::ManagerOf(Box::new(inner)))
    }

    fn link(&mut self, written: &ast::Destination, setting: Setting) -> Option<Link> {
        match &written.kind {
            ast::DestinationKind::Rep(name) => self.rep(name).map(|rep| Link::Fixed(DestinationKind::Rep(rep))),
            ast::DestinationKind::Queue(name) => {
                self.queue(name).map(|queue| Link::Fixed(DestinationKind::Queue(queue)))
            }
            ast::DestinationKind::Team { name, skills, method } => {
                let team = self.team(name);
                let method = self.method_of_team(&Manner { skills, method: method.as_ref(), span: written.span });
                let choice = TeamChoice { team: team?, skills: words(skills), method: Some(method?) };
                Some(Link::Fixed(DestinationKind::Team(choice)))
            }
            ast::DestinationKind::Value { value, skills, method } => {
                let manner = Manner { skills, method: method.as_ref(), span: written.span };
                self.value_link(value, &manner, setting)
            }
            ast::DestinationKind::ManagerOf(inner) => self.manager_link(inner, setting),
        }
    }

    /// `manager of …`: the inner destination is a rep, a value of type rep, or a manager too.
    fn manager_link(&mut self, written: &ast::Destination, setting: Setting) -> Option<Link> {
        let inner = match &written.kind {
            ast::DestinationKind::Rep(_) | ast::DestinationKind::ManagerOf(_) => self.link(written, setting)?,
            ast::DestinationKind::Value { value, .. } if setting.escalates && is_owner(value) => {
                Link::Fixed(DestinationKind::Holder)
            }
            ast::DestinationKind::Value { value, .. } => self.rep_link(value, setting)?,
            ast::DestinationKind::Team { name, .. } => {
                return self.refuse(error::manager_of_other(&format!("team {}", name.node), written.span));
            }
            ast::DestinationKind::Queue(name) => {
                return self.refuse(error::manager_of_other(&format!("queue {}", name.node), written.span));
            }
        };
        Some(match inner {
            Link::Row { column, managers, .. } => {
                Link::Row { column, skills: Vec::new(), method: None, managers: managers + 1 }
            }
            Link::Fixed(kind) => Link::Fixed(DestinationKind::ManagerOf(Box::new(kind))),
        })
    }

    /// A value that must be a rep, whose manager is meant.
    fn rep_link(&mut self, value: &ast::Value, setting: Setting) -> Option<Link> {
        let (link, ty) = self.destination_of_value(value, setting)?;
        if ty == Type::Rep {
            return Some(link);
        }
        self.refuse(error::manager_of_value(&spelled(value), &ty, value.span))
    }

    /// A rep, team or queue that a table names.
    fn value_link(&mut self, value: &ast::Value, manner: &Manner, setting: Setting) -> Option<Link> {
        let (mut link, ty) = self.destination_of_value(value, setting)?;
        let declared = match &link {
            Link::Fixed(DestinationKind::Value(choice)) => self.declared_at(choice.team),
            Link::Row { column, .. } => setting.row.map(|table| self.heads[table].columns[*column].at),
            Link::Fixed(_) => None,
        };
        let found = self.method_for(&ty, value, declared, manner)?;
        match &mut link {
            Link::Fixed(DestinationKind::Value(TeamChoice { skills, method, .. }))
            | Link::Row { skills, method, .. } => {
                *skills = words(manner.skills);
                *method = found;
            }
            Link::Fixed(_) => {}
        }
        Some(link)
    }

    /// Where a value or a row's cell leads, and its type; who takes turns is not yet said.
    fn destination_of_value(&mut self, value: &ast::Value, setting: Setting) -> Option<(Link, Type)> {
        if let (Some(table), ValueKind::Path { root, key: None, column: Some(column) }) = (setting.row, &value.kind)
            && root.node == "row"
        {
            let column = self.table_column(table, column)?;
            let ty = self.heads[table].columns[column].ty.clone()?;
            return Some((Link::Row { column, skills: Vec::new(), method: None, managers: 0 }, ty));
        }
        let team = self.destination_value(value, setting)?;
        let choice = TeamChoice { team, skills: Vec::new(), method: None };
        Some((Link::Fixed(DestinationKind::Value(choice)), self.values.all[team].ty.clone()))
    }

    /// The value of a destination; a bare name of somebody wants `rep`, `team` or `queue` before it.
    fn destination_value(&mut self, value: &ast::Value, setting: Setting) -> Option<ValueId> {
        if let ValueKind::Path { root, key: None, column: None } = &value.kind
            && self
                .all
                .find_value(&root.node)
                .is_none_or(|meaning| matches!(meaning, Meaning::Queue(_) | Meaning::Policy(_)))
        {
            let kind = match &*root.node {
                name if self.people.rep(name).is_some() => Some("rep"),
                name if self.people.team(name).is_some() => Some("team"),
                name if self.people.queue(name).is_some() => Some("queue"),
                _ => None,
            };
            if let Some(kind) = kind {
                let source = self.sources.file(self.sources.file_of(root.span));
                let behind = source.text[source.local(root.span).end..].trim_start();
                let has_method = ["by", "with"].contains(&behind.split_whitespace().next().unwrap_or_default());
                return self.refuse(error::bare_destination(root, kind, has_method));
            }
        }
        self.value(value, setting.row)
    }

    /// The method by which a value's team is gone through; reps and queues have none.
    fn method_for(
        &mut self,
        ty: &Type,
        value: &ast::Value,
        declared: Option<Span>,
        manner: &Manner,
    ) -> Option<Option<Method>> {
        let text = spelled(value);
        match ty {
            Type::Team => self.method_of_team(manner).map(Some),
            Type::Rep | Type::Queue => {
                if let Some(method) = manner.method {
                    return self.refuse(error::method_of_one(&text, ty, method.span, declared));
                }
                if let Some(skill) = manner.skills.first() {
                    return self.refuse(error::skill_of_one(&text, ty, skill.span, declared));
                }
                Some(None)
            }
            _ => self.refuse(error::not_a_destination(&text, ty, value.span, declared)),
        }
    }

    fn method_of_team(&mut self, manner: &Manner) -> Option<Method> {
        let Some(method) = manner.method else {
            let written = self.sources.text(manner.span).split_whitespace().collect::<Vec<&str>>().join(" ");
            return self.refuse(error::no_method(&written, manner.span));
        };
        match &method.node {
            ast::Method::RoundRobin => Some(Method::RoundRobin),
            ast::Method::Weight => Some(Method::Weight),
            ast::Method::Load => Some(Method::Load),
            ast::Method::BalanceOf(field) => self.number_field(field, "balance of").map(Method::BalanceOf),
        }
    }

    /// A field that holds a number, for what adds up or compares.
    pub(super) fn number_field(&mut self, name: &Name, what: &str) -> Option<FieldId> {
        let field = self.lead_field(name)?;
        let typed = &self.fields[field];
        match typed.ty.as_ref()? {
            Type::Integer(_) | Type::Number(_) => Some(field),
            other => {
                let finding = error::not_a_number(name, other, what, typed.at);
                self.refuse(finding)
            }
        }
    }

    /// A field of the lead, where no other value will do.
    pub(super) fn lead_field(&mut self, name: &Name) -> Option<FieldId> {
        if let Some(field) = self.all.find_field(&name.node) {
            return Some(field);
        }
        match self.all.find_other(&name.node) {
            Some(other) => self.other_kind(name, "a field of the lead", other),
            None if self.unseen.may_declare(&name.node) => None,
            None => {
                let finding = error::unknown_field(name, self.all.field_names());
                self.refuse(finding)
            }
        }
    }

    /// A rep of the roster.
    pub(super) fn rep(&mut self, name: &Name) -> Option<RepId> {
        match self.people.rep(&name.node) {
            Some(rep) => Some(rep),
            None => self.unknown_person(name, "rep"),
        }
    }

    /// A team of the roster.
    pub(super) fn team(&mut self, name: &Name) -> Option<TeamId> {
        match self.people.team(&name.node) {
            Some(team) => Some(team),
            None => self.unknown_person(name, "team"),
        }
    }

    /// A queue of the policy.
    pub(super) fn queue(&mut self, name: &Name) -> Option<QueueId> {
        if let Some(queue) = self.people.queue(&name.node) {
            return Some(queue);
        }
        let finding = match (self.all.find_other(&name.node), self.other_person(&name.node)) {
            (Some(other), _) => return self.other_kind(name, "a queue", other),
            (None, Some(kind)) => error::person_of_other_kind(name, "queue", kind),
            (None, None) if self.unseen.may_declare(&name.node) => return None,
            (None, None) => error::unknown_queue(name, self.all.queue_names()),
        };
        self.refuse(finding)
    }

    fn unknown_person<T>(&mut self, name: &Name, wanted: &'static str) -> Option<T> {
        if let Some(kind) = self.other_person(&name.node) {
            return self.refuse(error::person_of_other_kind(name, wanted, kind));
        }
        if self.people.unseen.may_declare(&name.node) {
            return None;
        }
        if !self.people.declared {
            return self.no_roster(wanted, name.span);
        }
        let finding = match wanted {
            "rep" => error::unknown_person(name, wanted, self.people.rep_names()),
            _ => error::unknown_person(name, wanted, self.people.team_names()),
        };
        self.refuse(finding)
    }

    /// What else is called so: a rep, a team or a queue.
    fn other_person(&self, name: &str) -> Option<&'static str> {
        match () {
            () if self.people.rep(name).is_some() => Some("rep"),
            () if self.people.team(name).is_some() => Some("team"),
            () if self.people.queue(name).is_some() => Some("queue"),
            () => None,
        }
    }

    /// Said once, however many people are named.
    pub(super) fn no_roster<T>(&mut self, wanted: &'static str, span: Span) -> Option<T> {
        if !std::mem::replace(&mut self.said_no_roster, true) && self.unseen.is_empty() {
            self.findings.push(error::no_roster(wanted, span));
        }
        None
    }
}

/// `owner`, and nothing more.
fn is_owner(value: &ast::Value) -> bool {
    matches!(&value.kind, ValueKind::Path { root, key: None, column: None } if root.node == "owner")
}

fn words(skills: &[Spanned<String>]) -> Vec<String> {
    skills.iter().map(|skill| skill.node.clone()).collect()
}
