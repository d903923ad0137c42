//! Work that is dropped in the middle, at a moment that the test chooses.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Polls so many times, then drops, at once or when there would have been something to go on with.
pub async fn polled<T>(work: impl Future<Output = T>, polls: u64, late: bool) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 && !late => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
