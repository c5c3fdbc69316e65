//! What hangs on messages: pictures to look at, files to read.
//!
//! Files come from strangers. They are fetched from Discord's hosts only ([`Speaker::fetch_file`]), read by what is in
//! them and not by what they claim to be, under caps that hold before memory is given out, in a thread of their own:
//! a reader that goes astray costs that thread, for a while, and the file is refused. Pictures are decoded and encoded
//! anew, so nothing reaches a model's server but pixels.
//!
//! What cannot be read is no error: it comes back with its reason, and the character says so.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use discord::{FileError, Speaker};
use domain::{
    MessageId, Untrusted,
    event::{Attachment, Message},
    limits,
    prompt::{Attached, AttachedPicture, AttachedText, Refused},
};
use futures_util::{FutureExt as _, future};

mod kind;
pub(crate) mod pdf;
mod picture;
pub(crate) mod readers;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub(crate) use kind::Kind;
use readers::{Readers, Unread};

/// Bytes of a picture or a PDF: what anybody may upload to Discord.
const FILE_BYTES: usize = 10 << 20;

/// Bytes of a text file: more than any prompt takes, in any encoding.
const TEXT_BYTES: usize = 1 << 20;

/// Text files of one answer.
const TEXTS: usize = 3;

/// Files that are read at the same time in the whole process: a large picture takes 150 MB for a moment.
const READERS: usize = 2;

/// How long reading a file may take.
const READING: Duration = Duration::from_secs(10);

/// Readers that may go on after nobody waits for them any more.
const ASTRAY: usize = 6;

static READING_ROOM: Readers = Readers::new(READERS, ASTRAY, READING);

/// Messages just before one in which the files that it is about may be.
const BEFORE: usize = 8;

/// How old those may be.
const BEFORE_AGE: Duration = Duration::from_mins(5);

/// Where to look besides the message itself. Each costs a request to Discord, unless there is nothing to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether the model sees: what it cannot see is not fetched.
    pub sees: bool,
    /// Also at the files of the message that it replies to. Pictures of that one are looked at in any case; a
    /// message of our own has none.
    pub replied: bool,
    /// If nothing is found, also at the last message with files just before it: for questions about "this picture".
    pub before: bool,
}

/// Reads what hangs on a message, on the one that it replies to, or just before it.
pub async fn gather(speaker: &Speaker, message: &Message, look: Look) -> Attached {
    let mut wanted = of_message(message);
    if look.replied
        && let Some(reply) = &message.reply_to
    {
        // The message after the one before it: Discord has no cheaper way that we know.
        match speaker.recent(&message.place, MessageId(reply.message.0.saturating_sub(1)), 1).await {
            Ok(found) => {
                let replied = found.iter().filter(|found| found.id == reply.message);
                wanted.extend(replied.flat_map(of_message));
            }
            Err(error) => tracing::debug!(%error, "the message that is replied to cannot be read"),
        }
    }
    if look.before && wanted.is_empty() {
        // A snowflake's upper bits are milliseconds. Discord documentation, "API Reference", section "Snowflakes".
        let since = MessageId(message.id.0.saturating_sub((BEFORE_AGE.as_millis() as u64) << 22));
        match speaker.newest(&message.place, since, BEFORE).await {
            Ok(found) => {
                let earlier = found.iter().rev().filter(|found| found.id.0 < message.id.0);
                let found = earlier.map(of_message).find(|files| !files.is_empty());
                wanted.extend(found.unwrap_or_default());
            }
            Err(error) => tracing::debug!(%error, "what was sent just before cannot be read"),
        }
    }
    read_all(wanted, look.sees, speaker).await
}

/// Where files are fetched.
#[async_trait]
trait Host: Sync {
    /// At most `most` bytes.
    async fn fetch(&self, url: &str, most: usize) -> Result<Bytes, FileError>;
}

#[async_trait]
impl Host for Speaker {
    async fn fetch(&self, url: &str, most: usize) -> Result<Bytes, FileError> {
        self.fetch_file(url, most).await
    }
}

/// A file to be read.
#[derive(Clone, Debug)]
struct Wanted {
    name: Untrusted,
    url: String,
    size: Option<u64>,
    kind: Kind,
}

/// The files of a message: its own, those of its embeds, and the pictures of the message that it replies to.
fn of_message(message: &Message) -> Vec<Wanted> {
    let own = message.attachments.iter().map(|file: &Attachment| Wanted {
        name: file.filename.clone(),
        url: file.url.raw().to_owned(),
        size: Some(file.size),
        kind: Kind::claimed(file.filename.raw(), file.content_type.as_ref().map(Untrusted::raw)),
    });
    let linked = message.pictures.iter().chain(&message.replied_pictures).map(|picture| Wanted {
        name: name_of(picture.url.raw()),
        url: picture.url.raw().to_owned(),
        size: picture.size,
        kind: Kind::Picture,
    });
    own.chain(linked).collect()
}

/// The last part of an address's path.
fn name_of(url: &str) -> Untrusted {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("picture");
    Untrusted::new(name.chars().take(100).collect::<String>())
}

/// One file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    Picture(domain::chat::Picture),
    /// The text, and the characters that were cut off.
    Text(String, u32),
}

/// Fetches and reads, each file once, at most as many as an answer takes.
async fn read_all(wanted: Vec<Wanted>, sees: bool, host: &dyn Host) -> Attached {
    let mut attached = Attached::default();
    let mut seen: Vec<&str> = Vec::new();
    let (mut pictures, mut texts) = (0, 0);
    let mut chosen = Vec::new();
    for file in &wanted {
        if seen.contains(&file.url.as_str()) {
            continue;
        }
        seen.push(&file.url);
        let refuse = |why: String| Refused { name: file.name.clone(), why };
        match &file.kind {
            Kind::Picture if !sees => {
                attached.pictures.push(AttachedPicture { name: file.name.clone(), picture: None });
            }
            Kind::Picture if pictures < limits::PICTURES => {
                pictures += 1;
                chosen.push(file.clone());
            }
            Kind::Text | Kind::Pdf if texts < TEXTS => {
                texts += 1;
                chosen.push(file.clone());
            }
            Kind::Picture | Kind::Text | Kind::Pdf => {
                attached.refused.push(refuse("is one too many to look at in one go".to_owned()));
            }
            Kind::Other(what) => {
                attached.refused.push(refuse(format!("is {what}, which is not read here")));
            }
        }
    }
    let reading = chosen.iter().map(|file| fetch_and_read(file, sees, host).boxed());
    let results = future::join_all(reading).await;
    for (file, result) in chosen.iter().zip(results) {
        let name = file.name.clone();
        match result {
            Ok(Read::Picture(picture)) => {
                attached.pictures.push(AttachedPicture { name, picture: Some(picture).filter(|_| sees) });
            }
            Ok(Read::Text(text, cut_chars)) => {
                attached.texts.push(AttachedText { name, text: text.into(), cut_chars });
            }
            Err(why) => attached.refused.push(Refused { name, why }),
        }
    }
    attached
}

async fn fetch_and_read(file: &Wanted, sees: bool, host: &dyn Host) -> Result<Read, String> {
    let most = match file.kind {
        Kind::Text => TEXT_BYTES,
        _ => FILE_BYTES,
    };
    if file.size.is_some_and(|size| size > most as u64) {
        return Err(too_large(most));
    }
    let bytes = host.fetch(&file.url, most).await.map_err(|error| {
        tracing::debug!(%error, "a file is not fetched");
        match error {
            FileError::TooLarge { most } => too_large(most),
            FileError::Foreign { .. } | FileError::BadAddress | FileError::Redirected => {
                "lies somewhere that is not looked at".to_owned()
            }
            FileError::Gone => "is gone".to_owned(),
            _ => "could not be fetched".to_owned(),
        }
    })?;
    READING_ROOM.run(move |_| read(&bytes, sees)).await.map_err(Unread::why)?
}

fn too_large(most: usize) -> String {
    format!("is larger than {} MB", most >> 20)
}

/// Reads a file by what is in it.
///
/// # Errors
/// Why it is not read, as the rest of a sentence that begins with its name.
fn read(bytes: &[u8], sees: bool) -> Result<Read, String> {
    match Kind::found(bytes) {
        Kind::Picture if !sees => Err("is a picture, and pictures cannot be seen here".to_owned()),
        Kind::Picture => picture::read(bytes).map(Read::Picture),
        Kind::Pdf => pdf::read(bytes).map(|(text, cut)| Read::Text(text, cut)),
        Kind::Text => text::read(bytes).map(|(text, cut)| Read::Text(text, cut)),
        Kind::Other(what) => Err(format!("is {what}, which is not read here")),
    }
}
