//! Posts that a process left on the wire when it died: nothing is said twice, however late they arrive.

use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town};

/// A post of a webhook.
const POST: (&str, &str) = ("POST", "/webhooks/*/*");

/// A town in which Ebba has her webhook in #general.
async fn acquainted() -> Town {
    let town = Town::new().await;
    town.model.script([Reply::text("Good day.")]);
    town.asks("#general", "Ebba, good day").await.one();
    town
}

/// Bob asks, the answer's first post is kept on the wire, and the bot dies.
async fn dies_with_a_post_on_the_wire(town: &mut Town) {
    town.discord.faults().keep_requests_on_the_wire(POST.0, POST.1, 1);
    town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    town.discord.faults().requests_held(1).await;
    town.breaks_off().await;
}

/// The post arrives now.
async fn arrives(town: &Town, text: &str) {
    let arrived = town.discord.next_message(PATIENCE, |post| post.content == text);
    town.discord.faults().release_requests();
    arrived.await.unwrap();
}

#[tokio::test]
async fn a_whole_answer_that_arrives_after_it_was_said_again_is_deleted() {
    let mut town = acquainted().await;
    town.model.script([Reply::text("At noon.")]);
    dies_with_a_post_on_the_wire(&mut town).await;
    town.start().await;
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: At noon."]).await;
    town.rests().await;
    arrives(&town, "At noon.").await;
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: At noon."]).await;
    assert_eq!(town.model.requests_seen(), 2, "what is settled is not asked for again");
}

#[tokio::test]
async fn the_beginning_of_an_answer_that_arrives_after_another_was_given_is_deleted() {
    let mut town = acquainted().await;
    let (first, second) = (Gate::new(), Gate::new());
    town.model.script([
        Reply::paused("The tide ", &first, "turns at noon."),
        Reply::paused("It turns ", &second, "at two."),
    ]);
    dies_with_a_post_on_the_wire(&mut town).await;
    town.start().await;
    // While the new answer is being said, and again after a restart.
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: It turns"]).await;
    arrives(&town, "The tide").await;
    second.open();
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: It turns at two."]).await;
    first.open();
}

#[tokio::test]
async fn a_post_that_arrives_before_the_next_start_is_adopted_for_good() {
    let mut town = acquainted().await;
    let (first, second) = (Gate::new(), Gate::new());
    town.model.script([
        Reply::paused("The tide ", &first, "turns at noon."),
        Reply::paused("It turns ", &second, "at two."),
        Reply::text("At three."),
    ]);
    dies_with_a_post_on_the_wire(&mut town).await;
    arrives(&town, "The tide").await;
    town.start().await;
    // It has other words by now than those that were recorded for it, and the bot dies once more.
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: It turns"]).await;
    town.breaks_off().await;
    town.start().await;
    town.comes_to("#general", &["Ebba: Good day.", "Ebba: At three."]).await;
    town.rests().await;
    assert_eq!(town.lines("#general"), ["Ebba: Good day.", "Ebba: At three."]);
    first.open();
    second.open();
}
