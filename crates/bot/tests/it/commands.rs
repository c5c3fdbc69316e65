//! Slash commands.

use local_discord::members::NO_OPTIONS;
use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

/// Callback type of a deferred answer. Discord documentation, "Interaction Callback Type".
const DEFERRED: u8 = 5;

#[tokio::test]
async fn help_tells_the_caller_alone_how_to_talk() {
    let town = Town::new().await;
    let running = town.alice().runs("/help", NO_OPTIONS).await.unwrap();
    assert_eq!(running.answered(PATIENCE).await.unwrap().kind, DEFERRED);
    let help = running.message(PATIENCE).await.unwrap();
    assert!(help.ephemeral);
    let text = help.json["embeds"][0]["description"].as_str().unwrap().to_owned();
    for part in [
        "/characters",
        "/chat",
        "/help",
        "/status",
        "#ignore",
        "“Why this?”",
        "after the server**\n`/channel`",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn status_counts_what_was_done() {
    let town = Town::new().await;
    town.asks("#general", "Imke?").await.one();
    let running = town.alice().runs("/status", NO_OPTIONS).await.unwrap();
    assert_eq!(running.answered(PATIENCE).await.unwrap().kind, DEFERRED);
    let status = running.message(PATIENCE).await.unwrap();
    assert!(status.ephemeral);
    let fields = status.json["embeds"][0]["fields"].as_array().unwrap().clone();
    let value = |name: &str| {
        fields
            .iter()
            .find(|field| field["name"] == name)
            .map(|field| field["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(value("Answered").as_deref(), Some("1"));
    assert_eq!(value("Failed").as_deref(), Some("0"));
    assert_eq!(value("Characters").as_deref(), Some("10"));
    assert!(value("Model").unwrap().contains("answers"), "{fields:?}");
}

#[tokio::test]
async fn characters_shows_ten_faces() {
    let town = Town::new().await;
    let running = town.alice().runs("/characters", NO_OPTIONS).await.unwrap();
    assert_eq!(running.answered(PATIENCE).await.unwrap().kind, DEFERRED);
    let gallery = running.message(PATIENCE).await.unwrap();
    assert!(!gallery.ephemeral);
    let embeds = gallery.json["embeds"].as_array().unwrap();
    assert_eq!(embeds.len(), 10);
    for embed in embeds {
        assert!(!embed["title"].as_str().unwrap().is_empty());
        let face = embed["thumbnail"]["url"].as_str().unwrap();
        assert!(face.starts_with("http") || face.starts_with("attachment://"), "{face}");
    }
    assert!(embeds.iter().any(|embed| embed["title"] == "Zibbik"));
}

#[tokio::test]
async fn chat_quotes_the_question_and_the_character_answers() {
    let town = Town::new().await;
    let mut endings = town.endings();
    let alice = town.alice().at("#general");
    let options = [("message", "what is\nfor dinner?"), ("character", "pasko")];
    let running = alice.runs("/chat", options).await.unwrap();
    assert_eq!(running.answered(PATIENCE).await.unwrap().kind, DEFERRED);
    endings.of(running.id()).await;
    let said = town.discord.channel("general").unwrap().messages();
    let seen: Vec<_> = said.iter().map(|post| (post.author.as_str(), post.content.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("acore", "**alice** to Pasko:\n> what is\n> for dinner?"),
            ("Pasko", "Hello from the scripted model."),
        ]
    );
    assert!(town.model.requests()[0].json().to_string().contains("for dinner?"));
}

#[tokio::test]
async fn chat_with_nobody_or_somebody_unknown_says_who_is_here() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let running = alice.runs("/chat", [("message", "hello?"), ("character", "Gandalf")]).await.unwrap();
    let answer = running.message(PATIENCE).await.unwrap();
    assert!(answer.content.contains("Zibbik") && answer.content.contains("Sidony"), "{}", answer.content);

    // Nobody named: somebody of the channel answers.
    let mut endings = town.endings();
    let running = alice.runs("/chat", [("message", "hello, anybody?")]).await.unwrap();
    endings.of(running.id()).await;
    assert_eq!(town.model.requests_seen(), 1);
}

#[tokio::test]
async fn names_are_proposed_while_they_are_typed() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let all = alice.autocompletes("/chat", "character", "").await.unwrap();
    assert_eq!(all.len(), 10);
    let some = alice.autocompletes("/chat", "character", "ZIB").await.unwrap();
    assert_eq!(some.len(), 1);
    assert!(some[0].name.starts_with("Zibbik"));
    assert_eq!(some[0].value, "zibbik");
}

#[tokio::test]
async fn a_command_is_deferred_before_anything_slow_begins() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    town.alice().says("#general", "Sidony, take your time").await.unwrap();
    gate.reached().await;
    // The channel is busy with an answer that will not come before the gate opens.
    let bob = town.bob().at("#general");
    let running = bob.runs("/chat", [("message", "and now?"), ("character", "imke")]).await.unwrap();
    assert_eq!(running.answered(PATIENCE).await.unwrap().kind, DEFERRED);
    let mut endings = town.endings();
    gate.open();
    endings.of(running.id()).await;
    assert_eq!(running.message(PATIENCE).await.unwrap().content, "**bob** to Imke:\n> and now?");
}

#[tokio::test]
async fn an_answer_that_is_quicker_than_its_deferral_waits_for_it() {
    let town = Town::new().await;
    town.discord.faults().hold_requests("POST", "/interactions/*/*/callback", 1);
    let mut endings = town.endings();
    let alice = town.alice().at("#general");
    let running = alice.runs("/chat", [("message", "quick!"), ("character", "imke")]).await.unwrap();
    town.discord.faults().requests_held(1).await;
    // Time enough to answer, if it did not wait.
    town.asks("#workshop", "Zibbik?").await.one();
    town.discord.faults().release_requests();
    endings.of(running.id()).await;
    assert_eq!(running.message(PATIENCE).await.unwrap().content, "**alice** to Imke:\n> quick!");
}

#[tokio::test]
async fn commands_are_registered_once_and_again_only_when_they_changed() {
    let mut town = Town::new().await;
    assert_eq!(town.requests("PUT", "/commands").len(), 1);
    town.stop().await;
    town.start().await;
    assert_eq!(town.requests("PUT", "/commands").len(), 1);

    // What was registered last is another list than today's.
    let key = format!("{}/global", town.seeded.bots["acore"].0);
    town.app().store.set_setting("registration", &key, Some("another digest")).await.unwrap();
    town.stop().await;
    town.start().await;
    assert_eq!(town.requests("PUT", "/commands").len(), 2);
    assert_eq!(texts(&town.discord.sent()), [""; 0]);
}

#[tokio::test]
async fn why_is_told_by_command_and_from_the_messages_menu_to_the_asker_alone() {
    let town = Town::new().await;
    let answered = town.asks("#general", "Imke, what do you know of the sea?").await;
    let answer = answered.one().clone();
    let bob = town.bob().at("#general");
    let by_id = [("message", answer.id.to_string())];
    for running in [
        bob.runs("/why", NO_OPTIONS).await.unwrap(),
        bob.runs("/why", by_id.clone()).await.unwrap(),
        bob.runs_on_message("Why this?", &answer).await.unwrap(),
    ] {
        let told = running.message(PATIENCE).await.unwrap();
        assert!(told.ephemeral);
        let panel = &told.json["embeds"][0];
        assert_eq!(panel["title"], "Why Imke said that");
        assert!(panel["description"].as_str().unwrap().contains("Answered because"), "{panel}");
        for part in ["Prompt", "Model", "Tokens", "Time"] {
            assert!(panel["fields"].as_array().unwrap().iter().any(|field| field["name"] == part), "{panel}");
        }
    }
    // Nothing is told about another channel, nor about what people said.
    let elsewhere = town.bob().at("#workshop").runs("/why", by_id).await.unwrap();
    assert!(elsewhere.message(PATIENCE).await.unwrap().content.contains("No character's answer"));
    let question = bob.runs_on_message("Why this?", &answered.question).await.unwrap();
    assert!(question.message(PATIENCE).await.unwrap().content.contains("No character's answer"));
}

#[tokio::test]
async fn a_spent_day_answers_nobody_and_says_so_to_who_asks_by_command() {
    // The scripted model counts a few tokens for each answer.
    let town = Town::build().setting("ACORE_TOKENS_PER_DAY", "1").start().await;
    assert_eq!(town.asks("#general", "Ebba, good morning").await.one().author, "Ebba");
    assert!(town.asks("#general", "Ebba, good evening").await.posts.is_empty());
    let asked = town.alice().at("#general").runs("/chat", [("message", "Anybody there?")]).await.unwrap();
    let interaction = asked.message(PATIENCE).await.unwrap();
    let why = |state: &local_discord::world::State| {
        let message = state.messages[&interaction.channel_id].get(&interaction.id)?;
        message.content.ends_with("-# Nobody answers: the budget is spent.").then_some(())
    };
    town.discord.until(PATIENCE, why).await.unwrap();
    assert_eq!(town.model.requests_seen(), 1);
}

#[tokio::test]
async fn why_tells_what_an_answer_cost() {
    let prices = [("ACORE_PRICE_INPUT", "3"), ("ACORE_PRICE_OUTPUT", "15.5")];
    let town =
        prices.iter().fold(Town::build(), |town, (name, price)| town.setting(name, price)).start().await;
    town.asks("#general", "Ebba, good morning").await.one();
    let running = town.alice().at("#general").runs("/why", NO_OPTIONS).await.unwrap();
    let told = running.message(PATIENCE).await.unwrap();
    let fields = told.json["embeds"][0]["fields"].as_array().unwrap().clone();
    let of = |name: &str| {
        let field = fields.iter().find(|field| field["name"] == name).unwrap();
        field["value"].as_str().unwrap().to_owned()
    };
    let tokens: Vec<f64> = of("Tokens").split(' ').filter_map(|word| word.parse().ok()).collect();
    let [read, written] = tokens[..] else { panic!("{tokens:?}") };
    assert!(read > 0.0 && written > 0.0);
    assert_eq!(of("Cost"), format!("${:.6}", (3.0 * read + 15.5 * written) / 1_000_000.0));
    assert!(of("Time").contains("first word"), "{}", of("Time"));
}
