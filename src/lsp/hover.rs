//! What a name stands for, in Markdown: what is declared, and what is known of it.

use std::collections::BTreeSet;

use gen_lsp_types as lsp;
use rust_decimal::Decimal;

use super::names::Symbol;
use super::outline::mark;
use super::sample::{Count, Counts};
use super::view::View;
use crate::check::Meaning;
use crate::country::Country;
use crate::diagnostic::{Code, Finding};
use crate::ids::{RepId, TeamId};
use crate::policy::{Condition, DestinationKind, LetKind, Method, Origin, Project, Rule};
use crate::roster::{Member, Rep};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Entry, EntryKind, Item, ItemKind};

/// Members of a team, columns of a table and the like that are listed.
const MOST_LISTED: usize = 30;

/// What is to be said about a place of a file: what is named there, and what was found there.
pub fn hover(
    view: &View,
    file: FileId,
    position: lsp::Position,
    findings: &[Finding],
    counts: Option<&Counts>,
) -> Option<lsp::Hover> {
    let offset = view.offset(file, position);
    let mention = view.names.at(offset);
    let word = mention.map(|mention| mention.span).or_else(|| otherwise_at(view, offset));
    let said = match mention {
        Some(mention) => about(view, &mention.symbol, counts),
        None => word.and_then(|head| about_rule_at(view, head, counts)),
    };
    let pages = pages(findings, offset);
    let parts: Vec<String> = said.into_iter().chain(pages).collect();
    if parts.is_empty() {
        return None;
    }
    let contents = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: parts.join("\n\n---\n\n") };
    Some(lsp::Hover { contents: contents.into(), range: word.map(|word| view.range(word)) })
}

/// What a symbol is.
pub fn about(view: &View, symbol: &Symbol, counts: Option<&Counts>) -> Option<String> {
    match symbol {
        Symbol::Field(name) => field(view, name),
        Symbol::Table(name) => table(view, name),
        Symbol::Column { table, column } => self::column(view, table, column),
        Symbol::Let(name) => named(view, name),
        Symbol::Queue(name) => queue(view, name),
        Symbol::Policy(name) => policy(view, name, counts),
        Symbol::Rule { policy, rule } => self::rule(view, policy, rule, counts),
        Symbol::Rep(name) => view.roster.rep_named(name).map(|rep| self::rep(view, rep)),
        Symbol::Team(name) => view.roster.team_named(name).map(|team| self::team(view, team)),
        Symbol::Skill(name) => Some(skill(view, name)),
        Symbol::File(name) => Some(format!("`{name}`, a file of the project")),
        Symbol::Lint(code) => Some(page(*code)),
        Symbol::Country(name) => Country::read(name).map(|country| format!("**{}**, a country", country.name())),
    }
}

/// The language's own text.
fn code(text: &str) -> String {
    format!("```pointsman\n{text}\n```")
}

/// A declaration as it reads alone: what sets columns apart in a block says nothing here.
fn line(text: &str) -> String {
    let mut quoted = false;
    let mut line = String::new();
    for character in text.chars() {
        quoted ^= character == '"';
        if character != ' ' || quoted || !line.ends_with(' ') {
            line.push(character);
        }
    }
    line
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<String>>().join("\n\n")
}

// --- Leads and tables -----------------------------------------------------------------------------

fn field(view: &View, name: &str) -> Option<String> {
    let scope = view.scope();
    let field = scope.field(scope.all.find_field(name)?);
    let read = match &field.from {
        Some(from) => format!("A field of the lead, read from the column `{}`.", from.node),
        None => "A field of the lead.".to_owned(),
    };
    let key = field.key.map(|_| "It identifies a lead.".to_owned());
    let required = field.required.map(|_| "A lead without it is rejected.".to_owned());
    let owner = field.owner.map(|_| "It says who has the lead.".to_owned());
    Some(join([Some(code(&line(view.text(field.span)))), Some(read), key, required, owner]))
}

fn table(view: &View, name: &str) -> Option<String> {
    let scope = view.scope();
    let table = scope.table(scope.table_named(name)?);
    let columns = table.columns.iter().take(MOST_LISTED).map(|column| format!("  {}", view.text(column.span)));
    let columns: Vec<String> = columns.collect();
    let loaded =
        view.loaded.project.as_ref().and_then(|project| project.tables.iter().find(|table| table.name == name));
    let rows = loaded.map(|table| count(table.rows.len(), "row"));
    let head = format!("table {name} from \"{}\" {{\n{}\n}}", table.file.node, columns.join("\n"));
    let more = table.columns.len().checked_sub(MOST_LISTED).filter(|more| *more > 0);
    Some(join([Some(code(&head)), more.map(|more| format!("and {}", count(more, "more column"))), rows]))
}

fn column(view: &View, table: &str, column: &str) -> Option<String> {
    let scope = view.scope();
    let declared = scope.column(scope.table_named(table)?, column)?;
    Some(join([Some(code(&line(view.text(declared.span)))), Some(format!("A column of the table `{table}`."))]))
}

// --- Named values and conditions ------------------------------------------------------------------

fn named(view: &View, name: &str) -> Option<String> {
    let scope = view.scope();
    let declared = scope.let_named(name)?;
    let item = item_of(view, |kind| matches!(kind, ItemKind::Let(other) if other.name.span == declared.name.span))?;
    let kind = match declared.kind {
        LetKind::Territory => "A territory",
        LetKind::Segment => "A segment",
        LetKind::Let if scope.is_condition(declared) => "A named condition",
        LetKind::Let => "A named value",
    };
    let out = view.loaded.project.as_ref().and_then(|project| written_out(project, name));
    let said = match out {
        Some(out) => format!("{kind}; written out:\n\n{}", code(&out)),
        None => match view.loaded.project.as_ref().and_then(|project| type_of(project, name)) {
            Some(ty) => format!("{kind} of type `{ty}`."),
            None => format!("{kind}."),
        },
    };
    Some(join([Some(code(&line(view.text(item.span)))), Some(said)]))
}

/// A named condition without the names it is made of; `None` if it is made of none.
fn written_out(project: &Project, name: &str) -> Option<String> {
    let named = project.conditions.iter().find(|named| named.name == name)?;
    let out = expanded(project, &named.condition);
    (out != project.condition_text(&named.condition)).then_some(out)
}

fn expanded(project: &Project, condition: &Condition) -> String {
    let nested = |part: &Condition| {
        let inner = within_names(project, part);
        let text = expanded(project, inner);
        if matches!(inner, Condition::And(_) | Condition::Or(_)) { format!("({text})") } else { text }
    };
    let joined = |parts: &[Condition], word: &str| parts.iter().map(nested).collect::<Vec<String>>().join(word);
    match within_names(project, condition) {
        Condition::And(parts) => joined(parts, " and "),
        Condition::Or(parts) => joined(parts, " or "),
        Condition::Not(inner, _) => format!("not {}", nested(inner)),
        other => project.condition_text(other),
    }
}

fn within_names<'p>(project: &'p Project, mut condition: &'p Condition) -> &'p Condition {
    while let Condition::Named(id, _) = condition {
        condition = &project.conditions[*id].condition;
    }
    condition
}

fn type_of(project: &Project, name: &str) -> Option<String> {
    let value = project.lets.iter().find(|named| named.name == name)?.value;
    match &project.values[value].ty {
        crate::cell::Type::Row(table) => Some(format!("row of {}", project.tables[*table].name)),
        ty => Some(ty.to_string()),
    }
}

// --- Policies and rules ---------------------------------------------------------------------------

fn policy(view: &View, name: &str, counts: Option<&Counts>) -> Option<String> {
    let scope = view.scope();
    let policy = scope.policy_named(name)?;
    let head = match (mark(policy), &policy.description) {
        (Some(mark), Some(about)) => format!("{mark} policy {name} {}", view.text(about.span)),
        (Some(mark), None) => format!("{mark} policy {name}"),
        (None, Some(about)) => format!("policy {name} {}", view.text(about.span)),
        (None, None) => format!("policy {name}"),
    };
    let route_type = match mark(policy) {
        Some(mark) => format!("Route type `{mark}`"),
        None => "Without a route type".to_owned(),
    };
    let said = format!("{route_type}; {}.", count(policy.entries.len(), "rule"));
    let from = view.loaded.project.as_ref().map(|project| entered_from(project, name));
    let sample = counts.map(|counts| format!("{} get here.", share(counts, counts.of_policy(name))));
    Some(join([Some(code(&head)), Some(said), from, sample]))
}

fn entered_from(project: &Project, name: &str) -> String {
    let is_this = |policy: crate::ids::PolicyId| project.policies[policy].name == name;
    let go = |rule: &&Rule| matches!(&rule.action, crate::policy::Action::GoTo(policy) if is_this(policy.node));
    let rules = project.rules.iter().filter(go);
    let from: BTreeSet<String> =
        rules.map(|rule| format!("`{}.{}`", project.policies[rule.policy].name, rule.name)).collect();
    let start = is_this(project.start.node).then(|| "Leads start here.".to_owned());
    let from: Vec<String> = from.into_iter().collect();
    let sent = match from.len() {
        0 => None,
        1..=MOST_LISTED => Some(format!("Leads are sent here by {}.", from.join(", "))),
        many => Some(format!("Leads are sent here by {}.", count(many, "rule"))),
    };
    match (start, sent) {
        (None, None) => "No rule sends leads here.".to_owned(),
        (start, sent) => start.into_iter().chain(sent).collect::<Vec<String>>().join(" "),
    }
}

fn rule(view: &View, policy: &str, name: &str, counts: Option<&Counts>) -> Option<String> {
    let scope = view.scope();
    let entries = &scope.policy_named(policy)?.entries;
    let is_this = |entry: &&Entry| matches!(&entry.kind, EntryKind::Rule { name: other, .. } if other.node == name);
    let entry = entries.iter().find(is_this)?;
    Some(join([
        Some(code(&unindented(view.text(entry.span)))),
        Some(format!("A rule of the policy `{policy}`.")),
        counts.map(|counts| taken(counts, counts.of_rule(policy, name))),
    ]))
}

/// The `otherwise` or `each row of` at an offset: rules without a name.
fn otherwise_at(view: &View, offset: u32) -> Option<Span> {
    let policies = view.loaded.trees.iter().flat_map(|tree| &tree.items).filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) => Some(policy),
        _ => None,
    });
    let heads = policies.flat_map(|policy| &policy.entries).filter_map(|entry| match &entry.kind {
        EntryKind::EachRow { head, .. } | EntryKind::Otherwise { head } => Some(*head),
        EntryKind::Rule { .. } => None,
    });
    heads.into_iter().find(|head| head.start <= offset && offset <= head.end)
}

fn about_rule_at(view: &View, head: Span, counts: Option<&Counts>) -> Option<String> {
    let project = view.loaded.project.as_ref()?;
    let counts = counts?;
    let rule = project.rules.iter().find(|rule| rule.head == head)?;
    let policy = &project.policies[rule.policy].name;
    match rule.origin {
        Origin::Row(..) => None,
        Origin::Rule | Origin::Otherwise => Some(taken(counts, counts.of_rule(policy, &rule.name))),
    }
}

/// `Of the 9 leads in `leads.csv`, 6 get here and it takes 2.`
fn taken(counts: &Counts, Count { reached, taken }: Count) -> String {
    format!("{} get here, and it takes {taken}.", share(counts, reached))
}

fn share(counts: &Counts, number: usize) -> String {
    let first = if counts.more { "first " } else { "" };
    format!("Of the {first}{} in `{}`, {number}", count(counts.leads, "lead"), counts.file)
}

/// A piece of text as deep as its first line.
fn unindented(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let least = rest.iter().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or(0);
    let rest = rest.iter().map(|line| format!("  {}", line.get(least..).unwrap_or_default()).trim_end().to_owned());
    std::iter::once(first.to_owned()).chain(rest).collect::<Vec<String>>().join("\n")
}

// --- Queues and people ----------------------------------------------------------------------------

fn queue(view: &View, name: &str) -> Option<String> {
    let scope = view.scope();
    let Meaning::Queue(id) = scope.all.find_other(name)? else { return None };
    let item = scope.all.queues[id].item;
    Some(join([Some(code(view.text(item.span))), Some("A queue, from which reps pull leads.".to_owned())]))
}

fn rep(view: &View, id: RepId) -> String {
    let rep = &view.roster.reps[id];
    let roster = &view.roster;
    let teams = roster.teams.iter().filter(|team| team.members.iter().any(|member| member.rep == id));
    let teams: Vec<String> = teams.map(|team| format!("`{}`", team.name)).collect();
    let lines = [
        rep.email.as_ref().map(|email| format!("e-mail {email}")),
        rep.manager.map(|manager| format!("manager `{}`", roster.reps[manager].name)),
        Some(teams).filter(|teams| !teams.is_empty()).map(|teams| format!("in {}", teams.join(", "))),
        Some(format!("weight {}", rep.weight.normalize())),
        rep.capacity.map(|capacity| format!("at most {} at a time", count(capacity as usize, "open lead"))),
        rep.daily.map(|daily| format!("at most {} a day", count(daily as usize, "lead"))),
        Some(&rep.skills).filter(|skills| !skills.is_empty()).map(|skills| format!("skills {}", skills.join(", "))),
        rep.hours.as_ref().map(|hours| format!("works {hours}")),
        Some(away(rep)).filter(|away| !away.is_empty()).map(|away| format!("away {away}")),
        rep.left.map(|left| format!("left on {left}")),
    ];
    let lines: Vec<String> = lines.into_iter().flatten().map(|line| format!("- {line}")).collect();
    let name = rep.full_name.as_deref().map(|full| format!(", {full}")).unwrap_or_default();
    format!("**{}**{name}, a rep\n\n{}", rep.name, lines.join("\n"))
}

fn away(rep: &Rep) -> String {
    let days = rep.away.iter().take(5).map(|days| {
        if days.first == days.last { days.first.to_string() } else { format!("{} to {}", days.first, days.last) }
    });
    days.collect::<Vec<String>>().join(", ")
}

fn team(view: &View, id: TeamId) -> String {
    let team = &view.roster.teams[id];
    let all: Decimal = team.members.iter().map(|member| view.roster.weight(*member)).sum();
    let line = |member: &Member| {
        let rep = &view.roster.reps[member.rep];
        let weight = view.roster.weight(*member);
        let share = match weight.checked_div(all) {
            Some(share) => format!(", {} %", (share * Decimal::ONE_HUNDRED).round_dp(1).normalize()),
            None => String::new(),
        };
        let skills = if rep.skills.is_empty() { String::new() } else { format!("; {}", rep.skills.join(", ")) };
        format!("- `{}`, weight {}{share}{skills}", rep.name, weight.normalize())
    };
    let mut lines: Vec<String> = team.members.iter().take(MOST_LISTED).map(line).collect();
    if team.members.len() > MOST_LISTED {
        lines.push(format!("- and {} more", team.members.len() - MOST_LISTED));
    }
    let methods = view.loaded.project.as_ref().map(|project| methods(project, id)).unwrap_or_default();
    let turns = if methods.is_empty() {
        None
    } else {
        Some(format!("Takes turns by {}.", methods.into_iter().collect::<Vec<String>>().join(", ")))
    };
    let head = format!("**{}**, a team of {}", team.name, team.members.len());
    join([Some(head), Some(lines.join("\n")), turns])
}

/// How the members of a team take turns, wherever the policies send leads to it.
fn methods(project: &Project, team: TeamId) -> BTreeSet<String> {
    let links = project.chains().flat_map(|chain| &chain.links);
    let methods = links.filter_map(|link| match &link.kind {
        DestinationKind::Team(choice) if choice.team == team => choice.method,
        _ => None,
    });
    methods
        .map(|method| match method {
            Method::RoundRobin => "round robin".to_owned(),
            Method::Weight => "weight".to_owned(),
            Method::Load => "load".to_owned(),
            Method::BalanceOf(field) => format!("balance of {}", project.lead.fields[field].name),
        })
        .collect()
}

fn skill(view: &View, name: &str) -> String {
    let have = view.roster.reps.iter().filter(|rep| rep.skills.iter().any(|skill| skill == name));
    let have: Vec<String> = have.map(|rep| format!("`{}`", rep.name)).collect();
    match have.is_empty() {
        true => format!("The skill `{name}`, which nobody has."),
        false => format!("The skill `{name}`; {} have it.", have.join(", ")),
    }
}

// --- Findings -------------------------------------------------------------------------------------

/// The pages of what was found at an offset, each once.
fn pages(findings: &[Finding], offset: u32) -> Vec<String> {
    let here = findings.iter().filter(|finding| finding.span.start <= offset && offset <= finding.span.end);
    let codes: BTreeSet<Code> = here.map(|finding| finding.code).collect();
    codes.into_iter().map(page).collect()
}

/// A code's page, its headings no larger than what stands beside it.
fn page(code: Code) -> String {
    let smaller = |line: &str| match line.strip_prefix('#') {
        Some(heading) => format!("**{}**", heading.trim_start_matches('#').trim()),
        None => line.replace("```rules", "```pointsman"),
    };
    code.page().lines().map(smaller).collect::<Vec<String>>().join("\n").trim_end().to_owned()
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn item_of(view: &View, is_wanted: impl Fn(&ItemKind) -> bool) -> Option<&Item> {
    view.loaded.trees.iter().flat_map(|tree| &tree.items).find(|item| is_wanted(&item.kind))
}
