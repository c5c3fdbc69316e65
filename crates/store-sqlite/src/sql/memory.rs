//! What is remembered.

/// An item's columns, as [`crate::memories::item`] reads them.
macro_rules! item {
    () => {
        "memory.id, memory.reach, memory.guild, memory.room, memory.channel, memory.character, memory.owner,
            memory.about, memory.who, memory.text, memory.at, memory.until, memory.position, memory.kind,
            memory.aspect, memory.attribute, memory.single, memory.importance, memory.confidence,
            memory.level, memory.document, memory.heading"
    };
}

statements! {
    // From the history
    UNREMEMBERED = "SELECT history.id, history.message, history.turn, history.position, history.speaker,
            history.user, history.name, history.character, history.text, history.at,
            coalesce(turn.guild, cursor.guild), history.channel, coalesce(turn.parent, cursor.parent),
            coalesce(turn.kind, cursor.kind),
            CASE WHEN coalesce(turn.kind, cursor.kind) = 'direct' THEN coalesce(history.character,
                (SELECT character FROM turn AS answer WHERE answer.id = history.message),
                (SELECT character FROM history AS next WHERE next.channel = history.channel
                    AND next.turn IS NOT NULL AND next.position > history.position
                    ORDER BY next.position, next.id LIMIT 1),
                (SELECT character FROM history AS last WHERE last.channel = history.channel
                    AND last.turn IS NOT NULL AND last.position < history.position
                    ORDER BY last.position DESC, last.id DESC LIMIT 1)) END
        FROM history LEFT JOIN cursor ON cursor.channel = history.channel LEFT JOIN turn ON turn.id = history.turn
        WHERE history.remembered = 0 AND (history.turn IS NULL OR history.message IS NOT NULL)
            AND coalesce(turn.kind, cursor.kind) IS NOT NULL
            AND (coalesce(turn.kind, cursor.kind) <> 'direct' OR NOT EXISTS (SELECT 1 FROM inbox
                WHERE inbox.id = coalesce(history.turn, history.message) AND inbox.event IS NOT NULL))
        ORDER BY history.id LIMIT ?1";
    STILL_UNREMEMBERED = "SELECT message, turn, text, user FROM history WHERE id = ?1 AND remembered = 0";
    LOOKED_AT = "UPDATE history SET remembered = 1 WHERE id = ?1";
    IS_IN_HISTORY = "SELECT EXISTS (SELECT 1 FROM history WHERE message = ?1 AND turn IS NULL)";
    OPTED_OUT = "SELECT EXISTS (SELECT 1 FROM opted_out WHERE user IN (?1, ?2))";

    // Items
    ADD_ITEM = "INSERT INTO memory (reach, guild, room, channel, character, owner, about, who, text, at, until,
            position, kind, aspect, attribute, single, importance, confidence, level, document, heading)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
        RETURNING id";
    ADD_TERMS = "INSERT INTO memory_terms (rowid, scope, terms) VALUES (?1, ?2, ?3)";
    ADD_SOURCE = "INSERT INTO memory_source (item, source) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    ITEM = concat!("SELECT ", item!(), " FROM memory WHERE id = ?1");
    SOURCES = "SELECT source FROM memory_source WHERE item = ?1 ORDER BY source";
    MADE_OF = "SELECT item FROM memory_source WHERE source = ?1 ORDER BY item";
    DROP_TERMS = "DELETE FROM memory_terms WHERE rowid = ?1";
    DROP_ITEM = "DELETE FROM memory WHERE id = ?1";
    UNLEARN = "UPDATE memory SET learned = 0 WHERE kind = 'line'
        AND id IN (SELECT item FROM memory_source WHERE source = ?1)";
    UNTELL = "UPDATE memory SET told = 0 WHERE (kind = 'line' AND ?2 = 0 OR kind = 'episode' AND level = ?2 - 1)
        AND id IN (SELECT item FROM memory_source WHERE source = ?1)";
    ADD_ENDING = "INSERT INTO memory_ending (item, source) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    ENDED_BY = "SELECT item FROM memory_ending WHERE source = ?1";
    END = "UPDATE memory SET until = ?2 WHERE id = ?1 AND kind = 'fact'";
    DROP_ENDINGS = "DELETE FROM memory_ending WHERE item = ?1";
    LEARNED = "UPDATE memory SET learned = 1 WHERE id = ?1 AND kind = 'line'";
    TOLD = "UPDATE memory SET told = 1 WHERE id = ?1";
    UNLEARNED_CHANNELS = "SELECT channel, character FROM memory WHERE kind = 'line' AND learned = 0
        GROUP BY channel, character HAVING count(*) >= ?1 OR max(at) < ?2
        ORDER BY count(*) DESC, channel, character LIMIT ?3";
    UNLEARNED = concat!("SELECT ", item!(), " FROM memory WHERE kind = 'line' AND learned = 0
        AND channel IS ?1 AND character IS ?2 ORDER BY position, id LIMIT ?3");
    UNTOLD_CHANNELS = "SELECT channel, character FROM memory WHERE kind = 'line' AND told = 0
        GROUP BY channel, character HAVING count(*) >= ?1 OR max(at) < ?2
        ORDER BY count(*) DESC, channel, character LIMIT ?3";
    UNTOLD = concat!("SELECT ", item!(), " FROM memory WHERE kind = 'line' AND told = 0
        AND channel IS ?1 AND character IS ?2 ORDER BY position, id LIMIT ?3");
    UNTOLD_EPISODES_CHANNELS = "SELECT channel, character FROM memory
        WHERE kind = 'episode' AND told = 0 AND level = ?4
        GROUP BY channel, character HAVING count(*) >= ?1 OR max(at) < ?2
        ORDER BY count(*) DESC, channel, character LIMIT ?3";
    UNTOLD_EPISODES = concat!("SELECT ", item!(), " FROM memory WHERE kind = 'episode' AND told = 0 AND level = ?4
        AND channel IS ?1 AND character IS ?2 ORDER BY at, id LIMIT ?3");
    ABOUT = concat!("SELECT ", item!(), " FROM memory
        WHERE about = ?1 AND kind = 'fact' AND until IS NULL
            AND (reach = 'everyone' OR reach = 'guild' AND guild = ?2
                OR reach = 'room' AND room IN (SELECT value FROM json_each(?3)) OR owner = ?4)
            AND (character IS NULL OR character = ?5)
        ORDER BY id DESC LIMIT ?6");
    OWNED_BY = "SELECT id FROM memory WHERE owner = ?1 AND kind = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";
    ALL_ABOUT = "SELECT id FROM memory WHERE about = ?1 AND kind = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";
    ITEMS_OF_CHANNEL = "SELECT id FROM memory WHERE channel = ?1 ORDER BY kind, position, id LIMIT ?2";
    OLDER = "SELECT id FROM memory
        WHERE channel = ?1 AND kind IN ('line', 'episode') AND at < ?2 LIMIT ?3";
    ITEMS_OF_GUILD = "SELECT id FROM memory WHERE guild = ?1 ORDER BY id LIMIT ?2";
    COPY_VECTORS = "INSERT INTO memory_vector (item, model, scope, vector)
        SELECT ?2, model, ?3, vector FROM memory_vector WHERE item = ?1";

    TAKE_OVER = "UPDATE memory SET learned = old.learned, told = old.told
        FROM (SELECT learned, told FROM memory WHERE id = ?1) AS old WHERE memory.id = ?2";
    TAKE_OVER_ENDINGS = "INSERT INTO memory_ending (item, source)
        SELECT ?2, source FROM memory_ending WHERE item = ?1";

    // Vectors
    MODEL = "SELECT id, dimensions FROM embedding_model WHERE name = ?1";
    ADD_MODEL = "INSERT INTO embedding_model (name, dimensions, upto) VALUES (?1, ?2, 0) RETURNING id";
    MODELS = "SELECT name, dimensions, (SELECT count(*) FROM memory_vector WHERE model = embedding_model.id)
        FROM embedding_model ORDER BY name";
    MODELS_BUT = "SELECT id FROM embedding_model WHERE name <> ?1";
    WITHOUT_VECTOR = concat!("SELECT ", item!(), " FROM memory
        WHERE id > coalesce((SELECT upto FROM embedding_model WHERE name = ?1), 0)
            AND NOT EXISTS (SELECT 1 FROM memory_vector WHERE item = memory.id
                AND model = (SELECT id FROM embedding_model WHERE name = ?1))
        ORDER BY id LIMIT ?2");
    REACH = "SELECT reach, guild, room FROM memory WHERE id = ?1";
    ADD_VECTOR = "INSERT INTO memory_vector (item, model, scope, vector) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (item, model) DO NOTHING";
    ADVANCE = "UPDATE embedding_model SET upto = coalesce(
            (SELECT memory.id - 1 FROM memory WHERE memory.id > embedding_model.upto AND NOT EXISTS
                (SELECT 1 FROM memory_vector WHERE item = memory.id AND model = ?1) ORDER BY memory.id LIMIT 1),
            (SELECT max(memory.id) FROM memory), 0)
        WHERE id = ?1";
    DROP_VECTORS = "DELETE FROM memory_vector WHERE seq IN
        (SELECT seq FROM memory_vector WHERE model = ?1 LIMIT ?2)";
    DROP_MODEL = "DELETE FROM embedding_model WHERE id = ?1";

    // Bonds
    BOND = "SELECT place, character, user, version, json FROM bond
        WHERE place = ?1 AND character = ?2 AND user = ?3";
    BONDS_OF = "SELECT place, character, user, version, json FROM bond WHERE user = ?1 ORDER BY place, character";
    KEEP_BOND = "INSERT INTO bond (place, character, user, version, json) SELECT ?1, ?2, ?3, ?4, ?5
        WHERE NOT EXISTS (SELECT 1 FROM opted_out WHERE user = ?3)
        ON CONFLICT (place, character, user) DO UPDATE SET version = excluded.version, json = excluded.json
            WHERE version <= excluded.version";
    FORGET_BONDS_OF = "DELETE FROM bond WHERE user = ?1";
    FORGET_BONDS_AT = "DELETE FROM bond WHERE place = ?1";

    // Documents
    DOCUMENTS = "SELECT id, guild, character, category, name, origin, added_by, added_at, sha256, bytes, trouble,
            (SELECT count(*) FROM memory WHERE document = document.id)
        FROM document WHERE coalesce(guild, 0) = ?1 ORDER BY coalesce(guild, 0), coalesce(character, ''), name";
    DOCUMENTS_FROM = "SELECT id, guild, character, category, name, origin, added_by, added_at, sha256, bytes, trouble,
            (SELECT count(*) FROM memory WHERE document = document.id)
        FROM document WHERE origin = ?1 ORDER BY coalesce(guild, 0), coalesce(character, ''), name";
    DOCUMENT_COUNT = "SELECT count(*) FROM document WHERE coalesce(guild, 0) = ?1";
    DOCUMENT_NAMED = "SELECT id FROM document
        WHERE coalesce(guild, 0) = ?1 AND coalesce(character, '') = ?2 AND name = ?3";
    ADD_DOCUMENT = "INSERT INTO document (guild, character, category, name, origin, added_by, added_at, sha256,
            bytes, trouble)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id";
    DROP_DOCUMENT = "DELETE FROM document WHERE id = ?1";
    PASSAGES_OF = "SELECT id FROM memory WHERE document = ?1 ORDER BY id";

    // Upkeep
    CROWDED_CHANNELS = "SELECT channel FROM memory WHERE kind = ?1 AND channel IS NOT NULL GROUP BY channel
        HAVING count(*) > ?2";
    OLDEST_OF_CHANNEL = "SELECT id FROM memory WHERE channel = ?1 AND kind = ?2
        ORDER BY position DESC, id DESC LIMIT ?4 OFFSET ?3";
    CROWDED_PEOPLE = "SELECT about, guild FROM memory WHERE kind = 'fact' AND about IS NOT NULL
        GROUP BY about, guild HAVING count(*) > ?1";
    LEAST_ABOUT = "SELECT id FROM memory WHERE about = ?1 AND kind = 'fact' AND guild IS ?2
        ORDER BY until IS NULL DESC, importance DESC, id DESC LIMIT ?4 OFFSET ?3";
}
