//! What may come to mind.

/// What tells whether an item may be heard, as [`crate::recall::Sight`] reads it.
macro_rules! sight {
    () => {
        "memory.id, memory.kind, memory.reach, memory.guild, memory.room, memory.channel, memory.character,
            memory.owner, memory.position"
    };
}

statements! {
    SIGHT = concat!("SELECT ", sight!(), " FROM memory WHERE id = ?1");
    NEWEST_ITEM = "SELECT seq FROM sqlite_sequence WHERE name = 'memory'";
    ITEMS_IN_GUILD = "SELECT count(*) FROM memory WHERE guild = ?1";
    HAVING_TERM = "SELECT rowid FROM memory_terms WHERE memory_terms MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
    LINES_BEFORE = concat!("SELECT ", sight!(), " FROM memory WHERE channel = ?1 AND kind = 'line'
        AND (position, id) < (?2, ?3) ORDER BY position DESC, id DESC LIMIT ?4");
    LINES_AFTER = concat!("SELECT ", sight!(), " FROM memory WHERE channel = ?1 AND kind = 'line'
        AND (position, id) > (?2, ?3) ORDER BY position, id LIMIT ?4");
    LINES_OF_THEN = concat!("SELECT ", sight!(), " FROM memory WHERE channel = ?1 AND kind = 'line'
        AND position >= ?2 AND position < ?3 ORDER BY position DESC, id DESC");
    EPISODES_OF_THEN = concat!("SELECT ", sight!(), " FROM memory WHERE channel = ?1 AND kind = 'episode'
        AND at < ?3 AND coalesce(until, at) >= ?2 ORDER BY position DESC, id DESC");
    FACTS_ABOUT = concat!("SELECT ", sight!(), " FROM memory WHERE about = ?1 AND kind = 'fact'
        AND until IS NULL ORDER BY id DESC");
    SUCCESSORS = concat!("SELECT ", sight!(), ", at FROM memory WHERE about = ?1 AND kind = 'fact'
        AND single = 1 AND lower(attribute) = lower(?2)");

    // Vectors
    MODEL_NUMBER = "SELECT id, dimensions FROM embedding_model WHERE name = ?1";
    VECTOR_OF = "SELECT vector FROM memory_vector WHERE item = ?1 AND model = ?2";
    VECTOR_AT = "SELECT item, vector FROM memory_vector WHERE seq = ?1";
    VECTORS_AFTER = "SELECT memory_vector.seq, memory_vector.vector, memory.kind, memory.room, memory.character
        FROM memory_vector JOIN memory ON memory.id = memory_vector.item
        WHERE memory_vector.model = ?1 AND memory_vector.scope = ?2 AND memory_vector.seq > ?3
        ORDER BY memory_vector.seq LIMIT ?4";
    OWN_VECTORS = "SELECT memory.id, memory_vector.vector
        FROM memory JOIN memory_vector ON memory_vector.item = memory.id AND memory_vector.model = ?2
        WHERE memory.owner = ?1 AND memory.kind = ?3 ORDER BY memory.id DESC LIMIT ?4";
    SCOPES = "SELECT DISTINCT scope FROM memory_vector WHERE model = ?1";
}
