//! What every store must do: cases to run against a fresh store each, and random histories to play on two stores
//! that must then look the same.

mod cases;
mod play;
pub mod sample;

use std::sync::Arc;

use crate::{Result, Store};

pub use play::{Step, play};

/// Runs every case against a store of its own; panics with the case's name at the first that fails.
pub async fn conformance(fresh: impl AsyncFn() -> Arc<dyn Store>) {
    macro_rules! run {
        ($($case:ident),+ $(,)?) => {$(
            let store = fresh().await;
            let outcome: Result<()> = cases::$case(&*store).await;
            assert!(outcome.is_ok(), "{}: {outcome:?}", stringify!($case));
            let closed = store.close().await;
            assert!(closed.is_ok(), "{}: closing: {closed:?}", stringify!($case));
        )+};
    }
    run!(
        an_event_is_accepted_once,
        only_what_begins_a_turn_is_journalled,
        ids_of_two_kinds_do_not_mix,
        a_quick_reply_takes_three_calls,
        a_streamed_reply_survives_with_its_parts,
        settling_marks_what_must_be_edited,
        a_finished_turn_takes_nothing_more,
        an_abandoned_turn_tells_what_to_delete,
        posting_needs_staging,
        a_message_proves_one_turn_only,
        observing_is_idempotent,
        our_own_message_is_one_line,
        a_scene_tells_who_spoke,
        a_scene_ends_before_a_message,
        an_edit_reaches_line_and_turn,
        a_deletion_leaves_nothing,
        a_deleted_trigger_is_withdrawn,
        a_reply_goes_with_its_last_message,
        a_channel_is_forgotten_alone,
        cursors_only_move_forward,
        settings_are_scoped,
        counts_add_up,
        pruning_keeps_the_newest,
        pruning_keeps_what_is_unfinished,
        any_text_comes_back_whole,
        a_closed_store_says_so,
    );
}
