//! Signals: the first one finishes what is under way, the second one ends at once.

use std::time::Duration;

use testkit::{Gate, Reply};

use crate::{
    acore::Acore,
    town::{PATIENCE, Town, texts},
};

/// What a container runtime gives a process before it kills it.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// A bot in a process of its own that has begun to answer: "The tide ", then it waits for the gate.
async fn answering() -> (Town, Acore, Gate, local_discord::members::Post) {
    let mut town = Town::build().open().await;
    town.expect_bot();
    let acore = Acore::run(&town);
    town.bot_is_online().await;
    let gate = Gate::new();
    town.model.script([
        Reply::paused("The tide ", &gate, "turns at noon."),
        Reply::text("The tide turns at noon."),
    ]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let question = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    assert_eq!(shown.await.unwrap().content, "The tide");
    (town, acore, gate, question)
}

/// Starts again and gives what stands after the question once the answer is whole.
async fn after_the_next_start(town: &mut Town, question: &local_discord::members::Post) -> Vec<String> {
    town.expect_bot();
    let mut acore = Acore::run(town);
    town.bot_is_online().await;
    let channel = question.channel_id;
    let whole = |state: &local_discord::world::State| {
        let log = &state.messages[&channel];
        log.values().any(|message| message.content == "The tide turns at noon.").then_some(())
    };
    town.discord.until(PATIENCE, whole).await.unwrap_or_else(|error| panic!("{error}\n{}", acore.log()));
    acore.signal("TERM");
    assert_eq!(acore.ended_within(TEN_SECONDS).await.code, Some(0));
    texts(&town.said_after(question)).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_answer_under_way_is_finished_before_the_end() {
    let (mut town, mut acore, gate, question) = answering().await;
    acore.signal("TERM");
    gate.open();
    let ended = acore.ended_within(TEN_SECONDS).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(texts(&town.said_after(&question)), ["The tide turns at noon."]);
    assert_eq!(after_the_next_start(&mut town, &question).await, ["The tide turns at noon."]);
    assert_eq!(town.model.requests_seen(), 1);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_finished_by_the_next_start() {
    let (mut town, mut acore, gate, question) = answering().await;
    acore.signal("TERM");
    let ended = acore.ended_within(TEN_SECONDS).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(after_the_next_start(&mut town, &question).await, ["The tide turns at noon."]);
    gate.open();
}

#[tokio::test]
async fn a_second_signal_ends_at_once_and_loses_nothing() {
    let (mut town, mut acore, gate, question) = answering().await;
    acore.signal("TERM");
    let dying = town.model.hang_ups(1);
    acore.signal("INT");
    // The answer is held by the gate: only the hard end makes it hang up.
    let ended = acore.ended_within(TEN_SECONDS).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    tokio::time::timeout(PATIENCE, dying).await.unwrap();
    assert!(ended.stderr.contains("second signal"), "{}", ended.stderr);
    assert_eq!(after_the_next_start(&mut town, &question).await, ["The tide turns at noon."]);
    gate.open();
}
