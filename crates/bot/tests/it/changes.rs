//! Questions that are edited or deleted before they are answered.

use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

/// The bot answers another question while the one that is to change waits its turn.
async fn busy(town: &Town) -> Gate {
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    town.alice().says("#general", "Sidony, take your time").await.unwrap();
    gate.reached().await;
    gate
}

#[tokio::test]
async fn an_edit_before_the_answer_changes_the_question() {
    let town = Town::new().await;
    let gate = busy(&town).await;
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Sidony, what is a flange?").await.unwrap();
    town.bob().edits(&question, "Sidony, what is a gasket?").await.unwrap();
    gate.open();
    endings.of(question.id).await;
    let asked = town.model.requests().pop().unwrap();
    assert!(asked.json().to_string().contains("gasket"), "{:?}", asked.messages());
    assert!(!asked.json().to_string().contains("flange"));
}

#[tokio::test]
async fn a_question_deleted_while_it_waits_is_not_answered() {
    let town = Town::new().await;
    let gate = busy(&town).await;
    let question = town.bob().says("#general", "Sidony, forget that I asked about flanges").await.unwrap();
    town.bob().deletes(&question).await.unwrap();
    let mut endings = town.endings();
    let next = town.bob().says("#general", "Zibbik, and you?").await.unwrap();
    gate.open();
    endings.of(next.id).await;
    let said = town.discord.channel("general").unwrap().messages();
    let from: Vec<_> = said.iter().filter(|post| post.from_app).map(|post| post.author.as_str()).collect();
    assert_eq!(from, ["Sidony", "Zibbik"]);
    assert_eq!(town.model.requests_seen(), 2);
    assert!(!town.model.requests()[1].json().to_string().contains("flange"), "what is deleted is forgotten");
    assert_eq!(town.app().store.counts().await.unwrap().cancelled, 1);
}

#[tokio::test]
async fn a_question_deleted_in_mid_answer_takes_the_answer_with_it() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("Well, a flange is ", &gate, "a rim.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Imke");
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Imke, what is a flange?").await.unwrap();
    shown.await.unwrap();
    town.bob().deletes(&question).await.unwrap();
    endings.of(question.id).await;
    assert!(town.discord.channel("general").unwrap().messages().is_empty());
    // The model is told to stop, too.
    tokio::time::timeout(PATIENCE, town.model.hang_ups(1)).await.unwrap();
    assert_eq!(town.app().store.counts().await.unwrap().cancelled, 1);

    // The channel goes on.
    assert_eq!(town.asks("#general", "Imke, hello").await.one().author, "Imke");
}

#[tokio::test]
async fn an_answer_deleted_while_it_is_written_stays_deleted() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("Well, a flange is ", &gate, "a rim.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Imke");
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Imke, what is a flange?").await.unwrap();
    let shown = shown.await.unwrap();
    town.discord.member("olga").deletes(&shown).await.unwrap();
    gate.open();
    endings.of(question.id).await;
    assert!(texts(&town.said_after(&question)).is_empty());
}

#[tokio::test]
async fn a_piece_deleted_in_sight_of_the_answer_to_all_leaves_none_of_them_open() {
    let town = Town::new().await;
    let gate = busy(&town).await;
    let (bob, store) = (town.bob(), town.app().store.clone());
    let shown = town.discord.next_message(PATIENCE, |post| post.content.starts_with("Climbing"));
    let mut endings = town.endings();
    bob.says("#general", "Sidony").await.unwrap();
    let second = bob.says("#general", "how are the beans?").await.unwrap();
    let third = bob.says("#general", "and the peas?").await.unwrap();
    // Whoever answers this has heard all that was said before.
    let heard = town.discord.member("olga").says("#general", "Imke, are you there?").await.unwrap();
    endings.of(heard.id).await;
    let still_going = Gate::new();
    town.model.script([Reply::paused("Climbing ", &still_going, "high.")]);
    gate.open();
    shown.await.unwrap();
    bob.deletes(&second).await.unwrap();
    endings.of(second.id).await;
    still_going.open();
    endings.of(third.id).await;
    assert_eq!(town.model.requests_seen(), 3, "all pieces were one question");
    assert_eq!(store.unfinished().await.unwrap(), []);
}
