//! Regions in the language's own words: `country is DE and employees >= 500`.
//!
//! Closed lists are written by their members or by those left out, ordered values by ranges, text by
//! the comparisons that the policies themselves make: whatever intersection of their sets (and
//! complements) is the wanted set. Where that does not suffice, the named values themselves are
//! listed, and as a last resort the pieces of the line, as lexical ranges. What is written reads back
//! as a condition that holds for exactly the region's leads — unless a limit is given and a long list
//! is cut short with `…`.

use crate::analysis::atoms::{Ask, Basic, Derivation, Dim, DimId, Kind, Literal, Root};
use crate::analysis::boxes::Area;
use crate::analysis::line::{Line, NOWHERE};
use crate::analysis::model::Model;
use crate::analysis::sets::AtomSet;
use crate::analysis::values::Step;
use crate::analysis::witness::Engine;
use crate::cell::{Cell, Type, quoted};
use crate::policy::{Predicate, Project, Range, TextPart};

impl Engine<'_> {
    /// An area as a condition. `most`: lists are cut after so many members.
    pub fn describe(&self, area: &Area, most: Option<usize>) -> String {
        let words = Words { model: &self.model, most: most.unwrap_or(usize::MAX) };
        let mut parts: Vec<String> = area.iter().filter_map(|(dim, set)| words.dimension(*dim, set)).collect();
        // `x is known` says nothing beside another comparison with x that a blank fails.
        parts.dedup();
        if parts.is_empty() { "every lead".to_owned() } else { parts.join(" and ") }
    }
}

struct Words<'a, 'p> {
    model: &'a Model<'p>,
    most: usize,
}

impl Words<'_, '_> {
    fn dimension(&self, id: DimId, set: &AtomSet) -> Option<String> {
        let dim = &self.model.dims[id as usize];
        let variable = &self.model.variables[dim.variable?];
        let name = self.subject(&variable.root, &dim.derivation)?;
        let ty = value_type(&variable.shared.ty, &dim.derivation);
        let blank = dim.blank().is_some_and(|blank| set.contains(blank));
        Some(match &dim.kind {
            Kind::Closed { cells, .. } => self.closed(&name, &ty, cells, set),
            Kind::Presence { .. } => format!("{name} is {}", if blank { "blank" } else { "known" }),
            Kind::Tag(tag) => self.turned(&format!("{name} has {}", self.quoted(tag)), set.contains(1)),
            Kind::Part { part, any } => self.turned(&self.part(&name, *part, any), set.contains(1)),
            Kind::Line { line, .. } if matches!(ty, Type::Text | Type::Email | Type::Domain) => {
                self.text(id, &name, &ty, line, set)
            }
            Kind::Line { line, .. } => self.with_blank(&name, blank, dim, set, self.ordered(&name, &ty, line, set)),
            Kind::End { .. } => self.ends(id, &name, set),
            Kind::Auxiliary => return None,
        })
    }

    fn subject(&self, root: &Root, derivation: &Derivation) -> Option<String> {
        let Root::Field(name) = root else { return None };
        let zone = |zone: &crate::policy::Zone| format!(" in {}", quoted(zone.0.iana_name().unwrap_or("UTC")));
        Some(match derivation {
            Derivation::Itself => name.clone(),
            Derivation::Domain => format!("domain of {name}"),
            Derivation::Hour(of) => format!("hour of {name}{}", zone(of)),
            Derivation::Weekday(of) => format!("weekday of {name}{}", zone(of)),
        })
    }

    /// A text in quotes, as the policies write it.
    fn quoted(&self, text: &str) -> String {
        let spelt = self.model.projects.iter().map(|project| project.spellings.of(text));
        quoted(spelt.into_iter().find(|spelt| *spelt != text).unwrap_or(text))
    }

    fn write(&self, ty: &Type, cell: &Cell) -> String {
        if let Cell::Text(text) = cell { self.quoted(text) } else { ty.write(cell) }
    }

    fn turned(&self, text: &str, holds: bool) -> String {
        if holds { text.to_owned() } else { format!("not {text}") }
    }

    fn list(&self, mut members: Vec<String>) -> String {
        if members.len() > self.most {
            let more = members.len() - self.most;
            members.truncate(self.most);
            members.push(format!("… {more} more"));
        }
        format!("[{}]", members.join(", "))
    }

    fn is_one_of(&self, name: &str, members: Vec<String>) -> String {
        match &members[..] {
            [one] => format!("{name} is {one}"),
            _ => format!("{name} in {}", self.list(members)),
        }
    }

    fn is_none_of(&self, name: &str, members: Vec<String>) -> String {
        match &members[..] {
            [one] => format!("{name} is not {one}"),
            _ => format!("{name} not in {}", self.list(members)),
        }
    }

    fn closed(&self, name: &str, ty: &Type, cells: &[Vec<Cell>], set: &AtomSet) -> String {
        let of = |inside: bool| -> Vec<&Cell> {
            let atoms = (0..cells.len() as u32).filter(|&atom| set.contains(atom) == inside);
            atoms.flat_map(|atom| &cells[atom as usize]).filter(|cell| **cell != Cell::Blank).collect()
        };
        let write = |cells: Vec<&Cell>| -> Vec<String> { cells.into_iter().map(|cell| ty.write(cell)).collect() };
        let may_be_blank = cells.first().is_some_and(|cells| cells.contains(&Cell::Blank));
        let blank = may_be_blank && set.contains(0);
        let (inside, outside) = (of(true), of(false));
        match (blank, inside.len(), outside.len()) {
            (true, 0, _) => format!("{name} is blank"),
            (false, _, 0) => format!("{name} is known"),
            (true, inside_len, outside_len) if inside_len < outside_len => {
                format!("({name} is blank or {})", self.is_one_of(name, write(inside)))
            }
            (true, ..) => self.is_none_of(name, write(outside)),
            (false, inside_len, outside_len) if inside_len > outside_len + 8 => {
                format!("{name} is known and {}", self.is_none_of(name, write(outside)))
            }
            (false, ..) => self.is_one_of(name, write(inside)),
        }
    }

    /// Adds what is to be said about blanks to what is said about values (`None`: all of them).
    fn with_blank(&self, name: &str, blank: bool, dim: &Dim, set: &AtomSet, values: Option<String>) -> String {
        let only_blank = blank && set.len() == 1;
        match values {
            _ if only_blank => format!("{name} is blank"),
            Some(values) if blank => format!("({name} is blank or {values})"),
            Some(values) => values,
            None if blank || dim.blank().is_none() => format!("({name} is known or {name} is blank)"),
            None => format!("{name} is known"),
        }
    }

    /// The ranges of an ordered value; `None` if they are all there is.
    fn ordered(&self, name: &str, ty: &Type, line: &Line, set: &AtomSet) -> Option<String> {
        let ranges = ranges(line, set);
        if let [Range { low: None, high: None }] = &ranges[..] {
            return None;
        }
        let is_single =
            |range: &Range| matches!((&range.low, &range.high), (Some(low), Some(high)) if low.cell == high.cell);
        let singles: Vec<String> = ranges
            .iter()
            .filter(|range| is_single(range))
            .filter_map(|range| range.low.as_ref().map(|low| self.write(ty, &low.cell)))
            .collect();
        let mut parts: Vec<String> =
            ranges.iter().filter(|range| !is_single(range)).map(|range| self.range(name, ty, range)).collect();
        if !singles.is_empty() {
            parts.push(self.is_one_of(name, singles));
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { format!("({})", parts.join(" or ")) })
    }

    fn range(&self, name: &str, ty: &Type, range: &Range) -> String {
        let low = range.low.as_ref().map(|low| (if low.included { ">=" } else { ">" }, self.write(ty, &low.cell)));
        let high = range.high.as_ref().map(|high| (if high.included { "<=" } else { "<" }, self.write(ty, &high.cell)));
        match (low, high) {
            (Some((">=", low)), Some(("<=", high))) if !matches!(ty, Type::Text | Type::Email | Type::Domain) => {
                format!("{name} in {low} to {high}")
            }
            (Some((above, low)), Some((below, high))) => format!("({name} {above} {low} and {name} {below} {high})"),
            (Some((above, low)), None) => format!("{name} {above} {low}"),
            (None, Some((below, high))) => format!("{name} {below} {high}"),
            (None, None) => format!("{name} is known"),
        }
    }

    /// A set of places of a text: the comparisons that make it, else the pieces one by one.
    fn text(&self, id: DimId, name: &str, ty: &Type, line: &Line, set: &AtomSet) -> String {
        let dim = &self.model.dims[id as usize];
        let blank = dim.blank();
        if blank.is_some_and(|blank| set.len() == 1 && set.contains(blank)) {
            return format!("{name} is blank");
        }
        let parts = self.at_once(id, name, line, set);
        if let Some(points) = self.points(dim, line, set)
            && points.len() <= parts.as_ref().map_or(usize::MAX, |parts| parts.len().max(8))
        {
            return self.is_one_of(name, points);
        }
        match parts {
            Some(parts) if parts.is_empty() => format!("({name} is known or {name} is blank)"),
            Some(parts) => parts.join(" and "),
            None if ty.is_ordered() => self.pieces(name, dim, line, set),
            None => self.by_turns(id, name, line, set),
        }
    }

    /// Comparisons that hold together for exactly the set, if there are such.
    fn at_once(&self, id: DimId, name: &str, line: &Line, set: &AtomSet) -> Option<Vec<String>> {
        let (mut parts, rest) = self.comparisons(id, name, set);
        let extra = rest.minus(set);
        if !extra.is_empty() {
            parts.push(self.is_none_of(name, self.points(&self.model.dims[id as usize], line, &extra)?));
        }
        Some(parts)
    }

    /// A set of places of a text that has no order: blanks, named values, and what else there is, one
    /// after the other.
    fn by_turns(&self, id: DimId, name: &str, line: &Line, set: &AtomSet) -> String {
        let dim = &self.model.dims[id as usize];
        let universe = set.universe();
        let mut turns = Vec::new();
        let mut named = AtomSet::empty(universe);
        for atom in set.iter() {
            let one = AtomSet::of(universe, [atom]);
            if dim.blank() == Some(atom) {
                turns.push(format!("{name} is blank"));
            } else if self.points(dim, line, &one).is_some() {
                named = named.union(&one);
            } else {
                let parts = self.at_once(id, name, line, &one);
                turns.push(parts.map_or_else(|| self.pieces(name, dim, line, &one), |parts| self.within_or(parts)));
            }
        }
        if let Some(points) = self.points(dim, line, &named).filter(|points| !points.is_empty()) {
            turns.push(self.is_one_of(name, points));
        }
        format!("({})", turns.join(" or "))
    }

    fn within_or(&self, parts: Vec<String>) -> String {
        if let [one] = &parts[..] { one.clone() } else { format!("({})", parts.join(" and ")) }
    }

    /// The named values of atoms, if named values are all they hold.
    fn points(&self, dim: &Dim, line: &Line, set: &AtomSet) -> Option<Vec<String>> {
        let Kind::Line { named, has_blank, .. } = &dim.kind else { return None };
        if set.iter().any(|atom| !named[atom as usize]) || (*has_blank && set.contains(0)) {
            return None;
        }
        let values = line.values.iter().zip(&line.at).filter(|(_, atom)| **atom != NOWHERE && set.contains(**atom));
        Some(values.map(|(value, _)| self.write(&Type::Text, value)).collect())
    }

    fn pieces(&self, name: &str, dim: &Dim, line: &Line, set: &AtomSet) -> String {
        let blank = dim.blank().is_some_and(|blank| set.contains(blank));
        self.with_blank(name, blank, dim, set, self.ordered(name, &Type::Text, line, set))
    }

    fn ends(&self, id: DimId, name: &str, set: &AtomSet) -> String {
        let (parts, rest) = self.comparisons(id, name, set);
        if rest == *set {
            return parts.join(" and ");
        }
        // One class of endings after the other.
        let universe = set.universe();
        let classes: Vec<String> =
            set.iter().map(|atom| self.comparisons(id, name, &AtomSet::of(universe, [atom])).0.join(" and ")).collect();
        let classes: Vec<String> = classes.into_iter().map(|class| format!("({class})")).collect();
        format!("({})", classes.join(" or "))
    }

    /// Comparisons whose intersection contains the set, and what that intersection is.
    fn comparisons(&self, id: DimId, name: &str, set: &AtomSet) -> (Vec<String>, AtomSet) {
        let mut candidates: Vec<(AtomSet, String)> = Vec::new();
        for (basic, literal) in self.model.literals_in(id) {
            let Literal::In(_, holds) = literal else { continue };
            let Some(text) = self.comparison(name, basic) else { continue };
            let fails = holds.complement();
            if set.is_subset(holds) {
                candidates.push((holds.clone(), text));
            } else if set.is_subset(&fails) {
                candidates.push((fails, denied(&text)));
            }
        }
        if let Some(blank) = self.model.dims[id as usize].blank()
            && !set.contains(blank)
            && matches!(self.model.dims[id as usize].kind, Kind::Line { .. })
        {
            candidates.push((AtomSet::of(set.universe(), [blank]).complement(), format!("{name} is known")));
        }
        let mut left = AtomSet::full(set.universe());
        let mut parts = Vec::new();
        while left != *set {
            let best =
                candidates.iter().min_by_key(|(holds, text)| (left.intersect(holds).len(), text.len(), text.clone()));
            let Some((holds, text)) = best.filter(|(holds, _)| left.intersect(holds).len() < left.len()) else { break };
            left = left.intersect(holds);
            parts.push(text.clone());
        }
        (parts, left)
    }

    fn comparison(&self, name: &str, basic: &Basic) -> Option<String> {
        let text = |texts: &Vec<String>| match &texts[..] {
            [one] => self.quoted(one),
            _ => self.list(texts.iter().map(|text| self.quoted(text)).collect()),
        };
        match &basic.ask {
            Ask::OneOf(cells) if cells.len() <= self.most => {
                Some(self.is_one_of(name, cells.iter().map(|cell| self.write(&Type::Text, cell)).collect()))
            }
            Ask::OneOf(_) => None,
            Ask::Within(range) => Some(self.range(name, &Type::Text, range)),
            Ask::StartsWith(any) => Some(format!("{name} starts with {}", text(any))),
            Ask::EndsWith(any) => Some(format!("{name} ends with {}", text(any))),
            Ask::Row { project, table, steps, predicate } => {
                let source = self.model.projects[*project];
                row_text(source, &source.tables[*table].name, name, *table, steps, predicate)
            }
            Ask::Known | Ask::Part(..) | Ask::Tag(_) | Ask::Opaque(..) => None,
        }
    }

    fn part(&self, name: &str, part: TextPart, any: &[String]) -> String {
        let verb = match part {
            TextPart::Contains => "contains",
            TextPart::StartsWith => "starts with",
            TextPart::EndsWith => "ends with",
        };
        match any {
            [one] => format!("{name} {verb} {}", self.quoted(one)),
            _ => format!("{name} {verb} {}", self.list(any.iter().map(|text| self.quoted(text)).collect())),
        }
    }
}

/// `accounts[domain of email].tier is gold`
fn row_text(
    source: &Project,
    table_name: &str,
    key: &str,
    table: crate::ids::TableId,
    steps: &[Step],
    predicate: &Predicate,
) -> Option<String> {
    let (subject, ty) = match steps {
        [] => (format!("{table_name}[{key}]"), Type::Row(table)),
        [Step::Column(_, column)] => {
            let column = &source.tables[table].columns[*column];
            (format!("{table_name}[{key}].{}", column.name), column.ty.clone())
        }
        _ => return None,
    };
    let write = |cell: &Cell| match cell {
        Cell::Rep(_) | Cell::Team(_) | Cell::Queue(_) => None,
        _ => Some(source.spell_cell(&ty, cell)),
    };
    let quoted_all =
        |texts: &Vec<String>| texts.iter().map(|text| quoted(source.spellings.of(text))).collect::<Vec<_>>().join(", ");
    Some(match predicate {
        Predicate::Known => format!("{subject} is known"),
        Predicate::OneOf(cells) => {
            let cells: Option<Vec<String>> = cells.iter().map(write).collect();
            format!("{subject} in [{}]", cells?.join(", "))
        }
        Predicate::Within(range) => {
            let limits = [(&range.low, ">", ">="), (&range.high, "<", "<=")];
            let parts = limits.iter().filter_map(|(limit, open, closed)| {
                let limit = limit.as_ref()?;
                Some(format!(
                    "{subject} {} {}",
                    if limit.included { closed } else { open },
                    source.spell_cell(&ty, &limit.cell)
                ))
            });
            format!("({})", parts.collect::<Vec<_>>().join(" and "))
        }
        Predicate::Text { part, any } => {
            let verb = match part {
                TextPart::Contains => "contains",
                TextPart::StartsWith => "starts with",
                TextPart::EndsWith => "ends with",
            };
            format!("{subject} {verb} [{}]", quoted_all(any))
        }
        Predicate::HasAny(tags) => format!("{subject} has any of [{}]", quoted_all(tags)),
        Predicate::HasAll(tags) => format!("{subject} has all of [{}]", quoted_all(tags)),
        Predicate::InTable(other) => format!("{subject} in {}", source.tables[*other].name),
    })
}

/// The type of what is derived from a variable.
fn value_type(ty: &Type, derivation: &Derivation) -> Type {
    match derivation {
        Derivation::Itself => ty.clone(),
        Derivation::Domain => Type::Domain,
        Derivation::Hour(_) => Type::Integer(None),
        Derivation::Weekday(_) => Type::OneOf(crate::cell::weekdays()),
    }
}

fn denied(text: &str) -> String {
    match text.strip_suffix(" is known") {
        Some(subject) => format!("{subject} is blank"),
        None => format!("not {text}"),
    }
}

/// The pieces of a line that are in the set, as ranges that do not touch.
fn ranges(line: &Line, set: &AtomSet) -> Vec<Range> {
    use crate::policy::Limit;
    let is_in = |atom: u32| atom != NOWHERE && set.contains(atom);
    let mut ranges: Vec<Range> = Vec::new();
    let mut open: Option<Option<Limit>> = None;
    // Pieces that hold nothing are passed over: they neither begin nor end a range.
    let mut any_before = false;
    for index in 0..line.gap.len() {
        let before = index.checked_sub(1).map(|before| &line.values[before]);
        let gap = line.gap[index];
        if gap != NOWHERE {
            if is_in(gap) && open.is_none() {
                let low = before.filter(|_| any_before).map(|cell| Limit { cell: cell.clone(), included: false });
                open = Some(low);
            } else if !is_in(gap)
                && let Some(low) = open.take()
            {
                ranges.push(Range { low, high: before.map(|cell| Limit { cell: cell.clone(), included: true }) });
            }
            any_before = true;
        }
        let Some(value) = line.values.get(index) else { continue };
        let at = line.at[index];
        if at != NOWHERE {
            if is_in(at) && open.is_none() {
                open = Some(any_before.then(|| Limit { cell: value.clone(), included: true }));
            } else if !is_in(at)
                && let Some(low) = open.take()
            {
                ranges.push(Range { low, high: Some(Limit { cell: value.clone(), included: false }) });
            }
            any_before = true;
        }
    }
    if let Some(low) = open {
        ranges.push(Range { low, high: None });
    }
    ranges
}
