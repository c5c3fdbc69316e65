//! The one list of everything that is stored, and what of it can be about a person.
//!
//! The page `docs/privacy.md`, `/privacy` and the checks of the SQL engine go by it: a table or a column that is in the
//! schema and not in here fails the build's tests.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// A person's number.
    Person,
    /// Words: a name, a text.
    Words,
    /// JSON that can hold persons' numbers and words.
    Json,
    /// The number of something that is no person: a message, a channel, a row.
    Id,
    /// Milliseconds since 1970, UTC.
    Time,
    /// Counts, kinds, names of characters: nothing of a person.
    Plain,
    /// Bytes that say nothing to a reader: vectors, an index.
    Bytes,
    /// A file's content.
    File,
}

impl Column {
    /// Whether it can hold something of a person.
    pub const fn can_hold_a_person(self) -> bool {
        matches!(self, Self::Person | Self::Words | Self::Json)
    }
}

/// How a table can hold a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Rows of its own; what erasing does to them.
    People(&'static str),
    /// Rows that belong to rows of another table and go with them.
    With(&'static str),
    /// Never, because …
    Nobody(&'static str),
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it is called for people.
    pub label: &'static str,
    /// What is in it.
    pub what: &'static str,
    /// What for.
    pub why: &'static str,
    /// For how long.
    pub until: &'static str,
    /// How it can hold a person.
    pub holds: Holds,
    /// All its columns.
    pub columns: &'static [(&'static str, Column)],
}

impl Table {
    /// The table of that name.
    pub fn of(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// What a column holds.
    pub fn column(&self, name: &str) -> Option<Column> {
        self.columns.iter().find(|(column, _)| *column == name).map(|(_, holds)| *holds)
    }
}

use Column::{Bytes, File, Id, Json, Person, Plain, Time, Words};

/// Every table, those that matter most to people first.
pub const TABLES: &[Table] = &[
    Table {
        name: "history",
        label: "Lines in channels",
        what: "The lines of a channel: each message that the characters may see, with its author's number and name, \
               and each reply of a character, with the number of the person it answers.",
        why: "A character that answers must know what was said before.",
        until: "The newest 5,000 lines of a channel; an edit or a deletion on Discord reaches it at once.",
        holds: Holds::People(
            "the person's lines go, and so do the characters' replies to them, because those repeat what they said",
        ),
        columns: &[
            ("id", Id),
            ("channel", Id),
            ("position", Id),
            ("message", Id),
            ("turn", Id),
            ("speaker", Plain),
            ("user", Person),
            ("name", Words),
            ("character", Plain),
            ("text", Words),
            ("at", Time),
            ("remembered", Plain),
        ],
    },
    Table {
        name: "memory",
        label: "Memories",
        what: "What characters remember: lines, facts about people, summaries of conversations, passages of \
               documents; each with who may hear of it and what it was made of.",
        why: "So that a character knows tomorrow what it was told today.",
        until: "Until its source is edited or deleted, until it is forgotten by command, or by the server's retention.",
        holds: Holds::People(
            "everything that is theirs, that is about them, or that was made of their words goes; what else went into \
             a summary or a fact is summarised and learned anew without them",
        ),
        columns: &[
            ("id", Id),
            ("kind", Plain),
            ("reach", Plain),
            ("guild", Id),
            ("room", Id),
            ("channel", Id),
            ("character", Plain),
            ("owner", Person),
            ("about", Person),
            ("who", Words),
            ("text", Words),
            ("at", Time),
            ("until", Time),
            ("position", Id),
            ("aspect", Plain),
            ("attribute", Words),
            ("single", Plain),
            ("importance", Plain),
            ("confidence", Plain),
            ("level", Plain),
            ("document", Id),
            ("heading", Words),
            ("learned", Plain),
            ("told", Plain),
        ],
    },
    Table {
        name: "memory_source",
        label: "Sources of memories",
        what: "Which messages and replies each remembered thing was made of.",
        why: "So that what is deleted takes along all that was made of it.",
        until: "As long as the thing itself.",
        holds: Holds::With("memory"),
        columns: &[("item", Id), ("source", Id)],
    },
    Table {
        name: "memory_ending",
        label: "Endings of facts",
        what: "Which messages ended a remembered fact.",
        why: "So that a fact holds again when what ended it is deleted.",
        until: "As long as the fact itself.",
        holds: Holds::With("memory"),
        columns: &[("item", Id), ("source", Id)],
    },
    Table {
        name: "memory_terms",
        label: "Full-text index",
        what: "The full-text index of what is remembered.",
        why: "To find it by its words.",
        until: "As long as the thing itself; removed in the same transaction.",
        holds: Holds::With("memory"),
        columns: &[("scope", Words), ("terms", Words)],
    },
    Table {
        name: "memory_vector",
        label: "Vectors",
        what: "Vectors of what is remembered, made by the embedding model.",
        why: "To find it by its meaning.",
        until: "As long as the thing itself; removed in the same transaction.",
        holds: Holds::With("memory"),
        columns: &[("seq", Id), ("item", Id), ("model", Id), ("scope", Plain), ("vector", Bytes)],
    },
    Table {
        name: "bond",
        label: "Bonds with characters",
        what: "How a character stands to a person: affection and its stages.",
        why: "So that a friend is met as a friend.",
        until: "Until it is erased, or the server is forgotten.",
        holds: Holds::People("the rows go"),
        columns: &[("place", Id), ("character", Plain), ("user", Person), ("version", Plain), ("json", Json)],
    },
    Table {
        name: "state",
        label: "What characters have in mind",
        what: "What characters have in mind: moods, topics, questions they would like to ask about what somebody \
               said, whom they know, what they have remarked on, who asked for a scene, timers of lore.",
        why: "Moods and curiosity outlive a restart.",
        until: "180 days after the last message of its channel; each list in it is bounded.",
        holds: Holds::People("what names the person is taken out; counts without names stay"),
        columns: &[("key", Plain), ("place", Id), ("version", Plain), ("json", Json)],
    },
    Table {
        name: "inbox",
        label: "Messages being worked on",
        what: "Each message, command or turn of its own that is being worked on, whole; of a finished one its number, \
               its author's number and how it ended.",
        why: "So that a crash loses nothing, and nothing is answered twice.",
        until: "The event until its turn is over; its number for 7 days.",
        holds: Holds::People(
            "what is unfinished is cancelled; the number of the author is replaced by nobody's",
        ),
        columns: &[
            ("id", Id),
            ("kind", Plain),
            ("channel", Id),
            ("author", Person),
            ("about", Id),
            ("accepted_at", Time),
            ("arrival", Plain),
            ("withdrawn", Plain),
            ("event", Json),
            ("outcome", Plain),
        ],
    },
    Table {
        name: "turn",
        label: "How replies came to be",
        what: "How each reply came to be: the model, the tokens, and the receipt that /why shows, with the names and \
               numbers of those who had spoken.",
        why: "For /why, and to finish a reply after a crash.",
        until: "7 days.",
        holds: Holds::People("those of replies to the person go; other receipts that name them are emptied"),
        columns: &[
            ("id", Id),
            ("guild", Id),
            ("channel", Id),
            ("parent", Id),
            ("kind", Plain),
            ("character", Plain),
            ("settled_at", Time),
            ("prompt_receipt", Json),
            ("model", Plain),
            ("input_tokens", Plain),
            ("output_tokens", Plain),
            ("alternative", Plain),
        ],
    },
    Table {
        name: "part",
        label: "Messages of replies",
        what: "The messages of each reply, with their texts.",
        why: "To bring a half-shown reply to its end after a crash, and for other words in its place.",
        until: "7 days.",
        holds: Holds::With("turn"),
        columns: &[
            ("turn", Id),
            ("idx", Plain),
            ("text", Words),
            ("state", Plain),
            ("message", Id),
            ("webhook", Id),
            ("staged_at", Time),
        ],
    },
    Table {
        name: "alternative",
        label: "Other replies",
        what: "Other replies to the same question, each with its receipt.",
        why: "So that a member can go back to an earlier one.",
        until: "7 days, a few of each reply.",
        holds: Holds::With("turn"),
        columns: &[
            ("turn", Id),
            ("n", Plain),
            ("character", Plain),
            ("text", Words),
            ("parts", Words),
            ("settled_at", Time),
            ("prompt_receipt", Json),
            ("model", Plain),
            ("input_tokens", Plain),
            ("output_tokens", Plain),
        ],
    },
    Table {
        name: "cleared",
        label: "Cleared just now",
        what: "The lines of a channel whose history was just cleared, and who cleared it.",
        why: "To bring them back if that was a mistake.",
        until: "10 minutes.",
        holds: Holds::People("rows that name the person go: that clearing can then not be taken back"),
        columns: &[("channel", Id), ("at", Time), ("by", Person), ("json", Json)],
    },
    Table {
        name: "setting",
        label: "Settings",
        what: "What servers and channels set, among it the people whom nobody answers (`ignored_users`); which \
               commands are registered; since when a server is listened to.",
        why: "It is what the server wants.",
        until: "Until it is changed, or the server is forgotten.",
        holds: Holds::People("the person is taken out of every list"),
        columns: &[("scope", Plain), ("key", Plain), ("value", Json)],
    },
    Table {
        name: "library",
        label: "Characters and lorebooks brought",
        what: "Characters and lorebooks that members brought, with who brought them.",
        why: "They are part of the server's cast.",
        until: "Until somebody removes them, or the server is forgotten.",
        holds: Holds::People("the file stays with the server; who brought it becomes nobody"),
        columns: &[
            ("guild", Id),
            ("kind", Plain),
            ("name", Plain),
            ("owner", Person),
            ("file_name", Words),
            ("added_at", Time),
            ("content", File),
        ],
    },
    Table {
        name: "document",
        label: "Documents added",
        what: "Documents that characters may quote, with who added them.",
        why: "They are the server's knowledge.",
        until: "Until somebody removes them, or the server is forgotten.",
        holds: Holds::People("the document stays with the server; who added it becomes nobody"),
        columns: &[
            ("id", Id),
            ("guild", Id),
            ("character", Plain),
            ("category", Plain),
            ("name", Plain),
            ("origin", Plain),
            ("added_by", Person),
            ("added_at", Time),
            ("sha256", Plain),
            ("bytes", Plain),
            ("trouble", Plain),
        ],
    },
    Table {
        name: "opted_out",
        label: "Opted out",
        what: "The numbers of those of whom nothing is to be stored.",
        why: "Only who is known can be left out.",
        until: "Until they opt in again. This is the one row that erasing leaves.",
        holds: Holds::People("the row stays: without it, storing would begin anew"),
        columns: &[("user", Person), ("at", Time)],
    },
    Table {
        name: "receipt",
        label: "The bot's own messages",
        what: "Which message on Discord is which character's.",
        why: "To know one's own messages.",
        until: "The newest 5,000 of a channel.",
        holds: Holds::Nobody("it holds the numbers of the bot's own messages only"),
        columns: &[
            ("message", Id),
            ("turn", Id),
            ("part", Plain),
            ("character", Plain),
            ("channel", Id),
            ("webhook", Id),
        ],
    },
    Table {
        name: "cursor",
        label: "Newest messages",
        what: "The newest message seen in each channel.",
        why: "To fetch what was said while the bot was away.",
        until: "As long as the bot is there. A direct channel's row goes when its person is erased.",
        holds: Holds::Nobody("it holds numbers of channels and messages only"),
        columns: &[("channel", Id), ("guild", Id), ("parent", Id), ("kind", Plain), ("message", Id)],
    },
    Table {
        name: "said",
        label: "Counts of lines",
        what: "How many lines each channel has had, of each character and of all others together.",
        why: "Some lore goes by it.",
        until: "Until the channel is cleared. A direct channel's rows go when its person is erased.",
        holds: Holds::Nobody("people are not told apart in it"),
        columns: &[("channel", Id), ("character", Plain), ("lines", Plain)],
    },
    Table {
        name: "counter",
        label: "Counts of turns",
        what: "How many turns ended in which way.",
        why: "For /status.",
        until: "Always.",
        holds: Holds::Nobody("it holds sums only"),
        columns: &[("outcome", Plain), ("turns", Plain)],
    },
    Table {
        name: "embedding_model",
        label: "Embedding models",
        what: "Which embedding models made vectors.",
        why: "Vectors of two models cannot be compared.",
        until: "As long as there are vectors of it.",
        holds: Holds::Nobody("it holds names of models only"),
        columns: &[("id", Id), ("name", Plain), ("dimensions", Plain), ("upto", Id)],
    },
    Table {
        name: "probe",
        label: "A probe of the disk",
        what: "A number that is counted up.",
        why: "To prove that the disk can be written.",
        until: "Always.",
        holds: Holds::Nobody("it is one number"),
        columns: &[("id", Plain), ("writes", Plain)],
    },
];
