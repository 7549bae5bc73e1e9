//! How benchmarks print what they measured.

use std::time::Duration;

/// The median of some times, with the least and the most.
pub(crate) fn report(what: &str, times: impl IntoIterator<Item = Duration>) {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    let [min, median, max] =
        [0, times.len() / 2, times.len() - 1].map(|at| times[at].as_secs_f64() * 1e3);
    println!(
        "{what:58} median {median:.2} ms (min {min:.2}, max {max:.2}, n = {})",
        times.len()
    );
}
