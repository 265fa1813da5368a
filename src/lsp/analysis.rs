//! The lints, and the leads of the sample, on a thread of their own: typing never waits for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use jiff::Timestamp;

use super::home::Home;
use super::sample::{Counts, Sample, count};
use super::view::View;
use crate::diagnostic::Finding;
use crate::graph::DecisionGraph;
use crate::lint::{self, Levels};
use crate::plan;
use crate::policy::Project;

/// A project to be looked at.
pub struct Job {
    pub home: Home,
    pub view: Arc<View>,
    pub levels: Levels,
    pub now: Timestamp,
    pub sample: Option<Sample>,
    /// Set when the text has moved on, so that nobody waits for the answer.
    pub is_stale: Arc<AtomicBool>,
}

/// What was found.
pub struct Done {
    pub home: Home,
    pub view: Arc<View>,
    /// Or why nothing was: a mistake of this program.
    pub findings: Result<Vec<Finding>, String>,
    pub counts: Option<Counts>,
}

/// Starts the thread. It ends when nobody sends jobs any more.
pub fn start() -> (Sender<Job>, Receiver<Done>) {
    let (jobs, waiting) = unbounded::<Job>();
    let (done, answers) = unbounded();
    thread::spawn(move || {
        for job in waiting {
            if let Some(answer) = work(job)
                && done.send(answer).is_err()
            {
                return;
            }
        }
    });
    (jobs, answers)
}

/// A panic is a mistake of this program, and no reason to leave the editor without answers.
fn work(job: Job) -> Option<Done> {
    let looked = catch_unwind(AssertUnwindSafe(|| look(&job)));
    let (findings, counts) = match looked {
        Ok(looked) => looked?,
        Err(_) => (Err("the analysis stopped with a defect of pointsman: please report it".to_owned()), None),
    };
    Some(Done { home: job.home, view: job.view, findings, counts })
}

type Looked = (Result<Vec<Finding>, String>, Option<Counts>);

fn look(job: &Job) -> Option<Looked> {
    let project = job.view.loaded.project.as_ref()?;
    let is_wanted = || !job.is_stale.load(Ordering::Relaxed);
    let graph = DecisionGraph::new(project);
    let mut findings = match lint::lint_while(project, &graph, job.now, &job.levels, &is_wanted) {
        Ok(findings) => findings?,
        Err(mismatch) => return Some((Err(mismatch.to_string()), None)),
    };
    job.levels.apply(&mut findings);
    let counts = job.sample.as_ref().and_then(|sample| counts(project, job.now, sample));
    is_wanted().then_some((Ok(findings), counts))
}

fn counts(project: &Project, now: Timestamp, sample: &Sample) -> Option<Counts> {
    let today = now.to_zoned(project.timezone.clone()).date();
    count(project, &plan::compile(project, today), sample)
}
