//! Every cap, with its reason.

use std::time::Duration;

/// Characters of one Discord message. Discord documentation, "Create Message".
pub const MESSAGE_CHARS: usize = 2_000;

/// Characters of a reply in all: four messages are a wall of text already.
pub const REPLY_CHARS: usize = 8_000;

/// Characters of an incoming message that reach a prompt; the rest is cut and the receipt says so.
pub const INCOMING_CHARS: usize = 4_000;

/// Messages that a channel's mailbox holds before the oldest ambient one is dropped and counted.
pub const MAILBOX: usize = 64;

/// Turns that run at once in one channel: as many as there are people who talk with different characters before a
/// channel is unreadable anyway.
pub const CHANNEL_TURNS: usize = 4;

/// How long a channel's actor waits for more before it ends (all it knows is in the store).
pub const CONVERSATION_IDLE: Duration = Duration::from_mins(5);

/// Messages of history that a scene loads.
pub const SCENE_MESSAGES: usize = 40;

/// How long the first text of a streaming reply is gathered before it is shown: a reply that is whole by then
/// needs one request only.
pub const FIRST_SHOW: Duration = Duration::from_millis(700);

/// Time between two edits of a streaming reply. Discord allows five edits in five seconds per channel; webhook
/// edits share that order of magnitude.
pub const EDIT_EVERY: Duration = Duration::from_millis(1_200);

/// When a member who waits is shown that the character is typing.
pub const TYPING_AFTER: Duration = Duration::from_millis(300);

/// Discord shows "typing" for ten seconds; it is renewed before.
pub const TYPING_EVERY: Duration = Duration::from_secs(8);

/// The longest a turn may take, model included.
pub const TURN_DEADLINE: Duration = Duration::from_mins(3);

/// How old a staged post must be before its absence in the channel proves that it was never made: a request that
/// was on the wire when the process died may still arrive.
pub const RECONCILE_AFTER: Duration = Duration::from_secs(2);

/// Missed messages that are fetched per channel after a restart.
pub const BACKFILL_MESSAGES: usize = 100;

/// A missed message older than this is remembered but no longer answered: the conversation has moved on.
pub const BACKFILL_AGE: Duration = Duration::from_mins(15);

/// How soon after an answer its receiver's next message, addressed to nobody, still belongs to the conversation.
pub const FOLLOW_UP: Duration = Duration::from_mins(2);

/// Names in the cast of a bot.
pub const CHARACTERS: usize = 500;

/// Pictures that one answer looks at: each costs about as many tokens as a page of text.
pub const PICTURES: usize = 4;

/// Characters that answer one message, one after the other: who names more names a crowd.
pub const ANSWERERS: usize = 3;

/// Replies of a turn that are kept to choose from: more nobody pages through.
pub const ALTERNATIVES: usize = 8;

/// Characters of its own that a guild keeps.
pub const GUILD_CARDS: usize = 50;

/// Lorebooks that a guild keeps.
pub const GUILD_BOOKS: usize = 50;

/// Bytes of a guild's character card: a picture of several megabytes with a text in it.
pub const CARD_BYTES: usize = 20 * 1024 * 1024;

/// Bytes of a guild's lorebook: some thousand long entries.
pub const BOOK_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of all of a guild's cards and books, so that nobody fills the disk.
pub const GUILD_LIBRARY_BYTES: u64 = 256 * 1024 * 1024;

/// How long what is kept of a server stays after the bot was removed from it. Long enough that a mistake, a quarrel or
/// a change of hands costs nobody their characters; after it nobody has a use for what people said there (Discord
/// Developer Policy: data is kept no longer than necessary).
pub const LEFT_GUILD_KEPT: Duration = Duration::from_hours(30 * 24);

/// Rooms whose memories may be told in one place: a guild has at most 500 channels (Discord documentation, "Create
/// Guild Channel"), and a thread counts beside them.
pub const ROOMS: usize = 501;

/// Remembered lines of a channel: half a year of a lively one, and with their vectors some 50 MB. The oldest go first.
pub const CHANNEL_LINES: usize = 50_000;

/// Facts about a person on a server: more than anybody could look through. What is over goes first, then what matters
/// least.
pub const PERSON_FACTS: usize = 1_000;

/// Episodes of a channel: years of it. The oldest go first, those of higher levels stay longer since they are fewer.
pub const CHANNEL_EPISODES: usize = 5_000;

/// Documents of a guild, so that nobody fills the disk.
pub const GUILD_DOCUMENTS: usize = 200;

/// Documents that are everybody's: the operator's own.
pub const DOCUMENTS: usize = 2_000;

/// Passages of a document: a thick book. They are put in one transaction that others wait for.
pub const DOCUMENT_PASSAGES: usize = 5_000;

/// Parts of at most so many passages that a very large document is kept in: 50 MB of prose.
pub const DOCUMENT_PARTS: usize = 16;

/// Bytes of a text or Markdown document: a library's worth, and all of it is in memory while it is read.
pub const DOCUMENT_TEXT_BYTES: usize = 64 << 20;

/// Bytes of a web page: its tree takes some twenty times that.
pub const DOCUMENT_PAGE_BYTES: usize = 8 << 20;

/// Bytes of a PDF, most of them pictures as a rule.
pub const DOCUMENT_PDF_BYTES: usize = 32 << 20;

/// Bytes of all files that a guild's managers uploaded as documents, so that nobody fills the disk.
pub const GUILD_DOCUMENT_BYTES: u64 = 64 << 20;
