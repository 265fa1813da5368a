//! What changed beside rules and people: fields, tables, queues, assumptions, alerts.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical;
use crate::cell::quoted;
use crate::policy::{Project, Queue, QueueOrder, Table};

/// Each difference in a line, in the order of the language's reference.
pub fn compare(old: &Project, new: &Project) -> Vec<String> {
    let mut changes = Vec::new();
    let start = |project: &Project| project.policies[project.start.node].name.clone();
    one(&mut changes, "leads start at", &start(old), &start(new));
    let zone = |project: &Project| project.timezone.iana_name().unwrap_or("UTC").to_owned();
    one(&mut changes, "time zone", &zone(old), &zone(new));
    by_name(&mut changes, "field", &fields(old), &fields(new));
    by_name(&mut changes, "placeholder", &blanks(old), &blanks(new));
    by_name(&mut changes, "assumption", &assumptions(old), &assumptions(new));
    by_name(&mut changes, "queue", &queues(old), &queues(new));
    by_name(&mut changes, "alert", &alerts(old), &alerts(new));
    tables(&mut changes, old, new);
    changes
}

/// Name → what is said of it.
type Facts = BTreeMap<String, String>;

fn one(changes: &mut Vec<String>, what: &str, before: &str, after: &str) {
    if before != after {
        changes.push(format!("{what}: {before} → {after}"));
    }
}

fn by_name(changes: &mut Vec<String>, what: &str, before: &Facts, after: &Facts) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        match (before.get(name), after.get(name)) {
            (Some(_), None) => changes.push(format!("{what} {name} removed")),
            (None, Some(_)) => changes.push(format!("{what} {name} added")),
            (Some(before), Some(after)) if before != after => {
                changes.push(format!("{what} {name}: {before} → {after}"));
            }
            _ => {}
        }
    }
}

fn fields(project: &Project) -> Facts {
    let block = &project.lead;
    let field = |(id, field): (crate::ids::FieldId, &crate::policy::Field)| {
        let mut words = vec![field.ty.to_string()];
        words.extend((block.key == Some(id)).then(|| "key".to_owned()));
        words.extend(block.required.contains(&id).then(|| "required".to_owned()));
        words.extend((block.owner == Some(id)).then(|| "owner".to_owned()));
        words.extend(field.from.as_ref().map(|header| format!("from {}", quoted(header))));
        (field.name.clone(), words.join(" "))
    };
    block.fields.iter_with_ids().map(field).collect()
}

fn blanks(project: &Project) -> Facts {
    project.lead.blanks.iter().map(|blank| (quoted(blank), String::new())).collect()
}

fn assumptions(project: &Project) -> Facts {
    let written = project.assumptions.iter().map(|assumption| canonical::condition(project, &assumption.node));
    written.map(|text| (text, String::new())).collect()
}

fn alerts(project: &Project) -> Facts {
    project.alerts.iter().map(|alert| (canonical::alert(project, alert), String::new())).collect()
}

fn queues(project: &Project) -> Facts {
    project.queues.iter().map(|queue| (queue.name.clone(), queue_facts(project, queue))).collect()
}

fn queue_facts(project: &Project, queue: &Queue) -> String {
    let field = |id| project.lead.fields[id].name.as_str();
    let order = match queue.order {
        QueueOrder::OldestFirst => "oldest first".to_owned(),
        QueueOrder::NewestFirst => "newest first".to_owned(),
        QueueOrder::HighestFirst(id) => format!("highest {} first", field(id)),
        QueueOrder::LowestFirst(id) => format!("lowest {} first", field(id)),
    };
    let audience = queue.open_to.iter().map(|audience| match audience {
        crate::policy::Audience::Team(team) => format!("team {}", project.roster.teams[*team].name),
        crate::policy::Audience::Rep(rep) => format!("rep {}", project.roster.reps[*rep].name),
    });
    let audience: Vec<String> = audience.collect();
    let mut words = vec![order, format!("claim {:?}", queue.claim).to_lowercase()];
    words.extend((!audience.is_empty()).then(|| format!("open to {}", audience.join(", "))));
    words.extend(queue.lock.map(|seconds| format!("lock {}", canonical::duration(seconds))));
    let limits = [("holding", queue.holding.map(u64::from)), ("floor", queue.floor.map(u64::from))];
    words.extend(limits.iter().filter_map(|(name, limit)| limit.map(|limit| format!("{name} {limit}"))));
    words.extend(queue.skips.map(|skips| format!("skips {skips}")));
    words.extend(queue.mix.as_ref().map(|mix| {
        format!("mix at least {}% with {}", mix.percent.normalize(), canonical::condition(project, &mix.condition))
    }));
    words.extend(
        queue.first_look.as_ref().map(|look| {
            format!("first look skill {} for {}", look.skills.join(", "), canonical::duration(look.seconds))
        }),
    );
    words.extend(queue.after.iter().map(|expiry| {
        format!("after {} assign {}", canonical::duration(expiry.seconds), canonical::chain(project, &expiry.chain))
    }));
    words.join(", ")
}

/// Tables are compared by the text of their rows; how many came and went says enough.
fn tables(changes: &mut Vec<String>, old: &Project, new: &Project) {
    for table in &new.tables {
        match old.tables.iter().find(|earlier| earlier.name == table.name) {
            None => changes.push(format!("table {} added, {}", table.name, counted(table.rows.len()))),
            Some(earlier) => {
                let (before, after) = (rows(old, earlier), rows(new, table));
                let gone = before.iter().filter(|(row, count)| after.get(*row).is_none_or(|now| now < count)).count();
                let came = after.iter().filter(|(row, count)| before.get(*row).is_none_or(|then| then < count)).count();
                if gone + came > 0 {
                    changes.push(format!("table {}: {} came, {gone} went", table.name, counted(came)));
                }
            }
        }
    }
    let gone = old.tables.iter().filter(|table| !new.tables.iter().any(|later| later.name == table.name));
    changes.extend(gone.map(|table| format!("table {} removed", table.name)));
}

fn counted(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn rows(project: &Project, table: &Table) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for row in &table.rows {
        let cells = table.columns.iter().zip(&row.cells);
        let text: Vec<String> =
            cells.map(|(column, cell)| format!("{}={}", column.name, project.show_cell(&column.ty, cell))).collect();
        *rows.entry(text.join("\u{1f}")).or_insert(0) += 1;
    }
    rows
}
