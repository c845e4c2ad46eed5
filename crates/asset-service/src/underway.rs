use tokio::sync::watch;

/// Counts the work behind the scenes, so that a shutdown can wait for it.
#[derive(Debug)]
pub(crate) struct Underway(watch::Sender<usize>);

/// One piece of work; it ends when this is dropped, even by a panic.
#[derive(Debug)]
pub(crate) struct Work(watch::Sender<usize>);

impl Default for Underway {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Underway {
    pub(crate) fn begin(&self) -> Work {
        self.0.send_modify(|count| *count += 1);
        Work(self.0.clone())
    }

    /// Waits until nothing is under way.
    pub(crate) async fn settled(&self) {
        let mut count = self.0.subscribe();
        // The sender is part of `self`, so it outlives this wait.
        let _ = count.wait_for(|count| *count == 0).await;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
