//! The statements of [`super`]: rare, so that whole tables may be read.

pub(super) const OPT_OUT: &str = "INSERT INTO opted_out (user, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
pub(super) const OPT_IN: &str = "DELETE FROM opted_out WHERE user = ?1";
pub(super) const OPTED_OUT: &str = "SELECT user FROM opted_out ORDER BY user";

/// Whose row it is: `?1` is the person's number, `?2` a pattern for it in JSON. For every table of
/// [`store::TABLES`] that can hold a person.
pub(super) const HELD: &[(&str, &str)] = &[
    ("history", "user = ?1"),
    ("memory", MEMORY),
    ("memory_source", OF_MEMORY),
    ("memory_ending", OF_MEMORY),
    ("memory_terms", "rowid IN (SELECT id FROM memory WHERE owner = ?1 OR about = ?1)"),
    ("memory_vector", OF_MEMORY),
    ("bond", "user = ?1"),
    ("state", "json GLOB ?2"),
    ("inbox", "author = ?1 OR event GLOB ?2"),
    (
        "turn",
        "id IN (SELECT id FROM inbox WHERE author = ?1
            UNION SELECT turn FROM history WHERE user = ?1 AND turn IS NOT NULL) OR prompt_receipt GLOB ?2",
    ),
    ("part", OF_TURN),
    (
        "alternative",
        "turn IN (SELECT id FROM inbox WHERE author = ?1
            UNION SELECT turn FROM history WHERE user = ?1 AND turn IS NOT NULL) OR prompt_receipt GLOB ?2",
    ),
    ("cleared", "by = ?1 OR json GLOB ?2"),
    ("setting", "value GLOB ?2"),
    ("library", "owner = ?1"),
    ("document", "added_by = ?1"),
    ("opted_out", "user = ?1"),
];

/// Theirs, about them, or made of what they said or of what was said to them.
const MEMORY: &str = "owner = ?1 OR about = ?1 OR id IN (SELECT item FROM memory_source WHERE source IN (
    SELECT message FROM history WHERE user = ?1 AND turn IS NULL
    UNION SELECT -turn FROM history WHERE user = ?1 AND turn IS NOT NULL))";
const OF_MEMORY: &str = "item IN (SELECT id FROM memory WHERE owner = ?1 OR about = ?1)";
const OF_TURN: &str = "turn IN (SELECT id FROM inbox WHERE author = ?1
    UNION SELECT turn FROM history WHERE user = ?1 AND turn IS NOT NULL)";

pub(super) const STATES: &str = "SELECT key FROM state WHERE json GLOB ?2 AND ?1 = ?1 ORDER BY key";
pub(super) const SCOPES: &str =
    "SELECT DISTINCT scope FROM setting WHERE value GLOB ?2 AND ?1 = ?1 ORDER BY scope";
pub(super) const SPOKE_IN: &str = "SELECT DISTINCT channel FROM (
        SELECT channel FROM history WHERE user = ?1 UNION SELECT channel FROM memory WHERE owner = ?1)
    WHERE channel IS NOT NULL AND ?2 = ?2 ORDER BY channel";
/// What a person says in a direct channel is said to the bot alone.
pub(super) const DIRECT: &str = "SELECT DISTINCT channel FROM (
        SELECT channel FROM history WHERE user = ?1
        UNION SELECT channel FROM memory WHERE owner = ?1 OR about = ?1
        UNION SELECT channel FROM inbox WHERE author = ?1)
    WHERE channel IN (SELECT channel FROM cursor WHERE kind = 'direct') AND ?2 = ?2 ORDER BY channel";
pub(super) const UNFINISHED: &str =
    "SELECT id, event FROM inbox WHERE event IS NOT NULL AND (author = ?1 OR event GLOB ?2)";

/// Everything of a channel, by table; the cursor last, because it tells that the channel is a direct one.
pub(super) const CHANNEL: &[(&str, &str)] = &[
    ("turn", "DELETE FROM turn WHERE channel = ?1"),
    ("inbox", "DELETE FROM inbox WHERE channel = ?1"),
    ("history", "DELETE FROM history WHERE channel = ?1"),
    ("receipt", "DELETE FROM receipt WHERE channel = ?1"),
    ("said", "DELETE FROM said WHERE channel = ?1"),
    ("state", "DELETE FROM state WHERE place = ?1"),
    ("bond", "DELETE FROM bond WHERE place = ?1"),
    ("cleared", "DELETE FROM cleared WHERE channel = ?1"),
    ("setting", "DELETE FROM setting WHERE scope = 'channel/' || ?1"),
    ("cursor", "DELETE FROM cursor WHERE channel = ?1"),
];

pub(super) const MEMORIES: &str = "SELECT id FROM memory WHERE owner = ?1 UNION SELECT id FROM memory WHERE about = ?1 ORDER BY id LIMIT ?2";
pub(super) const LINES: &str =
    "SELECT channel, message FROM history WHERE user = ?1 AND turn IS NULL ORDER BY id LIMIT ?2";
pub(super) const REPLIES: &str =
    "SELECT turn FROM history WHERE user = ?1 AND turn IS NOT NULL ORDER BY id LIMIT ?2";
pub(super) const TURNS: &str = "DELETE FROM turn WHERE id IN (SELECT turn.id FROM turn JOIN inbox USING (id)
        WHERE inbox.author = ?1 AND inbox.event IS NULL LIMIT ?2)";
/// Any object is a receipt: `/why` tells what it finds in it.
pub(super) const RECEIPTS: &str = "UPDATE turn SET prompt_receipt = '{}' WHERE prompt_receipt GLOB ?1";
pub(super) const ALTERNATIVES: &str =
    "UPDATE alternative SET prompt_receipt = '{}' WHERE prompt_receipt GLOB ?1";
pub(super) const STATE_DOCS: &str = "SELECT key, json FROM state WHERE json GLOB ?1 ORDER BY key";
pub(super) const REWRITE_STATE: &str = "UPDATE state SET json = ?2, version = version + 1 WHERE key = ?1";
pub(super) const SETTINGS: &str = "SELECT scope, key, value FROM setting WHERE value GLOB ?1";
/// What stays with others, but is nobody's then; and what is the person's alone.
pub(super) const BELONGINGS: &[(&str, &str)] = &[
    ("library", "UPDATE library SET owner = 0 WHERE owner = ?1"),
    ("document", "UPDATE document SET added_by = NULL WHERE added_by = ?1"),
    ("bond", "DELETE FROM bond WHERE user = ?1"),
];
pub(super) const CLEARED: &str = "DELETE FROM cleared WHERE by = ?1 OR json GLOB ?2";
pub(super) const FORGET_AUTHOR: &str = "UPDATE inbox SET author = 0 WHERE author = ?1 AND event IS NULL";
