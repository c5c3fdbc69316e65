//! What strangers brought is read beside the threads that serve everybody: a card of a megabyte in a picture takes a
//! while, and a guild has fifty of them.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use super::{Card, CardFileError, Problem, read, showable};

/// Readers at the same time in the whole process: a picture that is made smaller takes 130 MB for a moment.
const READERS: usize = 2;

/// Runs a reader on a thread where it may take its time. `None` if it died of what it read.
///
/// Whoever waits may go away: the reader ends by itself, and its place is taken until then.
pub(crate) async fn aside<T: Send + 'static>(reader: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(READERS));
    let place = ROOM.acquire().await.ok()?;
    let reading = tokio::task::spawn_blocking(move || {
        let _place = place;
        reader()
    });
    match reading.await {
        Ok(read) => Some(read),
        Err(error) => {
            tracing::error!(%error, "a reader died of what it read");
            None
        }
    }
}

/// As [`read`], aside.
pub(crate) async fn read_aside(bytes: Vec<u8>, filename: String) -> Result<Card, CardFileError> {
    let file = showable(&filename);
    let lost = || CardFileError { file, problem: Problem::Unreadable("its reader gave up".to_owned()) };
    aside(move || read(&bytes, &filename)).await.ok_or_else(lost)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_dies_takes_no_place_with_it() {
        for _ in 0..READERS * 2 {
            assert_eq!(aside(|| panic!("on purpose")).await, None::<()>);
        }
        assert_eq!(aside(|| 7).await, Some(7));
    }

    #[tokio::test]
    async fn what_is_no_card_is_told_as_ever() {
        let error = read_aside(b"{".to_vec(), "a.json".to_owned()).await.unwrap_err();
        assert!(error.to_string().starts_with("a.json: "), "{error}");
    }
}
