//! Channels as a whole.

statements! {
    PAGE = "SELECT speaker, user, name, character, message, text, at, position, id FROM history
        WHERE channel = ?1 AND (position, id) < (?2, ?3) ORDER BY position DESC, id DESC LIMIT ?4";
    UNTOLD_OF = "SELECT id FROM memory INDEXED BY memory_channel
        WHERE channel = ?1 AND kind = 'line' AND position > 0 AND told = 0
        ORDER BY position DESC, id DESC LIMIT ?2";
    EPISODES_OF = "SELECT id FROM memory INDEXED BY memory_channel
        WHERE channel = ?1 AND kind = 'episode' AND level = ?2
            AND (reach = 'everyone' OR reach = 'guild' AND guild = ?3
                OR reach = 'room' AND room IN (SELECT value FROM json_each(?4)) OR owner = ?5)
            AND (character IS NULL OR character = ?6)
        ORDER BY position DESC, id DESC LIMIT ?7";
    TO_SET_ASIDE = "SELECT position, message, turn, speaker, user, name, character, text, at FROM history
        WHERE channel = ?1
            AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.id = history.turn AND inbox.event IS NOT NULL)
        ORDER BY position DESC, id DESC LIMIT ?2";
    TALK_OF_CHANNEL = "SELECT id FROM memory WHERE channel = ?1 AND kind IN ('episode', 'line')
        ORDER BY kind, position, id LIMIT ?2";
    // The texts of its messages and its alternatives go with it.
    DROP_TURNS = "DELETE FROM turn WHERE channel = ?1
        AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.id = turn.id AND inbox.event IS NOT NULL)";
    CLEARED = "SELECT at, by, json FROM cleared WHERE channel = ?1";
    SET_ASIDE = "INSERT INTO cleared (channel, at, by, json) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (channel) DO UPDATE SET json = excluded.json";
    DROP_ASIDE = "DELETE FROM cleared WHERE channel = ?1";
    DROP_CLEARED = "DELETE FROM cleared WHERE at <= ?1";
    PUT_BACK = "INSERT INTO history (channel, position, message, turn, speaker, user, name, character, text, at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
        WHERE NOT EXISTS (SELECT 1 FROM opted_out WHERE user = ?6)
        ON CONFLICT DO NOTHING";
    SOME_MADE_OF = "SELECT item FROM memory_source WHERE source = ?1 ORDER BY item LIMIT ?2";
}
