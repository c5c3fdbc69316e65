//! What one person sends in pieces, changes or takes back before an answer can be seen.

use local_discord::members::Post;
use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town};

/// The whole prompt of the last request.
fn prompt(town: &Town) -> String {
    let asked = town.model.requests().pop().expect("a request");
    asked.messages().into_iter().map(|(_, content)| content + "\n").collect()
}

/// Ebba thinks about a question of Bob's: whatever else is for her waits.
async fn ebba_is_busy(town: &Town) -> (Gate, Post) {
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let busy = town.bob().says("#general", "Ebba, take your time").await.unwrap();
    gate.reached().await;
    (gate, busy)
}

#[tokio::test]
async fn a_name_and_a_question_sent_in_two_pieces_are_one_turn() {
    let town = Town::new().await;
    let (gate, busy) = ebba_is_busy(&town).await;
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba").await.unwrap();
    let question = town.alice().says("#general", "how are the beans?").await.unwrap();
    let marker = town.discord.member("olga").says("#general", "Imke?").await.unwrap();
    endings.of(marker.id).await;
    town.model.script([Reply::text("Climbing.")]);
    gate.open();
    endings.of_all([busy.id, name.id, question.id]).await;
    let lines = town.lines("#general");
    assert_eq!(lines, ["Imke: Hello from the scripted model.", "Ebba: Finally.", "Ebba: Climbing."]);
    assert_eq!(town.model.requests_seen(), 3, "one request for both pieces");
    let prompt = prompt(&town);
    assert!(prompt.contains("Ebba\n  how are the beans?"), "{prompt}");
    let counts = town.app().store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.pending), (3, 0));
}

#[tokio::test]
async fn a_text_that_visibly_goes_on_is_waited_for() {
    let town = Town::new().await;
    town.model.script([Reply::text("Climbing.")]);
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba,").await.unwrap();
    let question = town.alice().says("#general", "how are the beans?").await.unwrap();
    endings.of_all([name.id, question.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Climbing."]);
    assert!(prompt(&town).contains("Ebba,\n  how are the beans?"), "{}", prompt(&town));
}

#[tokio::test]
async fn a_piece_that_comes_while_the_model_thinks_is_thought_about_too() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("Climbing.")]);
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba").await.unwrap();
    gate.reached().await;
    let question = town.alice().says("#general", "how are the beans?").await.unwrap();
    endings.of_all([name.id, question.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Climbing."]);
    assert!(prompt(&town).contains("Ebba\n  how are the beans?"), "{}", prompt(&town));
    // The answer to half the question is not waited for.
    tokio::time::timeout(PATIENCE, town.model.hang_ups(1)).await.unwrap();
    assert_eq!(town.model.requests_seen(), 2);
}

#[tokio::test]
async fn what_comes_after_the_answer_can_be_seen_is_a_turn_of_its_own() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([
        Reply::paused("Good ", &gate, "evening."),
        Reply::text("Rusty."),
        Reply::text("Climbing."),
    ]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba").await.unwrap();
    shown.await.unwrap();
    let question = town.alice().says("#general", "Ebba, how are the beans?").await.unwrap();
    let marker = town.bob().says("#general", "Imke?").await.unwrap();
    endings.of(marker.id).await;
    gate.open();
    endings.of_all([name.id, question.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Good evening.", "Imke: Rusty.", "Ebba: Climbing."]);
}

#[tokio::test]
async fn a_message_that_calls_somebody_else_is_a_turn_of_its_own() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("Rusty.")]);
    let mut endings = town.endings();
    let ebba = town.alice().says("#general", "Ebba, how are the beans?").await.unwrap();
    gate.reached().await;
    let imke = town.alice().says("#general", "Imke, how are the pipes?").await.unwrap();
    gate.open();
    endings.of_all([ebba.id, imke.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Finally.", "Imke: Rusty."]);
    assert_eq!(town.model.requests_seen(), 2);
}

#[tokio::test]
async fn what_somebody_else_says_in_between_keeps_pieces_apart() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba, hello").await.unwrap();
    gate.reached().await;
    let between = town.bob().says("#general", "it is raining").await.unwrap();
    let later = town.alice().says("#general", "anyway, lunch?").await.unwrap();
    endings.of_all([between.id, later.id]).await;
    gate.open();
    endings.of(name.id).await;
    assert_eq!(town.lines("#general"), ["Ebba: Finally."]);
    assert_eq!(town.model.requests_seen(), 1);
    assert!(!prompt(&town).contains("lunch"));
}

#[tokio::test]
async fn an_edit_while_the_model_thinks_asks_anew() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("It seals.")]);
    let mut endings = town.endings();
    let question = town.alice().says("#general", "Imke, what is a flange?").await.unwrap();
    gate.reached().await;
    town.alice().edits(&question, "Imke, what is a gasket?").await.unwrap();
    endings.of(question.id).await;
    assert_eq!(town.lines("#general"), ["Imke: It seals."]);
    assert_eq!(town.model.requests_seen(), 2);
    let prompt = prompt(&town);
    assert!(prompt.contains("gasket") && !prompt.contains("flange"), "{prompt}");
}

#[tokio::test]
async fn an_edit_of_what_is_being_answered_in_sight_changes_only_what_is_remembered() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("A flange is ", &gate, "a rim.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Imke");
    let mut endings = town.endings();
    let question = town.alice().says("#general", "Imke, what is a flange?").await.unwrap();
    shown.await.unwrap();
    town.alice().edits(&question, "Imke, what is a gasket?").await.unwrap();
    let marker = town.bob().says("#general", "so quiet here").await.unwrap();
    endings.of(marker.id).await;
    gate.open();
    endings.of(question.id).await;
    assert_eq!(town.lines("#general"), ["Imke: A flange is a rim."]);
    let again = town.bob().says("#general", "Imke, what did alice ask?").await.unwrap();
    endings.of(again.id).await;
    assert_eq!(town.model.requests_seen(), 2);
    assert!(prompt(&town).contains("what is a gasket?"), "{}", prompt(&town));
}

#[tokio::test]
async fn a_second_piece_that_is_deleted_is_no_part_of_the_question_any_more() {
    let town = Town::new().await;
    let (alone, both) = (Gate::new(), Gate::new());
    town.model.script([
        Reply::slow_first_token(&alone),
        Reply::slow_first_token(&both),
        Reply::text("Yes, my dear?"),
    ]);
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba, are you there?").await.unwrap();
    alone.reached().await;
    let piece = town.alice().says("#general", "I broke your best pot").await.unwrap();
    both.reached().await;
    assert!(prompt(&town).contains("best pot"), "{}", prompt(&town));
    town.alice().deletes(&piece).await.unwrap();
    endings.of_all([piece.id, name.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Yes, my dear?"]);
    assert!(!prompt(&town).contains("best pot"), "{}", prompt(&town));
    let counts = town.app().store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.cancelled, counts.pending), (1, 1, 0));
}

#[tokio::test]
async fn a_first_piece_that_is_deleted_leaves_the_second_to_be_judged_by_itself() {
    let town = Town::new().await;
    let (gate, busy) = ebba_is_busy(&town).await;
    let mut endings = town.endings();
    let first = town.alice().says("#general", "Ebba, I broke your best pot").await.unwrap();
    let second = town.alice().says("#general", "Ebba, are you there?").await.unwrap();
    town.alice().deletes(&first).await.unwrap();
    endings.of(first.id).await;
    town.model.script([Reply::text("Yes, my dear?")]);
    gate.open();
    endings.of_all([busy.id, second.id]).await;
    assert_eq!(town.lines("#general"), ["Ebba: Finally.", "Ebba: Yes, my dear?"]);
    let prompt = prompt(&town);
    assert!(prompt.contains("are you there?") && !prompt.contains("best pot"), "{prompt}");
}

#[tokio::test]
async fn a_restart_between_question_and_answer_loses_no_piece() {
    let mut town = Town::new().await;
    let (alone, both) = (Gate::new(), Gate::new());
    town.model.script([Reply::slow_first_token(&alone), Reply::slow_first_token(&both)]);
    town.alice().says("#general", "Ebba").await.unwrap();
    alone.reached().await;
    town.alice().says("#general", "how are the beans?").await.unwrap();
    both.reached().await;
    town.breaks_off().await;
    assert!(town.lines("#general").is_empty());

    // Half the question has no answer.
    town.model.reply_with(|asked| {
        if asked.json().to_string().contains("how are the beans?") {
            Reply::text("Climbing.")
        } else {
            Reply::slow_first_token(&Gate::new())
        }
    });
    town.start().await;
    town.comes_to("#general", &["Ebba: Climbing."]).await;
    assert!(prompt(&town).contains("Ebba\n  how are the beans?"), "{}", prompt(&town));
    // Ebba has one mouth: when she answers again, that turn and its pieces are over.
    let mut endings = town.endings();
    let next = town.bob().says("#general", "Ebba, thank you").await.unwrap();
    endings.of(next.id).await;
    assert_eq!(town.lines("#general"), ["Ebba: Climbing.", "Ebba: Climbing."]);
    let counts = town.app().store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.ignored, counts.pending), (2, 1, 0));
}

#[tokio::test]
async fn a_piece_that_is_deleted_while_the_first_of_two_speaks_does_not_reach_the_second() {
    let town = Town::new().await;
    let (alone, both) = (Gate::new(), Gate::new());
    town.model.script([
        Reply::slow_first_token(&alone),
        Reply::paused("Well, ", &both, "well."),
        Reply::text("All is well below."),
    ]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let question = town.alice().says("#general", "Ebba, Imke, how are you?").await.unwrap();
    alone.reached().await;
    let piece = town.alice().says("#general", "I broke your best pot").await.unwrap();
    shown.await.unwrap();
    assert!(prompt(&town).contains("best pot"), "{}", prompt(&town));
    let mut endings = town.endings();
    town.alice().deletes(&piece).await.unwrap();
    let marker = town.bob().says("#general", "so quiet here").await.unwrap();
    endings.of(marker.id).await;
    both.open();
    endings.of(question.id).await;
    town.rests().await;
    assert_eq!(town.lines("#general"), ["Ebba: Well, well.", "Imke: All is well below."]);
    assert!(!prompt(&town).contains("best pot"), "{}", prompt(&town));
}
