//! Work on a stream of items with several threads.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Batches under way per thread: enough to keep threads busy, few enough to keep memory small.
const BATCHES_PER_THREAD: usize = 8;

/// Applies `work` to every item on `threads` threads; `on_result` gets the results on the calling thread, in the order they are
/// ready, and can stop everything. Items are taken from the iterator on the calling thread, as they are needed, and handed over
/// in batches: handing over costs some microseconds, so work shorter than that wants batches of many.
///
/// `work` must not panic.
pub(crate) fn for_each<T: Send, R: Send>(
    mut items: impl Iterator<Item = T>,
    threads: NonZeroUsize,
    batch: NonZeroUsize,
    work: impl Fn(T) -> R + Sync,
    mut on_result: impl FnMut(R) -> ControlFlow<()>,
) {
    if threads.get() == 1 {
        items.map(work).try_for_each(on_result).is_continue();
        return;
    }
    let stop = AtomicBool::new(false);
    let (job_sender, job_receiver) = mpsc::channel::<Vec<T>>();
    let job_receiver = Mutex::new(job_receiver);
    thread::scope(|scope| {
        let (result_sender, result_receiver) = mpsc::channel::<Vec<R>>();
        let mut n_workers = 0_usize;
        for _ in 0..threads.get() {
            let sender = result_sender.clone();
            let (job_receiver, work, stop) = (&job_receiver, &work, &stop);
            let worker = move || loop {
                let job = job_receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                match job {
                    Ok(job) if !stop.load(Ordering::Relaxed) => {
                        if sender.send(job.into_iter().map(work).collect()).is_err() {
                            return;
                        }
                    }
                    _ => return,
                }
            };
            // A system out of threads gives fewer workers, not a panic.
            n_workers += usize::from(thread::Builder::new().spawn_scoped(scope, worker).is_ok());
        }
        drop(result_sender);
        if n_workers == 0 {
            items.map(&work).try_for_each(on_result).is_continue();
            return;
        }
        let mut n_under_way = 0_usize;
        let mut is_exhausted = false;
        loop {
            while !is_exhausted && n_under_way < n_workers * BATCHES_PER_THREAD {
                let job: Vec<T> = items.by_ref().take(batch.get()).collect();
                is_exhausted = job.len() < batch.get();
                if !job.is_empty() {
                    if job_sender.send(job).is_err() {
                        return;
                    }
                    n_under_way += 1;
                }
            }
            if n_under_way == 0 {
                break;
            }
            let Ok(results) = result_receiver.recv() else { break };
            n_under_way -= 1;
            if results.into_iter().try_for_each(&mut on_result).is_break() {
                stop.store(true, Ordering::Relaxed);
                break;
            }
        }
        drop(job_sender);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn every_item_is_worked_on_once() {
        for (n, batch) in [(1, 1), (2, 1), (7, 3), (2, 1000), (3, 2000)] {
            let mut seen = Vec::new();
            for_each(
                0..1000,
                threads(n),
                threads(batch),
                |item| item * 2,
                |result| {
                    seen.push(result);
                    ControlFlow::Continue(())
                },
            );
            seen.sort_unstable();
            assert_eq!(seen, (0..1000).map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stop_ends_the_work_soon() {
        for n in [1, 3] {
            let mut taken = 0;
            let items = (0..1_000_000).inspect(|_| taken += 1);
            for_each(items, threads(n), threads(5), |item| item, |_| ControlFlow::Break(()));
            assert!(taken <= n * BATCHES_PER_THREAD * 5, "{taken}");
        }
    }
}
