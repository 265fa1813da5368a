//! Independent questions on all cores; the answers come in the order of the questions.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many questions are taken at once: enough to be worth the lock, few enough to share.
const BATCH: usize = 16;

/// The answers to all questions, in their order, however many cores there are.
pub fn map<Q: Sync, A: Send>(questions: &[Q], answer: impl Fn(&Q) -> A + Sync) -> Vec<A> {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(questions.len().div_ceil(BATCH));
    if cores <= 1 {
        return questions.iter().map(answer).collect();
    }
    let next = AtomicUsize::new(0);
    let batches: Mutex<Vec<(usize, Vec<A>)>> = Mutex::new(Vec::new());
    let work = || {
        loop {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= questions.len() {
                return;
            }
            let batch = &questions[from..questions.len().min(from + BATCH)];
            let answers = batch.iter().map(&answer).collect();
            batches.lock().expect("nobody panics with the lock").push((from, answers));
        }
    };
    thread::scope(|scope| {
        for _ in 1..cores {
            scope.spawn(work);
        }
        work();
    });
    let mut batches = batches.into_inner().expect("nobody panics with the lock");
    batches.sort_by_key(|(from, _)| *from);
    batches.into_iter().flat_map(|(_, answers)| answers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let questions: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&questions, |question| question * 2), (0..1000).map(|n| n * 2).collect::<Vec<_>>());
    }
}
