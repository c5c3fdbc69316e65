//! Reading what strangers made, in threads of its own: a reader may panic, and it may take longer than anybody waits.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, oneshot};

/// The stack of a reader. Only what is used of it takes memory.
const STACK_BYTES: usize = 16 << 20;

/// Room for so many readers at once, and for some that go on after nobody waits for them any more; beyond that
/// nothing is read.
#[derive(Debug)]
pub(crate) struct Readers {
    room: Semaphore,
    /// Threads that live, those that nobody waits for included.
    living: AtomicUsize,
    most: usize,
    patience: Duration,
}

/// Nothing came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It took too long, or others do.
    Late,
    /// The reader died of it.
    Died,
}

impl Unread {
    /// As the rest of a sentence that begins with a file's name.
    pub(crate) fn why(self) -> String {
        match self {
            Self::Late => "could not be read in time".to_owned(),
            Self::Died => "is damaged".to_owned(),
        }
    }
}

impl Readers {
    pub(crate) const fn new(at_once: usize, astray: usize, patience: Duration) -> Self {
        let (room, living) = (Semaphore::const_new(at_once), AtomicUsize::new(0));
        Self { room, living, most: at_once + astray, patience }
    }

    /// Reads, unless that takes too long. The reader may ask whether anybody waits for it still.
    pub(crate) async fn run<T: Send + 'static>(
        &'static self,
        reader: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Result<T, Unread> {
        let reading = async {
            // Given back when nobody waits any more: a reader that went astray does not stand in the others' way.
            let _permit = self.room.acquire().await.map_err(|_| Unread::Late)?;
            let place = self.take().ok_or(Unread::Late)?;
            let (done, read) = oneshot::channel();
            let thread = std::thread::Builder::new().name("reader".to_owned()).stack_size(STACK_BYTES);
            let spawned = thread.spawn(move || {
                // In this order: whoever hears that it is over finds the place free.
                let done = done;
                let place = place;
                let read = reader(&|| !done.is_closed());
                drop(place);
                let _ = done.send(read);
            });
            spawned.map_err(|_| Unread::Late)?;
            // The sender goes without a word if the reader panics, which its own report tells of.
            read.await.map_err(|_| Unread::Died)
        };
        tokio::time::timeout(self.patience, reading).await.unwrap_or(Err(Unread::Late))
    }

    fn take(&'static self) -> Option<Place> {
        let room = |living: usize| (living < self.most).then_some(living + 1);
        self.living.try_update(Ordering::AcqRel, Ordering::Acquire, room).ok().map(|_| Place(&self.living))
    }
}

/// A thread's place among those that live, until it ends, however that is.
struct Place(&'static AtomicUsize);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_panics_gives_its_place_back() {
        static READERS: Readers = Readers::new(1, 0, Duration::from_secs(40));
        for _ in 0..3 {
            assert_eq!(READERS.run(|_| panic!("as expected")).await, Err::<(), _>(Unread::Died));
            assert_eq!(READERS.run(|_| 7).await, Ok(7));
        }
    }

    #[test]
    fn readers_that_went_astray_leave_room_for_others_and_are_bounded() {
        static READERS: Readers = Readers::new(2, 6, Duration::ZERO);
        let mut places: Vec<_> = std::iter::from_fn(|| READERS.take()).collect();
        assert_eq!(places.len(), 8);
        places.pop();
        assert!(READERS.take().is_some(), "whoever ends gives its place back");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_reader_that_goes_astray() {
        static READERS: Readers = Readers::new(1, 1, Duration::from_millis(1));
        let (done, ended) = std::sync::mpsc::channel();
        let astray = move |waits: &dyn Fn() -> bool| {
            while waits() {
                std::thread::yield_now();
            }
            done.send(())
        };
        assert_eq!(READERS.run(astray).await, Err(Unread::Late));
        assert_eq!(ended.recv(), Ok(()), "it hears that nobody waits any more");
    }
}
