//! Single messages.

statements! {
    // The position of what is no reply is its message.
    KEPT_LINES = "SELECT message, text FROM history
        WHERE channel = ?1 AND position BETWEEN ?2 AND ?3 AND turn IS NULL AND message IS NOT NULL
        ORDER BY position DESC, id DESC LIMIT ?4";
    KEPT_RECEIPTS = "SELECT message FROM receipt WHERE channel = ?1 AND message BETWEEN ?2 AND ?3
        ORDER BY message DESC LIMIT ?4";
}
