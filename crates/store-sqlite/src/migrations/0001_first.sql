-- Ids are Discord's snowflakes; times are milliseconds since 1970, UTC.
PRAGMA application_id = 0x61636f72; -- "acor"

-- What came in. `event` is there until the turn is finished, then `outcome` is.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'command')),
    channel INTEGER NOT NULL,
    author INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    -- The order among unfinished turns; numbers of finished ones come again.
    arrival INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    event TEXT,
    outcome TEXT,
    CHECK ((event IS NULL) <> (outcome IS NULL))
) STRICT;
CREATE UNIQUE INDEX inbox_unfinished ON inbox (arrival) WHERE event IS NOT NULL;
CREATE INDEX inbox_finished ON inbox (accepted_at) WHERE event IS NULL;

-- What is said about it.
CREATE TABLE turn (
    id INTEGER PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
    guild INTEGER,
    channel INTEGER NOT NULL,
    parent INTEGER,
    kind TEXT NOT NULL,
    character TEXT NOT NULL,
    settled_at INTEGER,
    prompt_receipt TEXT,
    model TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER
) STRICT;

CREATE TABLE part (
    turn INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('staged', 'posted', 'stale', 'shown')),
    message INTEGER,
    webhook INTEGER,
    staged_at INTEGER NOT NULL,
    PRIMARY KEY (turn, idx)
) STRICT, WITHOUT ROWID;

-- Which message is which character's; outlives the turn.
CREATE TABLE receipt (
    message INTEGER PRIMARY KEY,
    turn INTEGER NOT NULL,
    part INTEGER NOT NULL,
    character TEXT NOT NULL,
    channel INTEGER NOT NULL,
    webhook INTEGER
) STRICT;
CREATE INDEX receipt_turn ON receipt (turn, part, message);
CREATE INDEX receipt_channel ON receipt (channel, message);

-- What was said, one row per message of others and one per reply of a character (`turn` is set).
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    -- The snowflake that orders the channel.
    position INTEGER NOT NULL,
    message INTEGER,
    turn INTEGER,
    speaker TEXT NOT NULL CHECK (speaker IN ('person', 'bot', 'character')),
    -- Who speaks; for a character's reply, whom it answers.
    user INTEGER NOT NULL,
    name TEXT,
    character TEXT,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    CHECK ((speaker = 'character') = (turn IS NOT NULL)),
    CHECK ((turn IS NULL) = (character IS NULL)),
    CHECK ((turn IS NULL) = (name IS NOT NULL))
) STRICT;
CREATE INDEX history_channel ON history (channel, position, id);
CREATE INDEX history_reply ON history (channel, position, id) WHERE turn IS NOT NULL;
CREATE UNIQUE INDEX history_message ON history (message) WHERE turn IS NULL;
CREATE UNIQUE INDEX history_turn ON history (turn) WHERE turn IS NOT NULL;

-- The newest message seen in each channel.
CREATE TABLE cursor (
    channel INTEGER PRIMARY KEY,
    guild INTEGER,
    parent INTEGER,
    kind TEXT NOT NULL,
    message INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- Turns finished, by outcome; pruning does not lower it.
CREATE TABLE counter (outcome TEXT PRIMARY KEY, turns INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- What the readiness probe writes.
CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (1, 0);
