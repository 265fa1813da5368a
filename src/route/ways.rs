//! The ways on which leads came to where they are, each once.
//!
//! A way is the rules that took a lead on, the destinations that were tried for it, and who of them could
//! not take it and why. A million leads come on a few hundred ways, so a ledger keeps each once. To know a way
//! again must cost next to nothing: why somebody cannot take a lead is only worked out anew when who can
//! has changed since ([`Glance`]).

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::assign::{self, Attempt, Candidate, Credit, Glance, Meant, Standing, Taker};
use crate::ids::{Id, PolicyId, RepId, RuleId};
use crate::io::plain;
use crate::policy::{Chain, Project};
use crate::route::{Fate, Routed};
use crate::source::Span;
use crate::trace::{Observer, Trace, Verdict};

/// Watches which rules take the lead on, and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(pub Vec<RuleId>);

impl Path {
    /// Adds the rules of a trace that took the lead on.
    pub fn follow(&mut self, trace: &Trace) {
        let last = trace.steps().filter_map(|step| step.tried.last());
        self.0.extend(last.filter(|tried| tried.verdict == Verdict::Held).map(|tried| tried.rule));
    }
}

impl Observer for Path {
    const COMPLETE: bool = false;

    fn enter(&mut self, _: PolicyId) {}
    fn compared(&mut self, _: bool) {}
    fn open(&mut self) {}
    fn close(&mut self, _: bool) {}
    fn tried(&mut self, rule: RuleId, verdict: Verdict) {
        if verdict == Verdict::Held {
            self.0.push(rule);
        }
    }
}

/// Watches the destinations that are tried, and keeps each that differs from all before.
#[derive(Debug, Default)]
pub struct Tried {
    kept: Vec<Attempt>,
    /// The latest attempt at a link, and the turnover at which it was made.
    latest: FxHashMap<Link, (u64, u32)>,
    at_link: FxHashMap<Link, Vec<u32>>,
    /// What was tried for the lead, in order.
    seen: Vec<u32>,
}

/// Where a link is written, and whom it means.
type Link = (Span, Meant);

impl assign::Observer for Tried {
    fn tried(&mut self, glance: Glance<'_>, attempt: impl FnOnce() -> Attempt) {
        let link = (glance.span, glance.meant.clone());
        let number = match self.latest.get(&link) {
            Some((turnover, number)) if *turnover == glance.turnover => *number,
            Some(_) | None => {
                let number = self.number_of(link.clone(), &attempt());
                self.latest.insert(link, (glance.turnover, number));
                number
            }
        };
        self.seen.push(number);
    }
}

impl Tried {
    fn number_of(&mut self, link: Link, attempt: &Attempt) -> u32 {
        let numbers = self.at_link.entry(link).or_default();
        if let Some(known) = numbers.iter().find(|known| is_alike(&self.kept[**known as usize], attempt)) {
            return *known;
        }
        let number = u32::try_from(self.kept.len()).expect("far fewer than four billion ways");
        numbers.push(number);
        self.kept.push(attempt.clone());
        number
    }

    /// What was tried for the lead.
    fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.seen.iter().map(|number| &self.kept[*number as usize])
    }
}

/// Whether the same people were asked, and the same kept each of them; whose turn it was does not count.
fn is_alike(one: &Attempt, other: &Attempt) -> bool {
    let same = |(one, other): (&Candidate, &Candidate)| {
        one.rep == other.rep && one.why_not == other.why_not && share(one) == share(other)
    };
    one.candidates.len() == other.candidates.len() && one.candidates.iter().zip(&other.candidates).all(same)
}

/// A member's part of the lead, if the team takes turns.
fn share(candidate: &Candidate) -> Option<Credit> {
    match candidate.standing {
        Some(Standing::Rotation { share, .. }) => Some(share),
        Some(Standing::Load { .. } | Standing::Balance { .. }) | None => None,
    }
}

/// Watches one lead after another.
#[derive(Debug, Default)]
pub struct Ways {
    path: Vec<RuleId>,
    tried: Tried,
    owners: FxHashMap<String, u32>,
    key: Vec<u32>,
}

impl Ways {
    /// Who watches the destinations of the next lead, which came by a path.
    pub fn watch(&mut self, path: &[RuleId]) -> &mut Tried {
        self.path.clear();
        self.path.extend_from_slice(path);
        self.tried.seen.clear();
        &mut self.tried
    }

    /// What somebody else has seen of a lead.
    pub fn take(&mut self, path: &[RuleId], chain: &Chain, attempts: &[Attempt]) {
        self.watch(path);
        for attempt in attempts {
            let number = self.tried.number_of((chain.links[attempt.link].span, attempt.meant.clone()), attempt);
            self.tried.seen.push(number);
        }
    }

    /// What tells the lead's way, and where it ended, from all others.
    pub fn key(&mut self, routed: &Routed, owner: &str) -> &[u32] {
        const END: u32 = u32::MAX;
        self.key.clear();
        self.key.extend(self.path.iter().map(|rule| number(*rule)));
        self.key.push(END);
        self.key.extend(&self.tried.seen);
        self.key.push(END);
        let (fate, whose) = match routed.fate {
            Fate::Rep(rep) => (0, number(rep)),
            Fate::Queue(queue) => (1, number(queue)),
            Fate::Kept => (2, self.owner(owner)),
            Fate::Rejected => (3, 0),
            Fate::Lost => (4, 0),
        };
        self.key.extend([fate, whose]);
        &self.key
    }

    fn owner(&mut self, owner: &str) -> u32 {
        if let Some(known) = self.owners.get(owner) {
            return *known;
        }
        let number = u32::try_from(self.owners.len()).expect("far fewer than four billion owners");
        self.owners.insert(owner.to_owned(), number);
        number
    }

    /// The destination that took the lead.
    pub fn took(&self, taker: Option<Taker>) -> Option<&Attempt> {
        taker.and_then(|_| self.tried.attempts().last())
    }

    /// Each member's part of the lead, where a team takes turns.
    pub fn shares(&self) -> Vec<(RepId, Credit)> {
        let candidates = self.tried.attempts().last().into_iter().flat_map(|attempt| &attempt.candidates);
        candidates.filter_map(|candidate| Some((candidate.rep, share(candidate)?))).collect()
    }

    /// The rules that took the lead on, and the destinations that were tried: who could not take it and why.
    pub fn trace(&self, project: &Project, chain: &Chain, taker: Option<Taker>) -> String {
        let mut json = String::from("{\"path\":[");
        for (place, rule) in self.path.iter().enumerate() {
            if place > 0 {
                json.push(',');
            }
            push_text(&mut json, &project.rule_name(*rule));
        }
        json.push_str("],\"tried\":[");
        let last = self.tried.seen.len().saturating_sub(1);
        for (place, attempt) in self.tried.attempts().enumerate() {
            if place > 0 {
                json.push(',');
            }
            json.push_str(&tried(project, chain, attempt, taker.filter(|_| place == last)));
        }
        json.push_str("]}");
        json
    }
}

fn number(id: impl Id) -> u32 {
    u32::try_from(id.index()).expect("ids are numbers of 32 bits")
}

fn tried(project: &Project, chain: &Chain, attempt: &Attempt, took: Option<Taker>) -> String {
    let mut json = Json::object();
    json.member("destination", &project.destination_name(&chain.links[attempt.link].kind));
    if let Meant::Nobody(why) = &attempt.meant {
        json.member("nobody", &why.to_string());
    }
    let mut skipped = Json::object();
    for candidate in &attempt.candidates {
        if let Some(why) = &candidate.why_not {
            skipped.member(&project.roster.reps[candidate.rep].name, &why.to_string());
        }
    }
    if !skipped.is_empty() {
        json.raw("skipped", &skipped.end());
    }
    match took {
        Some(Taker::Rep(rep)) => json.member("took", &project.roster.reps[rep].name),
        Some(Taker::Queue(queue)) => json.member("took", &project.queues[queue].name),
        None => {}
    }
    json.end()
}

/// A JSON object that grows.
struct Json(String);

impl Json {
    fn object() -> Json {
        Json(String::from("{"))
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }

    fn member(&mut self, name: &str, text: &str) {
        self.key(name);
        push_text(&mut self.0, text);
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.key(name);
        self.0.push_str(json);
    }

    fn key(&mut self, name: &str) {
        if !self.is_empty() {
            self.0.push(',');
        }
        push_text(&mut self.0, name);
        self.0.push(':');
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A JSON text.
pub fn push_text(json: &mut String, text: &str) {
    json.push('"');
    json.push_str(&escaped(text));
    json.push('"');
}

/// A JSON text without the quotes around it.
#[inline]
pub fn escaped(text: &str) -> Cow<'_, str> {
    // Nearly all text needs no escapes; what does is left to who knows them all.
    if plain::in_json(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let quoted = serde_json::to_string(text).expect("text is always JSON");
    Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_the_json_that_serde_makes_of_it() {
        let pieces = ["a", "\"", "\\", "\u{1f}", "\n", " ", "!", "\u{7f}", "é", "\u{80}", "\0", "日", "#", "["];
        let mut texts = vec![String::new()];
        for length in 0..24 {
            let plain = "abcdefghijklmnopqrstuvwxyz";
            texts.extend(
                (0..=length)
                    .flat_map(|at| pieces.map(|piece| format!("{}{piece}{}", &plain[..at], &plain[at..length]))),
            );
        }
        texts.extend(pieces.iter().flat_map(|one| pieces.map(|other| format!("abc{one}{other}defgh"))));
        for text in texts {
            let mut json = String::new();
            push_text(&mut json, &text);
            assert_eq!(json, serde_json::to_string(&text).unwrap());
        }
    }
}
