//! Explanations of many leads, one a line: what [`json::line`] says of each, for `route --traces`.
//!
//! Nearly all of a line is the policy's own words: names of rules, comparisons as they are written, and where
//! they stand. These are made into JSON once ([`words`]). A lead then adds what it has in each field,
//! what held, and who was asked, and all of it is written straight to where it goes out.

mod words;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{json, path};
use crate::assign::{Attempt, Candidate, Credit, Meant, Standing};
use crate::cell::Cell;
use crate::ids::{FieldId, Id, IdVec, ValueId};
use crate::lead::Lead;
use crate::plan::Facts;
use crate::policy::{Project, ValueKind};
use crate::route::{self, Fate, Watched, columns};
use crate::source::SourceMap;
use crate::trace::{Part, Tried, Verdict};

use words::Words;

/// Writes explanations of a project's leads.
#[derive(Debug)]
pub struct Lines<'p> {
    project: &'p Project,
    words: Words,
}

/// Room for the lead in hand.
#[derive(Debug, Default)]
pub struct Room {
    /// What the lead has, as JSON, and where in it the text of a field or a value begins and ends.
    texts: Vec<u8>,
    fields: IdVec<FieldId, Extent>,
    values: Vec<Option<Extent>>,
    credits: Credits,
}

type Extent = (usize, usize);

impl<'p> Lines<'p> {
    /// `prefix` is put before the names of files, so that they lead there from where the user stands.
    pub fn new(project: &'p Project, sources: &SourceMap, prefix: &str) -> Lines<'p> {
        Lines { project, words: Words::of(project, sources, prefix) }
    }

    /// Bytes of a line in which every rule is tried, but for what is the lead's own.
    pub fn longest(&self) -> usize {
        self.words.longest()
    }

    /// Writes the line of a lead, with its line end.
    pub fn write(&self, watched: &Watched, room: &mut Room, out: &mut Vec<u8>) {
        let Watched { lead, routed, attempts, .. } = watched;
        out.extend_from_slice(b"{\"version\":1,\"lead\":{");
        self.push_lead(lead, room, out);
        out.extend_from_slice(b",\"steps\":[");
        self.push_steps(watched, room, out);
        match routed.rule() {
            Some(rule) => out.extend_from_slice(&self.words.rules[rule].decision),
            None => out.extend_from_slice(b",\"decision\":null"),
        }
        out.extend_from_slice(b",\"assignment\":");
        match attempts.is_empty() {
            true => out.extend_from_slice(b"null"),
            false => self.push_assignment(watched, room, out),
        }
        if routed.fate == Fate::Kept {
            push_member(out, "kept_by", &lead.owner(self.project));
        }
        if let Some(loss) = route::loss(self.project, routed) {
            push_member(out, "rejected", &loss.reason);
        }
        out.extend_from_slice(b"}\n");
    }

    fn push_lead(&self, lead: &Lead, room: &mut Room, out: &mut Vec<u8>) {
        let Room { texts, fields, values, .. } = room;
        texts.clear();
        fields.clear();
        for (field, cell) in lead.cells.iter_with_ids() {
            let from = texts.len();
            push(texts, &(*cell != Cell::Blank).then(|| lead.text(self.project, field)));
            fields.push((from, texts.len()));
            out.extend_from_slice(&self.words.fields[field]);
            out.extend_from_slice(&texts[from..]);
        }
        out.push(b'}');
        values.clear();
        values.resize(self.project.values.len(), None);
        if !lead.unread.is_empty() {
            push_member(out, "unread", &json::unread(self.project, lead));
        }
    }

    fn push_steps(&self, watched: &Watched, room: &mut Room, out: &mut Vec<u8>) {
        let facts = Facts::new(self.project, &watched.lead);
        let Words { policies, rules, .. } = &self.words;
        for (number, step) in watched.trace.steps().enumerate() {
            separate(out, number);
            out.extend_from_slice(&policies[step.policy]);
            for (number, tried) in step.tried.iter().enumerate() {
                separate(out, number);
                out.extend_from_slice(&rules[tried.rule].head);
                out.extend_from_slice(match tried.verdict {
                    Verdict::Held => b",\"matched\":true,\"in_force\":true,\"comparisons\":[",
                    Verdict::Failed => b",\"matched\":false,\"in_force\":true,\"comparisons\":[",
                    Verdict::NotInForce => b",\"matched\":false,\"in_force\":false,\"comparisons\":[",
                });
                self.push_comparisons(tried, watched, &facts, room, out);
                out.extend_from_slice(b"]}");
            }
            out.extend_from_slice(b"]}");
        }
        out.push(b']');
    }

    fn push_comparisons(
        &self,
        tried: &Tried,
        watched: &Watched,
        facts: &Facts<'_>,
        room: &mut Room,
        out: &mut Vec<u8>,
    ) {
        let mut numbers = self.words.rules[tried.rule].comparisons.iter();
        let mut is_first = true;
        watched.trace.parts(self.project, tried, |Part { comparison, held, within, decisive }| {
            let number = numbers.next().expect("a trace tells of the comparisons of the rule's condition");
            let words = &self.words.comparisons[*number as usize];
            // The words begin with a comma.
            out.extend_from_slice(&words.before[usize::from(std::mem::take(&mut is_first))..]);
            let (from, to) = room.value(comparison.value, facts);
            out.extend_from_slice(&room.texts[from..to]);
            out.extend_from_slice(if held { b",\"held\":true" } else { b",\"held\":false" });
            if let Some(condition) = within {
                out.extend_from_slice(&self.words.conditions[condition]);
            }
            out.extend_from_slice(if decisive { b",\"decisive\":true" } else { b",\"decisive\":false" });
            out.extend_from_slice(&words.span);
        });
    }

    fn push_assignment(&self, watched: &Watched, room: &mut Room, out: &mut Vec<u8>) {
        let Watched { lead, routed, attempts, .. } = watched;
        out.extend_from_slice(b"{\"assigned_to\":");
        push(out, columns::assigned_to(self.project, routed, &lead.owner(self.project)));
        push_member(out, "assigned_kind", columns::kind(routed.fate));
        out.extend_from_slice(b",\"tried\":[");
        for (number, attempt) in attempts.iter().enumerate() {
            separate(out, number);
            self.push_attempt(watched, attempt, room, out);
        }
        out.extend_from_slice(b"]}");
    }

    fn push_attempt(&self, watched: &Watched, attempt: &Attempt, room: &mut Room, out: &mut Vec<u8>) {
        let rule = watched.routed.rule().expect("destinations are tried for a rule that assigns");
        let written = &self.words.rules[rule].links[attempt.link];
        out.extend_from_slice(b"{\"destination\":");
        out.extend_from_slice(written);
        let meant = match &attempt.meant {
            Meant::Rep(rep) => &self.words.reps[*rep].meant,
            Meant::Team(team) => &self.words.teams[*team],
            Meant::Queue(queue) => &self.words.queues[*queue],
            Meant::Nobody(why) => {
                push_member(out, "nobody", &why.to_string());
                written
            }
        };
        if meant != written {
            out.extend_from_slice(b",\"meant\":");
            out.extend_from_slice(meant);
        }
        let took = attempt.took.is_some();
        out.extend_from_slice(if took { b",\"took\":true,\"members\":[" } else { b",\"took\":false,\"members\":[" });
        for (number, candidate) in attempt.candidates.iter().enumerate() {
            separate(out, number);
            self.push_candidate(candidate, &mut room.credits, out);
        }
        out.extend_from_slice(b"]}");
    }

    fn push_candidate(&self, candidate: &Candidate, credits: &mut Credits, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.words.reps[candidate.rep].asked);
        match &candidate.why_not {
            None => out.extend_from_slice(b"true,\"why\":null"),
            Some(why) => {
                out.extend_from_slice(b"false");
                push_member(out, "why", &why.to_string());
            }
        }
        out.extend_from_slice(b",\"share\":");
        match &candidate.standing {
            Some(Standing::Rotation { share, .. }) => out.extend_from_slice(credits.json(*share)),
            Some(Standing::Load { .. } | Standing::Balance { .. }) | None => out.extend_from_slice(b"null"),
        }
        push_member(out, "served", &candidate.served);
        match &candidate.standing {
            None => out.extend_from_slice(b",\"due\":null"),
            Some(Standing::Rotation { credit, due, .. }) => {
                push_member(out, "due", due);
                out.extend_from_slice(b",\"credit\":");
                out.extend_from_slice(credits.json(*credit));
            }
            Some(Standing::Load { open, weight }) => {
                out.extend_from_slice(b",\"due\":null");
                push_member(out, "open", open);
                push_member(out, "weight", &weight.normalize().to_string());
            }
            Some(Standing::Balance { total, weight }) => {
                out.extend_from_slice(b",\"due\":null");
                push_member(out, "total", &total.normalize().to_string());
                push_member(out, "weight", &weight.normalize().to_string());
            }
        }
        out.push(b'}');
    }
}

impl Room {
    /// Where the text of a value stands, which is made the first time it is looked at.
    fn value(&mut self, value: ValueId, facts: &Facts<'_>) -> Extent {
        if let ValueKind::Field(field) = facts.project.values[value].kind {
            return self.fields[field];
        }
        *self.values[value.index()].get_or_insert_with(|| {
            let from = self.texts.len();
            push(&mut self.texts, &path::shown(facts, value));
            (from, self.texts.len())
        })
    }
}

/// Credits in JSON: the same come again and again, and to divide them takes long.
#[derive(Debug, Default)]
struct Credits(FxHashMap<Credit, Box<[u8]>>);

impl Credits {
    fn json(&mut self, credit: Credit) -> &[u8] {
        const MOST: usize = 10_000;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.entry(credit).or_insert_with(|| words::json_of(&json::leads(credit)))
    }
}

fn separate(out: &mut Vec<u8>, number: usize) {
    if number > 0 {
        out.push(b',');
    }
}

/// Adds a member to an object that has some.
fn push_member(out: &mut Vec<u8>, name: &str, value: &(impl Serialize + ?Sized)) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    push(out, value);
}

fn push(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("text and numbers are always JSON, and memory takes them");
}
