//! Every statement.

macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(crate) const $name: &str = $text;)+

        /// All of them, to prove that they fit the schema.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

pub(crate) mod channels;
pub(crate) mod memory;
pub(crate) mod messages;
pub(crate) mod recall;

statements! {
    // Journal
    ACCEPT = "INSERT INTO inbox (id, kind, channel, author, about, accepted_at, arrival, event)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6,
            (SELECT coalesce(max(arrival), 0) + 1 FROM inbox WHERE event IS NOT NULL), ?7)
        ON CONFLICT (id) DO NOTHING";
    KIND = "SELECT kind FROM inbox WHERE id = ?1";
    REMEMBER = "INSERT INTO history (channel, position, message, speaker, user, name, text, at)
        SELECT ?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7
        WHERE NOT EXISTS (SELECT 1 FROM receipt WHERE message = ?2)
            AND NOT EXISTS (SELECT 1 FROM opted_out WHERE user = ?4)
        ON CONFLICT DO NOTHING";
    SEE = "INSERT INTO cursor (channel, guild, parent, kind, message) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (channel) DO UPDATE SET guild = excluded.guild, parent = excluded.parent,
            kind = excluded.kind, message = max(message, excluded.message)";
    CURSORS = "SELECT guild, channel, parent, kind, message FROM cursor ORDER BY channel";
    UNFINISHED = "SELECT inbox.id, inbox.event, inbox.accepted_at, inbox.withdrawn,
            turn.guild, turn.channel, turn.parent, turn.kind, turn.character, turn.settled_at IS NOT NULL
        FROM inbox LEFT JOIN turn USING (id) WHERE inbox.event IS NOT NULL ORDER BY inbox.arrival";
    PARTS = "SELECT idx, text, state, message, webhook, staged_at FROM part WHERE turn = ?1 ORDER BY idx";
    // Of somebody who opted out nothing is left when it is over.
    FINISH = "UPDATE inbox SET event = NULL, outcome = ?2,
            author = CASE WHEN EXISTS (SELECT 1 FROM opted_out WHERE user = author) THEN 0 ELSE author END
        WHERE id = ?1 AND event IS NOT NULL";
    COUNT = "INSERT INTO counter (outcome, turns) VALUES (?1, 1)
        ON CONFLICT (outcome) DO UPDATE SET turns = turns + 1";

    // Outbox
    PERSON_OF_UNFINISHED = "SELECT author FROM inbox WHERE id = ?1 AND event IS NOT NULL";
    BEGIN_TURN = "INSERT INTO turn (id, guild, channel, parent, kind, character) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET guild = excluded.guild, channel = excluded.channel,
            parent = excluded.parent, kind = excluded.kind, character = excluded.character";
    STAGE = "INSERT INTO part (turn, idx, text, state, staged_at) VALUES (?1, ?2, ?3, 'staged', ?4)
        ON CONFLICT (turn, idx) DO UPDATE SET text = excluded.text, staged_at = excluded.staged_at
            WHERE state = 'staged'";
    PROVE = "UPDATE part SET message = ?3, webhook = ?4,
            state = CASE WHEN ?5 THEN 'shown' WHEN state = 'staged' THEN 'posted' ELSE state END
        WHERE turn = ?1 AND idx = ?2";
    RECEIVE = "INSERT INTO receipt (message, turn, part, character, channel, webhook)
        SELECT ?3, ?1, ?2, character, channel, ?4 FROM turn WHERE id = ?1
        ON CONFLICT (message) DO UPDATE SET part = excluded.part, character = excluded.character,
            channel = excluded.channel, webhook = excluded.webhook WHERE turn = excluded.turn";
    DROP_OBSERVED = "DELETE FROM history WHERE message = ?1 AND turn IS NULL RETURNING channel";
    // What is not shown is not remembered.
    ANCHOR = "UPDATE history SET message = first.message, position = coalesce(first.message, position),
            remembered = CASE WHEN first.message IS NULL THEN 0 ELSE remembered END
        FROM (SELECT (SELECT message FROM receipt WHERE turn = ?1 ORDER BY part, message LIMIT 1) AS message)
            AS first
        WHERE history.turn = ?1";
    SETTLE = "UPDATE turn SET settled_at = ?2, prompt_receipt = ?3, model = ?4, input_tokens = ?5,
        output_tokens = ?6 WHERE id = ?1";
    SETTLE_PART = "INSERT INTO part (turn, idx, text, state, staged_at) VALUES (?1, ?2, ?3, 'staged', ?4)
        ON CONFLICT (turn, idx) DO UPDATE SET text = excluded.text, staged_at = excluded.staged_at,
            state = CASE WHEN state = 'posted' AND text <> excluded.text THEN 'stale' ELSE state END";
    DROP_SURPLUS = "DELETE FROM part WHERE turn = ?1 AND idx >= ?2 AND state = 'staged'";
    EMPTY_SURPLUS = "UPDATE part SET state = 'stale', text = '', staged_at = ?3 WHERE turn = ?1 AND idx >= ?2";
    EMPTY_PARTS = "UPDATE part SET text = '' WHERE turn = ?1";
    DROP_RETRACTED = "DELETE FROM part WHERE turn = ?1 AND state = 'stale' AND text = ''";
    DROP_REPLY = "DELETE FROM history WHERE turn = ?1";
    TAKE_BACK = "DELETE FROM history WHERE turn = ?1 RETURNING channel, character";
    SAY = "INSERT INTO history (channel, position, turn, speaker, user, character, text, at)
        VALUES (?1, ?2, ?3, 'character', ?4, ?5, ?6, ?7)";
    SHOWN = "SELECT idx, message, webhook FROM part WHERE turn = ?1 AND message IS NOT NULL ORDER BY idx";
    RECEIPT = "SELECT receipt.message, receipt.turn, receipt.part, receipt.character, receipt.channel,
            receipt.webhook, turn.settled_at, turn.prompt_receipt, turn.model, turn.input_tokens,
            turn.output_tokens
        FROM receipt LEFT JOIN turn ON turn.id = receipt.turn WHERE receipt.message = ?1";
    LAST_MESSAGE = "SELECT message FROM receipt WHERE channel = ?1 ORDER BY message DESC LIMIT 1";

    // Alternatives
    IS_SAID = "SELECT EXISTS (SELECT 1 FROM history WHERE turn = ?1)";
    CURRENT = "SELECT alternative FROM turn WHERE id = ?1";
    CHANNEL_OF_TURN = "SELECT channel FROM turn WHERE id = ?1";
    RECORD = "SELECT guild, channel, parent, kind, character, settled_at IS NOT NULL FROM turn WHERE id = ?1";
    STANDING = "SELECT turn.alternative, turn.character, history.text, turn.settled_at, turn.prompt_receipt,
            turn.model, turn.input_tokens, turn.output_tokens, '[]'
        FROM turn JOIN history ON history.turn = ?1 WHERE turn.id = ?1 AND turn.settled_at IS NOT NULL";
    KEEP = "INSERT OR REPLACE INTO alternative (turn, n, character, text, settled_at, prompt_receipt, model,
            input_tokens, output_tokens, parts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    KEPT = "SELECT n, character, text, settled_at, prompt_receipt, model, input_tokens, output_tokens, parts
        FROM alternative WHERE turn = ?1 ORDER BY n";
    KEPT_ONE = "SELECT n, character, text, settled_at, prompt_receipt, model, input_tokens, output_tokens, parts
        FROM alternative WHERE turn = ?1 AND n = ?2";
    TRIM_ALTERNATIVES = "DELETE FROM alternative
        WHERE turn = ?1 AND n = (SELECT min(n) FROM alternative WHERE turn = ?1 AND n <> ?2)
            AND (SELECT count(*) FROM alternative WHERE turn = ?1) >= ?3";
    NEXT_ALTERNATIVE = "UPDATE turn SET settled_at = NULL, prompt_receipt = NULL, model = NULL,
            input_tokens = NULL, output_tokens = NULL,
            alternative = max(alternative, (SELECT coalesce(max(n), 0) FROM alternative WHERE turn = ?1)) + 1
        WHERE id = ?1";
    CHOOSE = "UPDATE turn SET alternative = ?2, character = ?3, settled_at = ?4, prompt_receipt = ?5,
            model = ?6, input_tokens = ?7, output_tokens = ?8 WHERE id = ?1";
    OUTCOME = "SELECT outcome FROM inbox WHERE id = ?1 AND event IS NULL";
    WAKE = "UPDATE inbox SET event = ?2, outcome = NULL, about = ?3, accepted_at = ?4, withdrawn = 0,
            arrival = (SELECT coalesce(max(arrival), 0) + 1 FROM inbox WHERE event IS NOT NULL)
        WHERE id = ?1";
    UNCOUNT = "UPDATE counter SET turns = turns - 1 WHERE outcome = ?1";
    DROP_UNPOSTED = "DELETE FROM part WHERE turn = ?1 AND message IS NULL";
    TAKE_UP = "UPDATE part SET idx = ?3, state = CASE state WHEN 'shown' THEN 'posted' ELSE state END
        WHERE turn = ?1 AND idx = ?2";
    TAKE_UP_RECEIPT = "UPDATE receipt SET part = ?3 WHERE message = ?2 AND turn = ?1";
    DROP_ALTERNATIVES = "DELETE FROM alternative WHERE turn = ?1";
    FORGET_ALTERNATIVES = "DELETE FROM alternative
        WHERE turn IN (SELECT turn FROM history WHERE channel = ?1 AND turn IS NOT NULL)";

    // History
    LINES = "SELECT speaker, user, name, character, message, text, at FROM history
        WHERE channel = ?1 AND (position <= ?2 OR turn <= ?2) ORDER BY position DESC, id DESC LIMIT ?3";
    COUNTS_IT = "SELECT EXISTS (SELECT 1 FROM history WHERE message = ?1 AND turn IS NULL AND channel = ?2)";
    SPOKEN_BY = "SELECT character FROM receipt WHERE message = ?1";
    LAST_REPLY = "SELECT user, character, at FROM history WHERE channel = ?1 AND turn IS NOT NULL
        ORDER BY position DESC, id DESC LIMIT 1";
    LAST_ANSWER = "SELECT user, character, at FROM history
        WHERE channel = ?1 AND turn IS NOT NULL AND user <> 0 ORDER BY position DESC, id DESC LIMIT 1";
    EDIT = "UPDATE history SET text = ?3, remembered = 0
        WHERE channel = ?1 AND message = ?2 AND turn IS NULL AND text <> ?3";
    TRIGGER = "SELECT id, event, withdrawn FROM inbox
        WHERE channel = ?1 AND id = ?2 AND kind = 'message' AND event IS NOT NULL";
    CUES_ABOUT = "SELECT id, event, withdrawn FROM inbox
        WHERE about = ?2 AND channel = ?1 AND id <> ?2 AND event IS NOT NULL ORDER BY id";
    REWRITE = "UPDATE inbox SET event = ?2, withdrawn = ?3 WHERE id = ?1";
    DELETE = "DELETE FROM history WHERE channel = ?1 AND message = ?2 AND turn IS NULL";
    RECALL = "DELETE FROM receipt WHERE channel = ?1 AND message = ?2 RETURNING turn";
    DROP_PART = "DELETE FROM part WHERE turn = ?1 AND message = ?2";
    IS_UNSETTLED = "SELECT settled_at IS NULL FROM turn WHERE id = ?1";
    IS_VISIBLE = "SELECT EXISTS (SELECT 1 FROM receipt WHERE turn = ?1)";
    DROP_TURN = "DELETE FROM turn WHERE id = ?1";
    FORGET = "DELETE FROM history WHERE channel = ?1";
    SAID = "SELECT character, lines FROM said WHERE channel = ?1 AND lines > 0";
    COUNT_LINE = "INSERT INTO said (channel, character, lines) VALUES (?1, ?2, 1)
        ON CONFLICT (channel, character) DO UPDATE SET lines = lines + 1";
    UNCOUNT_LINE = "UPDATE said SET lines = lines - 1 WHERE channel = ?1 AND character = ?2 AND lines > 0";
    FORGET_SAID = "DELETE FROM said WHERE channel = ?1";

    // States
    STATE = "SELECT version, json FROM state WHERE key = ?1";
    KEEP_STATE = "INSERT INTO state (key, place, version, json) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, json = excluded.json
            WHERE version <= excluded.version";
    FORGET_STATE = "DELETE FROM state WHERE key = ?1";
    FORGET_STATES = "DELETE FROM state WHERE key >= ?1 AND key < ?2";
    FORGET_PLACE = "DELETE FROM state WHERE place = ?1";

    // Library
    SHELF = "SELECT name, owner, file_name, length(content), added_at FROM library
        WHERE guild = ?1 AND kind = ?2 ORDER BY name";
    SHELF_COUNT = "SELECT count(*) FROM library WHERE guild = ?1 AND kind = ?2";
    LIBRARY_BYTES = "SELECT coalesce(sum(length(content)), 0) FROM library WHERE guild = ?1";
    VOLUME = "SELECT owner, file_name, added_at, content FROM library
        WHERE guild = ?1 AND kind = ?2 AND name = ?3";
    VOLUME_BYTES = "SELECT length(content) FROM library WHERE guild = ?1 AND kind = ?2 AND name = ?3";
    SHELVE = "INSERT INTO library (guild, kind, name, owner, file_name, added_at, content)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (guild, kind, name) DO UPDATE SET file_name = excluded.file_name,
            added_at = excluded.added_at, content = excluded.content";
    TAKE_DOWN = "DELETE FROM library WHERE guild = ?1 AND kind = ?2 AND name = ?3";
    FORGET_LIBRARY = "DELETE FROM library WHERE guild = ?1";
    CHANNELS_OF_GUILD = "SELECT channel FROM cursor WHERE guild = ?1";
    FORGET_SCOPE = "DELETE FROM setting WHERE scope = ?1";

    // Settings and upkeep
    SETTING = "SELECT value FROM setting WHERE scope = ?1 AND key = ?2";
    SETTINGS_IN = "SELECT key, value FROM setting WHERE scope = ?1 ORDER BY key";
    SET = "INSERT INTO setting (scope, key, value) VALUES (?1, ?2, ?3)
        ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value";
    UNSET = "DELETE FROM setting WHERE scope = ?1 AND key = ?2";
    PROBE = "UPDATE probe SET writes = writes + 1";
    COUNTERS = "SELECT outcome, turns FROM counter";
    PENDING = "SELECT count(*) FROM inbox WHERE event IS NOT NULL";
    MESSAGES = "SELECT count(*) FROM history";
    PRUNE_TURNS = "DELETE FROM inbox WHERE id IN
        (SELECT id FROM inbox WHERE event IS NULL AND accepted_at < ?1 LIMIT ?2)";
    LONG_CHANNELS = "SELECT channel FROM history GROUP BY channel HAVING count(*) > ?1";
    PRUNE_LINES = "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE channel = ?1
        ORDER BY position DESC, id DESC LIMIT ?3 OFFSET ?2)";
    TALKATIVE_CHANNELS = "SELECT channel FROM receipt GROUP BY channel HAVING count(*) > ?1";
    PRUNE_RECEIPTS = "DELETE FROM receipt WHERE message IN (SELECT message FROM receipt WHERE channel = ?1
        ORDER BY message DESC LIMIT ?3 OFFSET ?2)";
    // A guild's own documents stay, also where its oldest channel has its number.
    PRUNE_STATES = "DELETE FROM state WHERE key IN (SELECT state.key FROM cursor
        JOIN state ON state.place = cursor.channel
        WHERE cursor.message < ?1 AND cursor.channel NOT IN (SELECT guild FROM cursor WHERE guild IS NOT NULL)
        LIMIT ?2)";
}

#[cfg(test)]
mod tests {
    use super::{ALL, channels, memory, messages, recall};
    use crate::schema;

    #[test]
    fn every_statement_fits_the_schema() {
        let directory = tempfile::tempdir().unwrap();
        let database = schema::open(&directory.path().join("acore.db")).unwrap();
        for (name, text) in
            ALL.iter().chain(channels::ALL).chain(memory::ALL).chain(messages::ALL).chain(recall::ALL)
        {
            let prepared = database.writer.prepare(text);
            assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
        }
    }

    /// A hot statement that reads a whole table would only show with a full database.
    #[test]
    fn hot_statements_use_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let database = schema::open(&directory.path().join("acore.db")).unwrap();
        let rare = [
            "CURSORS",
            "COUNTERS",
            "MESSAGES",
            "LONG_CHANNELS",
            "TALKATIVE_CHANNELS",
            "PROBE",
            "CHANNELS_OF_GUILD",
            "PRUNE_STATES",
            "DOCUMENTS",
            "DOCUMENTS_FROM",
            "MODELS",
            "MODELS_BUT",
            "NEWEST_ITEM",
            "CROWDED_CHANNELS",
            "CROWDED_PEOPLE",
            "LEAST_ABOUT",
            "UNLEARNED_CHANNELS",
            "UNTOLD_CHANNELS",
            "UNTOLD_EPISODES_CHANNELS",
            "DROP_TURNS",
            "DROP_CLEARED",
        ];
        for (name, text) in ALL
            .iter()
            .chain(channels::ALL)
            .chain(memory::ALL)
            .chain(messages::ALL)
            .chain(recall::ALL)
            .filter(|(name, _)| !rare.contains(name))
        {
            let mut plan = database.writer.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
            let unset = vec![rusqlite::types::Null; plan.parameter_count()];
            let steps =
                plan.query_map(rusqlite::params_from_iter(unset), |row| row.get::<_, String>(3)).unwrap();
            for step in steps.map(Result::unwrap) {
                let whole = step.starts_with("SCAN") && !step.contains("INDEX") && !step.contains("CONSTANT");
                let sorts = step.contains("TEMP B-TREE");
                assert!(!sorts && (!whole || step.contains("first")), "{name}: {step}");
            }
        }
    }
}
