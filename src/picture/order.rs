//! In which order the lanes stand: as leads go through the policies, so that nearly all arrows point onwards.

use std::collections::BTreeSet;

use crate::ids::{IdVec, PolicyId};
use crate::policy::{Action, Project};

/// Every policy once, with the number of the search that found it. From the start in the order in which a lead can meet them (a reversed postorder of the
/// depth-first search, in which only what leads round in a circle points backwards), then those that nothing
/// leads to, whose ways into what was found before are no circles.
pub fn lanes(project: &Project) -> Vec<(PolicyId, usize)> {
    let mut visited = IdVec::from(vec![false; project.policies.len()]);
    let mut order = Vec::new();
    for (search, from) in std::iter::once(project.start.node).chain(project.policies.ids()).enumerate() {
        let found = reversed_postorder(project, from, &mut visited);
        order.extend(found.into_iter().map(|policy| (policy, search)));
    }
    order
}

/// With a stack of its own: a chain of ten thousand policies is no danger.
fn reversed_postorder(project: &Project, from: PolicyId, visited: &mut IdVec<PolicyId, bool>) -> Vec<PolicyId> {
    if std::mem::replace(&mut visited[from], true) {
        return Vec::new();
    }
    let mut finished = Vec::new();
    let mut stack = vec![(from, onward(project, from))];
    while let Some((policy, rest)) = stack.last_mut() {
        match rest.pop() {
            Some(next) if !visited[next] => {
                visited[next] = true;
                stack.push((next, onward(project, next)));
            }
            Some(_) => {}
            None => {
                finished.push(*policy);
                stack.pop();
            }
        }
    }
    finished.reverse();
    finished
}

/// Where a policy's rules hand leads on, each once; the search takes the last first, so that the first
/// stands first.
fn onward(project: &Project, policy: PolicyId) -> Vec<PolicyId> {
    let mut seen = BTreeSet::new();
    let next = project.policies[policy].rules.iter().filter_map(|rule| match &project.rules[*rule].action {
        Action::GoTo(next) => Some(next.node).filter(|next| seen.insert(*next)),
        Action::Assign(_) | Action::Reject(_) | Action::KeepOwner => None,
    });
    next.collect()
}
