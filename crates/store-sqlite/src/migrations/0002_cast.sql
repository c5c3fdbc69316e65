-- Cues; alternatives of replies; the characters' states; guilds' own characters and lorebooks; counts for lore.
-- Foreign keys are off while this runs: a table is made anew because SQLite cannot change a CHECK.

CREATE TABLE inbox_2 (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'command', 'cue')),
    channel INTEGER NOT NULL,
    -- The person who is answered; 0 when it is nobody.
    author INTEGER NOT NULL,
    -- The message that a cue is about.
    about INTEGER,
    accepted_at INTEGER NOT NULL,
    -- The order among unfinished turns; numbers of finished ones come again.
    arrival INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    event TEXT,
    outcome TEXT,
    CHECK ((event IS NULL) <> (outcome IS NULL))
) STRICT;
INSERT INTO inbox_2 (id, kind, channel, author, accepted_at, arrival, withdrawn, event, outcome)
    SELECT id, kind, channel, author, accepted_at, arrival, withdrawn, event, outcome FROM inbox;
DROP TABLE inbox;
ALTER TABLE inbox_2 RENAME TO inbox;
CREATE UNIQUE INDEX inbox_unfinished ON inbox (arrival) WHERE event IS NOT NULL;
CREATE INDEX inbox_finished ON inbox (accepted_at) WHERE event IS NULL;
CREATE INDEX inbox_about ON inbox (about) WHERE about IS NOT NULL AND event IS NOT NULL;

-- `user` joins the index, so that the newest answer to a person is found without reading lines. In `history` it is
-- 0 for a character's words that answer nobody.
DROP INDEX history_reply;
CREATE INDEX history_reply ON history (channel, position, id, user) WHERE turn IS NOT NULL;

-- The number of the alternative that stands in `turn`, `part` and `history`; it has a row of its own only after
-- another one took its place.
ALTER TABLE turn ADD COLUMN alternative INTEGER NOT NULL DEFAULT 0;
CREATE TABLE alternative (
    turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    character TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Texts of its messages, a JSON array.
    parts TEXT NOT NULL,
    settled_at INTEGER NOT NULL,
    prompt_receipt TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (turn, n)
) STRICT, WITHOUT ROWID;

-- What characters keep in mind. `place` is the number in the key: a guild's or a channel's id.
CREATE TABLE state (
    key TEXT PRIMARY KEY,
    place INTEGER,
    version INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX state_place ON state (place) WHERE place IS NOT NULL;

-- How many lines a channel has had: of each character, and of all others ('').
CREATE TABLE said (
    channel INTEGER NOT NULL,
    character TEXT NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (channel, character)
) STRICT, WITHOUT ROWID;
INSERT INTO said SELECT channel, coalesce(character, ''), count(*) FROM history GROUP BY 1, 2;

-- What guilds brought along: characters ('card') and lorebooks ('book').
CREATE TABLE library (
    guild INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('card', 'book')),
    name TEXT NOT NULL,
    owner INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (guild, kind, name)
) STRICT;
