//! The bot comes back: what it knew, what was left undone, what was said meanwhile.

use local_discord::{clock::Clock, snowflake::first_at, world::Draft};
use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

#[tokio::test]
async fn after_a_restart_the_character_still_knows_what_was_said() {
    let mut town = Town::new().await;
    town.model.script([Reply::text("A fine boat, the Quiet Heron.")]);
    town.asks("#general", "Ebba, my boat is called the Quiet Heron").await.one();
    town.stop().await;
    town.start().await;
    let answered = town.asks("#general", "Ebba, what is my boat called?").await;
    assert_eq!(answered.one().author, "Ebba");
    let asked = town.model.requests().pop().unwrap();
    let prompt = asked.messages();
    let lines =
        |role: &str, text: &str| prompt.iter().any(|(r, content)| r == role && content.contains(text));
    assert!(lines("user", "my boat is called the Quiet Heron"), "{prompt:#?}");
    assert!(lines("assistant", "A fine boat, the Quiet Heron."), "{prompt:#?}");
    assert!(lines("user", "what is my boat called?"), "{prompt:#?}");
    assert_eq!(town.model.requests_seen(), 2);
}

#[tokio::test]
async fn what_was_said_while_the_bot_was_down_is_answered() {
    let mut town = Town::new().await;
    town.asks("#general", "Ebba, good morning").await.one();
    let mut endings = town.endings();
    let hello = town.alice().dm("acore", "Ebba, between us").await.unwrap();
    endings.of(hello.id).await;
    town.stop().await;

    let known = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    town.alice().says("#general", "no rush").await.unwrap();
    // Nobody has ever said a word in this channel.
    let unknown = town.bob().says("#workshop", "Altaz, report!").await.unwrap();
    let direct = town.alice().dm("acore", "Ebba, are you there?").await.unwrap();
    town.start().await;
    for question in [&known, &unknown, &direct] {
        let answer = |state: &local_discord::world::State| {
            state.messages[&question.channel_id]
                .range(question.id + 1..)
                .any(|(_, m)| m.content.contains("Hello from the scripted model."))
                .then_some(())
        };
        town.discord
            .until(PATIENCE, answer)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", question.content));
    }
    // Nothing is answered a second time by another restart.
    town.stop().await;
    town.start().await;
    town.asks("#general", "Ebba, thank you").await.one();
    for question in [&unknown, &direct] {
        assert_eq!(town.said_after(question).len(), 1, "{}", question.content);
    }
    assert_eq!(town.said_after(&known).len(), 2);
    assert_eq!(town.model.requests_seen(), 6);
}

#[tokio::test]
async fn a_restart_that_comes_too_soon_for_discord_waits_for_its_turn() {
    let mut town = Town::build().discords_pace().start().await;
    town.asks("#general", "Ebba, good morning").await.one();
    town.stop().await;
    town.start().await;
    town.asks("#general", "Ebba, good evening").await.one();
}

#[tokio::test]
async fn an_old_question_is_remembered_but_not_answered() {
    let mut town = Town::new().await;
    let minutes_ago = |minutes: u64| first_at(Clock::system().now_ms() - minutes * 60_000);
    let says = |town: &Town, minutes: u64, text: &str| {
        let draft = Draft { id: Some(minutes_ago(minutes)), content: text.to_owned(), ..Draft::default() };
        let bob = town.bob();
        async move { bob.posts("#general", draft).await.unwrap() }
    };
    let mut endings = town.endings();
    let first = says(&town, 60, "nobody in particular").await;
    endings.of(first.id).await;
    town.stop().await;
    says(&town, 20, "Ebba, the lighthouse is dark tonight!").await;
    town.start().await;

    let answered = town.asks("#general", "Ebba, what happened?").await;
    answered.one();
    assert_eq!(town.model.requests_seen(), 1);
    let prompt = town.model.requests()[0].messages();
    assert!(prompt.iter().any(|(_, content)| content.contains("the lighthouse is dark")), "{prompt:#?}");
}

#[tokio::test]
async fn of_very_many_missed_messages_the_newest_are_answered() {
    let mut town = Town::new().await;
    town.asks("#general", "Ebba, good morning").await.one();
    town.stop().await;
    for n in 0..250 {
        town.bob().says("#general", &format!("chatter {n}")).await.unwrap();
    }
    let question = town.bob().says("#general", "Ebba, what do you make of all this?").await.unwrap();
    let answer = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    town.start().await;
    answer.await.unwrap();
    assert_eq!(town.said_after(&question).len(), 1);
    let prompt = town.model.requests().pop().unwrap().json().to_string();
    assert!(prompt.contains("chatter 249"), "{prompt}");
}

#[tokio::test]
async fn an_answer_cut_off_by_the_end_is_finished_once_by_the_next_start() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model
        .script([Reply::paused("The tide ", &gate, "turns at noon."), Reply::text("The tide turns at two.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let question = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    let shown = shown.await.unwrap();
    // A second signal: whatever is under way is dropped.
    town.app().life.soft().cancel();
    town.app().life.hard().cancel();
    town.stop().await;
    assert_eq!(texts(&town.said_after(&question)), ["The tide"]);

    let whole = town.discord.next_message(PATIENCE, |post| post.content == "The tide turns at two.");
    town.start().await;
    assert_eq!(whole.await.unwrap().id, shown.id);
    assert_eq!(town.said_after(&question).len(), 1);
    gate.open();
}

#[tokio::test]
async fn a_restart_in_the_middle_of_catching_up_skips_nothing() {
    let mut town = Town::new().await;
    town.asks("#general", "Ebba, good morning").await.one();
    town.stop().await;
    let missed = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    // What was missed cannot be read yet, and somebody goes on talking.
    town.discord.faults().hold_requests("GET", "/channels/*/messages", 1);
    town.start().await;
    town.discord.faults().requests_held(1).await;
    let live = town.alice().says("#general", "Ebba, and low tide?").await.unwrap();
    town.app().life.soft().cancel();
    town.app().life.hard().cancel();
    town.stop().await;
    town.discord.faults().clear();

    town.start().await;
    let both = |state: &local_discord::world::State| {
        let said = state.messages[&live.channel_id].range(live.id + 1..);
        (said.filter(|(_, message)| message.content.contains("Hello from")).count() == 2).then_some(())
    };
    town.discord.until(PATIENCE, both).await.unwrap();
    let asked: Vec<String> = town.model.requests().iter().map(|asked| asked.json().to_string()).collect();
    assert_eq!(asked.len(), 3);
    assert!(asked[1].contains(&missed.content), "the older question comes first");
}
