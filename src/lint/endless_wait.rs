//! `endless-wait`: a queue from which nothing ever takes an unclaimed lead: it has no `after`, or its
//! `after`s only hand the lead from queue to queue in a circle.

use std::collections::BTreeSet;

use super::{Facts, Lint};
use crate::cell::Cell;
use crate::diagnostic::{Code, Finding};
use crate::ids::QueueId;
use crate::policy::{Chain, DestinationKind, Project, Queue};

pub const LINT: Lint = Lint { code: Code::EndlessWait, find };

fn find(facts: &Facts) -> Vec<Finding> {
    let project = facts.project;
    let used = used(project);
    let queues = project.queues.iter_with_ids().filter(|(id, _)| used.contains(id));
    queues.filter_map(|(id, queue)| finding(project, id, queue)).collect()
}

fn finding(project: &Project, id: QueueId, queue: &Queue) -> Option<Finding> {
    let message = format!("a lead that nobody claims waits in queue `{}` for ever", queue.name);
    if queue.after.is_empty() {
        return Some(
            Finding::new(LINT.code, queue.name_span, message)
                .at("has no `after`")
                .help("say who takes it in the end, e.g. `after 1 day assign rep …`"),
        );
    }
    if leaves(project, id) || !circles(project, id) {
        return None;
    }
    let mut finding = Finding::new(LINT.code, queue.name_span, format!("{message}, as queues hand it round"))
        .at("its `after`s only lead to queues")
        .help("let one of the queues assign to a rep or a team in the end");
    for expiry in &queue.after {
        finding = finding.also(expiry.chain.span, "to a queue again");
    }
    Some(finding)
}

/// The queues that a chain, an `after` or a table names.
fn used(project: &Project) -> BTreeSet<QueueId> {
    let mut used: BTreeSet<QueueId> = project.chains().flat_map(queues_in).collect();
    let cells = project.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &*row.cells);
    used.extend(cells.filter_map(|cell| if let Cell::Queue(queue) = cell { Some(*queue) } else { None }));
    used
}

fn queues_in(chain: &Chain) -> impl Iterator<Item = QueueId> + '_ {
    chain.links.iter().filter_map(|link| if let DestinationKind::Queue(queue) = link.kind { Some(queue) } else { None })
}

/// The queues that a lead may be in after it has been in this one.
fn onward(project: &Project, from: QueueId) -> BTreeSet<QueueId> {
    let mut reached = BTreeSet::new();
    let mut rest = vec![from];
    while let Some(queue) = rest.pop() {
        let next = project.queues[queue].after.iter().flat_map(|expiry| queues_in(&expiry.chain));
        rest.extend(next.filter(|next| reached.insert(*next)).collect::<Vec<QueueId>>());
    }
    reached
}

/// Whether an `after` on the way leads to somebody who is no queue.
fn leaves(project: &Project, from: QueueId) -> bool {
    let is_somebody = |chain: &Chain| chain.links.iter().any(|link| !matches!(link.kind, DestinationKind::Queue(_)));
    let mut queues = onward(project, from);
    queues.insert(from);
    queues.into_iter().any(|queue| project.queues[queue].after.iter().any(|expiry| is_somebody(&expiry.chain)))
}

/// Whether every queue on the way has an `after`; if one has none, that one is found.
fn circles(project: &Project, from: QueueId) -> bool {
    onward(project, from).into_iter().all(|queue| !project.queues[queue].after.is_empty())
}
