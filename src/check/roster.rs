//! `roster.yaml` → [`Roster`].
//!
//! The text becomes a tree of places first ([`yaml`]); then each value is checked by itself, so one
//! run reports everything that is wrong. What could not be read is left out of the roster and said in
//! a finding; the roster made is whole enough for names in policies to be looked up in it.
//!
//! | key | means |
//! | --- | --- |
//! | `timezone` | the zone of reps who state none; the policy's if the roster states none either |
//! | `holidays` | days, or ranges `A..B`, on which nobody works |
//! | `defaults` | `capacity`, `daily`, `hours`, `timezone`, `weight` of reps who state none |
//! | `reps` | name → what is known of the person |
//! | `teams` | name → list of members, or `{ members: […], catch_up: true }` |
//! | `rules` | `unavailable_after: 24 hours` |
//!
//! A value left empty counts as not stated. Where a list is expected, one item may stand alone.
//! `hours: always`, `capacity: unlimited` and `daily: unlimited` take a default back.

mod hours;
mod values;
mod yaml;

use std::ops::Range;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use crate::cell::is_name;
use crate::diagnostic::{Code, Finding};
use crate::ids::{Id, IdVec, RepId};
use crate::roster::{Hours, Member, Rep, Roster, Team};
use crate::source::{FileId, SourceFile, SourceMap, Span, Spanned};
use crate::suggest;

use yaml::{Kind, Node};

/// Reads a roster; what is wrong with it is said in the order of the file. `timezone` is the policy's.
pub fn read(file: FileId, sources: &SourceMap, timezone: &TimeZone) -> (Roster, Vec<Finding>) {
    let names = FxHashMap::default();
    let mut reader = Reader { file: sources.file(file), timezone, findings: Vec::new(), names };
    let roster = match yaml::parse(reader.file) {
        Ok(document) => reader.roster(&document),
        Err(finding) => {
            reader.findings.push(*finding);
            Roster::default()
        }
    };
    (roster, in_order(reader.findings))
}

/// The calendar files that a roster names, with the places that do. What is wrong with the roster is not
/// said: [`read`] says it.
pub fn calendars(file: FileId, sources: &SourceMap) -> Vec<Spanned<String>> {
    let source = sources.file(file);
    let timezone = &TimeZone::UTC;
    if !source.text.contains("calendar") {
        return Vec::new();
    }
    let (roster, _) = read(file, sources, timezone);
    let named = roster.reps.into_iter().filter_map(|rep| rep.calendar);
    named.map(|named| Spanned::new(named.path, named.span)).collect()
}

/// A place of a roster that names a rep or a team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    pub name: String,
    /// Of a rep; otherwise of a team.
    pub of_rep: bool,
    /// Where whoever bears the name is declared.
    pub declares: bool,
    /// The name itself, without quotes.
    pub span: Span,
}

/// Every place of a roster that names a rep or a team, in the order of the file; none if it is no YAML.
pub fn mentions(file: FileId, sources: &SourceMap) -> Vec<Mention> {
    let source = sources.file(file);
    let Ok(document) = yaml::parse(source) else { return Vec::new() };
    let mut mentions = Vec::new();
    let mut note = |node: &Node, of_rep: bool, declares: bool| {
        let Kind::Scalar(name) = &node.kind else { return };
        let written = &source.text[source.local(node.span)];
        let Some(at) = written.find(name.as_str()) else { return };
        let start = source.local(node.span).start + at;
        mentions.push(Mention {
            name: name.clone(),
            of_rep,
            declares,
            span: source.span_at(start..start + name.len()),
        });
    };
    for (name, rep) in under(&document, "reps") {
        note(name, true, true);
        under_key(rep, "manager").into_iter().for_each(|manager| note(manager, true, false));
    }
    for (name, team) in under(&document, "teams") {
        note(name, false, true);
        for member in members_of(team) {
            note(under_key(member, "rep").unwrap_or(member), true, false);
        }
    }
    mentions.sort_by_key(|mention| mention.span);
    mentions.dedup();
    mentions
}

fn members_of(team: &Node) -> Vec<&Node> {
    let members = under_key(team, "members").unwrap_or(team);
    match &members.kind {
        Kind::List(items) => items.iter().collect(),
        Kind::Blank | Kind::Scalar(_) | Kind::Map(_) => vec![members],
    }
}

fn under_key<'n>(node: &'n Node, wanted: &str) -> Option<&'n Node> {
    let Kind::Map(entries) = &node.kind else { return None };
    let is_wanted = |key: &Node| matches!(&key.kind, Kind::Scalar(name) if name == wanted);
    entries.iter().find(|(key, _)| is_wanted(key)).map(|(_, value)| value)
}

fn under<'n>(node: &'n Node, wanted: &str) -> impl Iterator<Item = (&'n Node, &'n Node)> {
    let entries = match under_key(node, wanted).map(|value| &value.kind) {
        Some(Kind::Map(entries)) => &entries[..],
        _ => &[],
    };
    entries.iter().map(|(key, value)| (key, value))
}

/// In the order of the file, each once: what an alias repeats is said where it is written.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
    findings.dedup_by(|next, first| next.span == first.span && next.message == first.message);
    findings
}

struct Reader<'a> {
    file: &'a SourceFile,
    timezone: &'a TimeZone,
    findings: Vec<Finding>,
    names: FxHashMap<String, RepId>,
}

/// What reps have who state nothing else.
struct Defaults {
    capacity: Option<u32>,
    daily: Option<u32>,
    hours: Option<Hours>,
    timezone: TimeZone,
    weight: Decimal,
}

/// A rep and whom they name as manager.
type WithManager = (Rep, Option<(RepId, Span)>);

impl Reader<'_> {
    fn roster(&mut self, document: &Node) -> Roster {
        if matches!(document.kind, Kind::Blank) {
            let help = "begin with `reps:` and a name indented below it; docs/language.md shows a whole roster";
            self.bad(self.file.span_at(0..0), "the roster is empty", help);
            return Roster::default();
        }
        let [timezone, holidays, defaults, reps, teams, rules] =
            self.keys(document, "a roster", ["timezone", "holidays", "defaults", "reps", "teams", "rules"]);
        if reps.is_none() && matches!(document.kind, Kind::Map(_)) {
            let help = "add `reps:` and the names of the people below it";
            self.bad(document.span, "the roster has no `reps`", help);
        }
        let timezone = timezone.and_then(|node| self.timezone(node)).unwrap_or_else(|| self.timezone.clone());
        let defaults = self.defaults(defaults, timezone);
        let holidays = holidays.map(|node| self.holidays(node)).unwrap_or_default();
        let reps = reps.map(|node| self.reps(node, &defaults)).unwrap_or_default();
        let teams = teams.map(|node| self.teams(node)).unwrap_or_default();
        let unavailable_after = rules.and_then(|node| {
            let [unavailable_after] = self.keys(node, "`rules`", ["unavailable_after"]);
            unavailable_after.and_then(|node| self.duration(node))
        });
        Roster { reps, teams: teams.into(), holidays, unavailable_after, source: None }
    }

    fn defaults(&mut self, node: Option<&Node>, roster_zone: TimeZone) -> Defaults {
        let [capacity, daily, hours, timezone, weight] = match node {
            Some(node) => self.keys(node, "`defaults`", ["capacity", "daily", "hours", "timezone", "weight"]),
            None => [None; 5],
        };
        Defaults {
            capacity: capacity.and_then(|node| self.limit(node, "capacity")).flatten(),
            daily: daily.and_then(|node| self.limit(node, "daily")).flatten(),
            hours: hours.and_then(|node| self.hours(node)).flatten(),
            timezone: timezone.and_then(|node| self.timezone(node)).unwrap_or(roster_zone),
            weight: weight.and_then(|node| self.weight(node)).unwrap_or(Decimal::ONE),
        }
    }

    // --- people ---

    fn reps(&mut self, node: &Node, defaults: &Defaults) -> IdVec<RepId, Rep> {
        let entries = self.named_entries(node, "reps", "rep");
        self.names = entries
            .iter()
            .enumerate()
            .map(|(index, (name, _))| (name.node.to_owned(), RepId::from_index(index)))
            .collect();
        let people: Vec<WithManager> =
            entries.into_iter().map(|(name, value)| self.rep(name, value, defaults)).collect();
        self.manager_cycles(&people);
        people.into_iter().map(|(rep, manager)| Rep { manager: manager.map(|(id, _)| id), ..rep }).collect()
    }

    fn rep(&mut self, name: Spanned<&str>, node: &Node, defaults: &Defaults) -> WithManager {
        let owner = format!("rep `{}`", name.node);
        let [
            full_name,
            email,
            crm_id,
            manager,
            weight,
            capacity,
            daily,
            skills,
            timezone,
            hours,
            away,
            calendar,
            open,
            last_seen,
            left,
        ] = self.keys(
            node,
            &owner,
            [
                "name",
                "email",
                "crm_id",
                "manager",
                "weight",
                "capacity",
                "daily",
                "skills",
                "timezone",
                "hours",
                "away",
                "calendar",
                "open",
                "last_seen",
                "left",
            ],
        );
        let timezone = timezone.and_then(|node| self.timezone(node)).unwrap_or_else(|| defaults.timezone.clone());
        let rep = Rep {
            name: name.node.to_owned(),
            full_name: full_name.and_then(|node| self.text(node, "name")),
            email: email.and_then(|node| self.email(node)),
            crm_id: crm_id.and_then(|node| self.text(node, "crm_id")),
            manager: None,
            weight: weight.and_then(|node| self.weight(node)).unwrap_or(defaults.weight),
            capacity: capacity.and_then(|node| self.limit(node, "capacity")).unwrap_or(defaults.capacity),
            daily: daily.and_then(|node| self.limit(node, "daily")).unwrap_or(defaults.daily),
            skills: skills.map(|node| self.skills(node)).unwrap_or_default(),
            hours: hours.and_then(|node| self.hours(node)).unwrap_or_else(|| defaults.hours.clone()),
            away: away.map(|node| self.dates(node, "away")).unwrap_or_default(),
            calendar: calendar.and_then(|node| self.calendar(node)),
            open: open.and_then(|node| self.count(node, "open")).unwrap_or(0),
            last_seen: last_seen.and_then(|node| self.timestamp(node, &timezone)),
            left: left.and_then(|node| self.left(node)),
            timezone,
            span: name.span,
        };
        let manager = manager.and_then(|node| Some((self.rep_named(node, "`manager`")?, node.span)));
        (rep, manager)
    }

    /// Says each circle of managers once, at the first of its members.
    fn manager_cycles(&mut self, people: &[WithManager]) {
        let manager = |rep: usize| people[rep].1.map(|(id, span)| (id.index(), span));
        // 0 is not seen yet; another number says from which start it was seen.
        let mut seen_from = vec![0; people.len()];
        for start in 0..people.len() {
            let mut at = start;
            while seen_from[at] == 0 {
                seen_from[at] = start + 1;
                match manager(at) {
                    Some((next, _)) => at = next,
                    None => break,
                }
            }
            if seen_from[at] == start + 1 && manager(at).is_some() {
                self.manager_cycle(at, people);
            }
        }
    }

    /// `on` may only lead to the circle's first member in the order of the roster.
    fn manager_cycle(&mut self, on: usize, people: &[WithManager]) {
        let mut circle = vec![on];
        loop {
            let last = circle[circle.len() - 1];
            let Some((next, _)) = people[last].1 else { return };
            let next = next.index();
            if next == on {
                break;
            }
            circle.push(next);
        }
        let first = circle.iter().enumerate().min_by_key(|(_, rep)| **rep).map_or(0, |(at, _)| at);
        circle.rotate_left(first);
        let name = |rep: usize| format!("`{}`", people[rep].0.name);
        let mut path: Vec<String> = circle.iter().map(|&rep| name(rep)).collect();
        path.push(name(circle[0]));
        let message = match circle.len() {
            1 => format!("{} is their own manager", name(circle[0])),
            _ => format!("the managers go in a circle: {}", path.join(" → ")),
        };
        let places: Vec<Span> = circle.iter().filter_map(|&rep| people[rep].1.map(|(_, span)| span)).collect();
        let help = "leave out the `manager` of whoever stands at the top";
        let mut finding = Finding::new(Code::BadRoster, places[0], message).help(help);
        for (place, rep) in places.iter().zip(&circle).skip(1) {
            finding = finding.also(*place, format!("the manager of {}", name(*rep)));
        }
        self.findings.push(finding);
    }

    // --- teams ---

    fn teams(&mut self, node: &Node) -> Vec<Team> {
        let entries = self.named_entries(node, "teams", "team");
        entries.into_iter().map(|(name, value)| self.team(name, value)).collect()
    }

    fn team(&mut self, name: Spanned<&str>, node: &Node) -> Team {
        let (members, catch_up) = match &node.kind {
            Kind::Map(_) => {
                let owner = format!("team `{}`", name.node);
                let [members, catch_up] = self.keys(node, &owner, ["members", "catch_up"]);
                (members, catch_up.and_then(|node| self.truth(node, "catch_up")).unwrap_or(false))
            }
            _ => (Some(node), false),
        };
        let members = members.map(|node| self.members(node)).unwrap_or_default();
        Team { name: name.node.to_owned(), members, catch_up, span: name.span }
    }

    fn members(&mut self, node: &Node) -> Vec<Member> {
        let mut members = Vec::new();
        let mut places: FxHashMap<RepId, Span> = FxHashMap::default();
        for item in self.items(node) {
            let Some((member, span)) = self.member(item) else { continue };
            if let Some(&first) = places.get(&member.rep) {
                let name = self.file_text(span).trim_matches(['"', '\'']);
                let message = format!("`{name}` is in this team twice");
                let help = "list each member once; `{ rep: NAME, weight: 2 }` gives them a larger share";
                self.findings.push(
                    Finding::new(Code::BadRoster, span, message).at("again").also(first, "first here").help(help),
                );
                continue;
            }
            places.insert(member.rep, span);
            members.push(member);
        }
        members
    }

    fn member(&mut self, node: &Node) -> Option<(Member, Span)> {
        if !matches!(node.kind, Kind::Map(_)) {
            return Some((Member { rep: self.rep_named(node, "a member")?, weight: None }, node.span));
        }
        let [rep, weight] = self.keys(node, "a member", ["rep", "weight"]);
        let weight = weight.and_then(|node| self.weight(node));
        let Some(rep) = rep else {
            let help = "write the rep's name, or `{ rep: NAME, weight: 2 }`";
            self.bad(node.span, "this member has no `rep`", help);
            return None;
        };
        Some((Member { rep: self.rep_named(rep, "a member")?, weight }, rep.span))
    }

    fn rep_named(&mut self, node: &Node, what: &str) -> Option<RepId> {
        let name = self.scalar(node, what)?;
        if let Some(&rep) = self.names.get(name) {
            return Some(rep);
        }
        // The names are few enough to sort for each mistake; a hash map has no order of its own.
        let mut known: Vec<&str> = self.names.keys().map(String::as_str).collect();
        known.sort_unstable();
        let help = match suggest::nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{name}` under `reps`, or write the name of somebody who is there"),
        };
        self.bad(node.span, format!("no rep is called `{name}`"), help);
        None
    }

    // --- maps and lists ---

    /// The values of a map's known keys; everything else about the map is said. An empty value is as
    /// good as none.
    fn keys<'n, const N: usize>(&mut self, node: &'n Node, owner: &str, known: [&str; N]) -> [Option<&'n Node>; N] {
        let mut values = [None; N];
        for (key, value) in self.entries(node, owner) {
            match known.iter().position(|name| *name == key.node) {
                Some(at) => values[at] = Some(value).filter(|value| !matches!(value.kind, Kind::Blank)),
                None => self.unknown_key(key, owner, &known),
            }
        }
        values
    }

    fn unknown_key(&mut self, key: Spanned<&str>, owner: &str, known: &[&str]) {
        let help = match suggest::nearest(key.node, known.iter().copied()) {
            _ if key.node.contains(':') => "write a space after the `:`".to_owned(),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are {}", list_of(known)),
        };
        self.bad(key.span, format!("{owner} has no key `{}`", key.node), help);
    }

    /// Entries of a map whose keys are names of our own, each once.
    fn named_entries<'n>(&mut self, node: &'n Node, owner: &str, what: &str) -> Vec<(Spanned<&'n str>, &'n Node)> {
        let entries = self.entries(node, &format!("`{owner}`"));
        for (key, _) in entries.iter().filter(|(key, _)| !is_name(key.node)) {
            let help = match key.node.contains(':') {
                true => "write a space after the `:`".to_owned(),
                false => {
                    format!("names are letters, digits and `_`, a letter first, e.g. `{}`", name_like(key.node, what))
                }
            };
            self.bad(key.span, format!("a policy could not name the {what} `{}`", key.node), help);
        }
        entries
    }

    /// The entries of a map, repeated keys dropped.
    fn entries<'n>(&mut self, node: &'n Node, owner: &str) -> Vec<(Spanned<&'n str>, &'n Node)> {
        let written = match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Blank => return Vec::new(),
            Kind::List(_) => {
                self.bad(
                    node.span,
                    format!("{owner} is a list here, not a map"),
                    "write `key: value` lines, without `-`",
                );
                return Vec::new();
            }
            Kind::Scalar(text) => {
                let help = match text.contains(':') {
                    true => "write a space after each `:`, and each key on a line of its own",
                    false => "write `key: value` lines below it, indented by two spaces",
                };
                self.bad(node.span, format!("{owner} is text here, not a map"), help);
                return Vec::new();
            }
        };
        let mut entries: Vec<(Spanned<&str>, &Node)> = Vec::new();
        let mut places: FxHashMap<&str, Span> = FxHashMap::default();
        for (key, value) in written {
            let Kind::Scalar(name) = &key.kind else {
                self.bad(key.span, "a key must be a name", "write `key: value`");
                continue;
            };
            match places.get(name.as_str()) {
                Some(&first) => self.findings.push(
                    Finding::new(Code::BadRoster, key.span, format!("`{name}` is written twice"))
                        .at("again")
                        .also(first, "first here")
                        .help("keep one of them"),
                ),
                None => {
                    places.insert(name, key.span);
                    entries.push((Spanned::new(name, key.span), value));
                }
            }
        }
        entries
    }

    /// The items of a list; one alone is a list of one.
    fn items<'n>(&mut self, node: &'n Node) -> Vec<&'n Node> {
        match &node.kind {
            Kind::Blank => Vec::new(),
            Kind::List(items) => items.iter().collect(),
            Kind::Scalar(_) | Kind::Map(_) => vec![node],
        }
    }

    // --- places ---

    fn bad(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::new(Code::BadRoster, span, message).help(help));
    }

    /// Says what is wrong with a value, in place of the value.
    fn refuse<T>(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.bad(span, message, help);
        None
    }

    /// The place of a part of a scalar; of the whole, if escapes or folding moved its letters.
    fn inside(&self, node: &Node, text: &str, part: Range<usize>) -> Span {
        let written = self.file_text(node.span);
        let quotes = match written.strip_prefix(['"', '\'']) {
            Some(inner) if inner.get(..text.len()) == Some(text) => 1,
            _ if written.get(..text.len()) == Some(text) => 0,
            _ => return node.span,
        };
        let start = self.file.local(node.span).start + quotes;
        self.file.span_at(start + part.start..start + part.end)
    }

    fn file_text(&self, span: Span) -> &str {
        &self.file.text[self.file.local(span)]
    }
}

/// A name as near as can be: `ana-maria.silva` → `ana_maria_silva`, `1st` → `rep_1st`.
fn name_like(text: &str, what: &str) -> String {
    let plain: String = text.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect();
    let name = plain.trim_matches('_');
    if is_name(name) { name.to_owned() } else { format!("{what}_{name}").trim_end_matches('_').to_owned() }
}

fn list_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}
