-- What characters remember, of whom and from where; documents; bonds; who does not want to be remembered.

-- Which lines of the history the memory has not looked at yet: all that are there.
ALTER TABLE history ADD COLUMN remembered INTEGER NOT NULL DEFAULT 0;
CREATE INDEX history_unremembered ON history (id) WHERE remembered = 0;

-- Words, reach and sources of an item never change: what changes is removed and added anew under another number.
-- So whoever worked on the old words (for a vector, a summary) cannot put the result to the new ones.
CREATE TABLE memory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('line', 'fact', 'episode', 'passage')),
    reach TEXT NOT NULL CHECK (reach IN ('room', 'guild', 'everyone')),
    guild INTEGER,
    room INTEGER,
    channel INTEGER,
    character TEXT,
    owner INTEGER,
    about INTEGER,
    who TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    position INTEGER NOT NULL,
    aspect TEXT CHECK (aspect IN ('fact', 'interest', 'trait', 'preference', 'wish', 'quote')),
    attribute TEXT,
    single INTEGER,
    importance INTEGER,
    confidence INTEGER,
    level INTEGER,
    document INTEGER REFERENCES document (id) ON DELETE CASCADE,
    heading TEXT,
    -- Lines: whether facts were looked for in it.
    learned INTEGER NOT NULL DEFAULT 0,
    -- Lines and episodes: whether it is part of an episode (of the next level).
    told INTEGER NOT NULL DEFAULT 0,
    CHECK ((reach = 'room') = (room IS NOT NULL)),
    CHECK (reach <> 'guild' OR guild IS NOT NULL),
    CHECK ((kind = 'fact') = (aspect IS NOT NULL)),
    CHECK ((kind = 'episode') = (level IS NOT NULL)),
    CHECK ((kind = 'passage') = (document IS NOT NULL))
) STRICT;
CREATE INDEX memory_channel ON memory (channel, kind, position, id) WHERE channel IS NOT NULL;
CREATE INDEX memory_guild ON memory (guild) WHERE guild IS NOT NULL;
CREATE INDEX memory_owner ON memory (owner, kind, id) WHERE owner IS NOT NULL;
CREATE INDEX memory_about ON memory (about, kind, id) WHERE about IS NOT NULL;
CREATE INDEX memory_document ON memory (document) WHERE document IS NOT NULL;
-- A direct channel's lines are learned and summarised for each character on its own.
CREATE INDEX memory_unlearned ON memory (channel, character, position, id, at) WHERE kind = 'line' AND learned = 0;
CREATE INDEX memory_untold ON memory (channel, character, position, id, at) WHERE kind = 'line' AND told = 0;
CREATE INDEX memory_untold_episode ON memory (level, channel, character, at, id)
    WHERE kind = 'episode' AND told = 0;

-- What an item was made of: a message's id, or the negative number of a reply's turn.
CREATE TABLE memory_source (
    item INTEGER NOT NULL REFERENCES memory (id) ON DELETE CASCADE,
    source INTEGER NOT NULL,
    PRIMARY KEY (item, source)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX memory_source_item ON memory_source (source, item);

-- Why an item is no longer so: goes one of these sources, it is so again.
CREATE TABLE memory_ending (
    item INTEGER NOT NULL REFERENCES memory (id) ON DELETE CASCADE,
    source INTEGER NOT NULL,
    PRIMARY KEY (item, source)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX memory_ending_item ON memory_ending (source, item);

-- `scope` holds one or two words: where it was said (`g` and the guild, `c` and the direct channel, `all`), and
-- `u` and its owner. Rows are `memory`'s; they are written and removed in the same transactions.
CREATE VIRTUAL TABLE memory_terms USING fts5 (
    scope, terms, tokenize = 'porter unicode61 remove_diacritics 2'
);
-- What is deleted leaves the index at once, not only when segments are merged.
-- Source: SQLite documentation, "SQLite FTS5 Extension", section "The 'secure-delete' Configuration Option".
INSERT INTO memory_terms (memory_terms, rank) VALUES ('secure-delete', 1);

CREATE TABLE embedding_model (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dimensions INTEGER NOT NULL,
    -- Every item up to this one has its vector.
    upto INTEGER NOT NULL
) STRICT;
CREATE TABLE memory_vector (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL REFERENCES memory (id) ON DELETE CASCADE,
    model INTEGER NOT NULL REFERENCES embedding_model (id) ON DELETE CASCADE,
    -- The first word of the item's `scope`.
    scope TEXT NOT NULL,
    -- One signed byte per dimension, then a factor (f32, little endian) that makes it a unit vector.
    vector BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX memory_vector_item ON memory_vector (item, model);
CREATE INDEX memory_vector_scope ON memory_vector (model, scope, seq);

-- No guild or character: for all of them.
CREATE TABLE document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild INTEGER,
    character TEXT,
    category TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('folder', 'command')),
    added_by INTEGER,
    added_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    -- Why it has no passages, in a sentence; null when it was read.
    trouble TEXT
) STRICT;
CREATE UNIQUE INDEX document_name ON document (coalesce(guild, 0), coalesce(character, ''), name);

-- How a character stands to a person, by guild or direct channel.
CREATE TABLE bond (
    place INTEGER NOT NULL,
    character TEXT NOT NULL,
    user INTEGER NOT NULL,
    version INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (place, character, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX bond_user ON bond (user);

-- People of whom nothing is kept.
CREATE TABLE opted_out (
    user INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;

-- What was cleared a moment ago, to be brought back.
CREATE TABLE cleared (
    channel INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    by INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
