//! What every store must do: cases to run against a fresh store each, and random histories to play on two stores
//! that must then look the same.

mod alternatives;
mod cases;
mod channels;
mod cues;
mod documents;
mod memories;
mod messages;
mod play;
mod privacy;
mod recalling;
pub mod sample;
mod shelves;

use std::sync::Arc;

use crate::{Result, Store};

pub use play::{Step, play};

/// Runs cases, each against a store of its own.
macro_rules! run {
    ($fresh:ident, $from:ident: $($case:ident),+ $(,)?) => {$(
        let store = $fresh().await;
        let outcome: Result<()> = $from::$case(&*store).await;
        assert!(outcome.is_ok(), "{}: {outcome:?}", stringify!($case));
        let closed = store.close().await;
        assert!(closed.is_ok(), "{}: closing: {closed:?}", stringify!($case));
    )+};
}

/// Runs every case against a store of its own; panics with the case's name at the first that fails.
pub async fn conformance(fresh: impl AsyncFn() -> Arc<dyn Store>) {
    conversing(&fresh).await;
    remembering(&fresh).await;
}

/// What is said and answered, and what is kept for that.
async fn conversing(fresh: &impl AsyncFn() -> Arc<dyn Store>) {
    run!(
        fresh,
        cases:
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
        an_earlier_answer_counts_as_before_a_later_question,
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
    run!(
        fresh,
        cues:
        a_cue_is_a_turn_without_a_line,
        a_remark_answers_nobody,
        a_cues_reply_stands_at_its_time,
        the_next_turn_comes_with_the_end_of_the_last,
        what_was_asked_along_ends_with_the_decision,
        a_next_turn_is_accepted_once,
        a_failed_end_leaves_no_next_turn,
        what_happens_to_a_message_happens_to_its_cues,
        a_thread_hangs_on_a_characters_message,
        messages_are_counted,
    );
    run!(
        fresh,
        alternatives:
        a_reopened_turn_is_unfinished,
        a_new_reply_takes_the_place_of_the_old,
        an_alternative_is_chosen,
        a_new_reply_that_fails_gives_way_to_the_old,
        messages_that_a_reply_does_not_need_are_not_taken_up,
        parts_are_numbered_anew,
        only_what_stands_there_is_reopened,
        an_unknown_choice_keeps_nothing,
        a_turn_is_reopened_by_a_cue,
        the_oldest_alternatives_go_first,
        alternatives_go_with_the_reply,
        alternatives_are_pruned_and_forgotten,
    );
    run!(
        fresh,
        shelves:
        a_newer_state_stays,
        states_are_kept_all_or_none,
        states_are_forgotten_by_key,
        a_card_is_not_overwritten_unasked,
        a_book_is_not_overwritten_unasked,
        a_guilds_shelves_are_bounded,
        a_guild_cannot_fill_the_disk,
        a_guild_is_forgotten_whole,
        what_was_in_mind_goes_with_a_channel_that_fell_silent,
    );
}

/// What is remembered, of whom, and that it need not be.
async fn remembering(fresh: &impl AsyncFn() -> Arc<dyn Store>) {
    run!(
        fresh,
        memories:
        lines_are_remembered_once,
        what_is_older_is_found,
        a_line_that_changed_meanwhile_comes_again,
        a_line_in_private_concerns_a_character,
        what_is_deleted_takes_along_what_was_made_of_it,
        what_is_edited_is_remembered_anew,
        what_ended_because_of_it_is_so_again,
        other_words_of_a_reply_are_remembered_instead,
        a_reply_that_is_taken_back_is_not_remembered,
        a_lesson_holds_nothing_of_what_is_gone,
        what_is_ripe_comes_in_batches,
        facts_are_told_to_whom_they_may_be,
        a_persons_items_come_in_pages,
        what_changes_gets_another_number,
        vectors_of_two_models_stand_side_by_side,
        memories_are_forgotten_with_their_place,
        memories_are_bounded,
        what_cannot_be_an_item_is_refused,
    );
    run!(
        fresh,
        recalling:
        each_audience_finds_what_is_for_it,
        what_others_said_takes_no_place,
        lines_bring_those_beside_them,
        only_one_models_vectors_are_compared,
        a_newer_fact_comes_with_the_older_one,
        what_is_asked_for_is_of_its_kind_and_time,
        odd_words_are_words,
    );
    run!(
        fresh,
        channels:
        lines_come_in_pages,
        what_is_not_told_yet_is_of_one_channel,
        episodes_are_told_to_whom_they_may_be,
        what_is_cleared_comes_back_or_is_gone,
        deletions_and_edits_reach_what_is_cleared,
        what_is_being_said_is_not_brought_back,
        everything_that_was_made_of_a_source_is_forgotten,
    );
    run!(
        fresh,
        messages:
        what_is_kept_of_messages_is_listed,
        of_a_channel_that_is_no_more_nothing_is_left,
    );
    run!(
        fresh,
        documents:
        a_document_is_replaced_whole,
        a_guilds_documents_are_bounded,
        a_newer_bond_stays,
    );
    run!(
        fresh,
        privacy:
        who_opted_out_leaves_nothing,
        who_opted_out_is_answered_after_a_crash,
        what_is_remembered_spares_who_opted_out,
        a_person_is_erased_whole_and_others_are_not,
        a_direct_channel_is_erased_with_its_person,
        cues_of_a_person_end_with_their_erasure,
        what_is_held_is_told_in_pages,
    );
}
