//! A place in a reply where the server waits until the test says go.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Closed until [`Gate::open`]. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Never has permits; closing it lets everybody through.
    barrier: Arc<Semaphore>,
    /// One permit for everybody who arrived.
    arrived: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self { barrier: Arc::new(Semaphore::new(0)), arrived: Arc::new(Semaphore::new(0)) }
    }

    /// Lets every reply through that waits or will come.
    pub fn open(&self) {
        self.barrier.close();
    }

    /// Waits until one more reply has arrived here.
    pub async fn reached(&self) {
        if let Ok(permit) = self.arrived.acquire().await {
            permit.forget();
        }
    }

    pub(super) async fn pass(&self) {
        self.arrived.add_permits(1);
        // An error is what `open` causes; there never is a permit.
        let _ = self.barrier.acquire().await;
    }
}
