//! `/scene` and `/interact`: characters talk among themselves.

use std::sync::atomic::{AtomicU32, Ordering};

use bot::rules::Scope;
use domain::ChannelId;
use local_discord::members::{CommandSpec, Post, Running};
use serde_json::json;
use testkit::{Asked, Gate, Reply};

use crate::{
    acore::Acore,
    town::{PATIENCE, Town, texts},
};

/// A line that no line before it was like.
fn line(number: u32) -> String {
    format!("Wave {number} took boat {} past gull {}.", number * 7 + 100, number + 1_031)
}

/// The model says [`line`]s.
fn chatty(town: &Town) {
    let said = AtomicU32::new(0);
    town.model.answer_with(move |_| line(said.fetch_add(1, Ordering::Relaxed)));
}

async fn plays(town: &Town, options: &[(&str, &str)]) -> Running {
    town.alice().at("#general").runs("/scene", options.iter().copied()).await.unwrap()
}

/// What characters said in the channel, with their names.
fn script(town: &Town) -> Vec<Post> {
    let all = town.discord.channel("general").unwrap().messages();
    all.into_iter().filter(|post| post.from_app && post.author != "acore").collect()
}

fn voices(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.author.as_str()).collect()
}

/// Waits until so many lines were said.
async fn lines(town: &Town, count: usize) -> Vec<Post> {
    let mut watch = town.discord.watch();
    loop {
        let said = script(town);
        if said.len() >= count {
            return said;
        }
        watch.message(PATIENCE, |_| true).await.unwrap();
    }
}

/// Waits until no scene plays in the channel any more.
async fn over(town: &Town) {
    let channel = ChannelId(town.channel("general"));
    let ended = async {
        while town.app().scenes.current(channel, bot::clock::now()).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the scene to end");
}

/// Waits until a scene's panel has nothing to press; the panel then.
async fn closed(town: &Town, panel: &Post) -> Post {
    let mut watch = town.discord.watch();
    loop {
        let now = town.discord.look(panel).unwrap();
        if now.buttons().is_empty() {
            return now;
        }
        watch.event(PATIENCE, |_| true).await.unwrap();
    }
}

#[tokio::test]
async fn a_scene_goes_round_and_ends_by_itself() {
    let town = Town::new().await;
    chatty(&town);
    let running = plays(
        &town,
        &[("first", "Imke"), ("second", "Pasko"), ("third", "ebba"), ("topic", "the tide"), ("turns", "4")],
    )
    .await;
    let panel = running.message(PATIENCE).await.unwrap();
    assert_eq!(panel.json["embeds"][0]["title"], "🎬 Imke, Pasko, Ebba");
    assert_eq!(panel.json["embeds"][0]["description"], "the tide");
    over(&town).await;
    let said = script(&town);
    assert_eq!(voices(&said), ["Imke", "Pasko", "Ebba", "Imke"]);
    assert_eq!(texts(&said), [line(0), line(1), line(2), line(3)]);
    let opening = town.model.requests()[0].json().to_string();
    assert!(opening.contains("the tide (Imke talks with Pasko, Ebba)"), "{opening}");
    let ended = closed(&town, &panel).await;
    assert_eq!(ended.json["embeds"][0]["title"], "🎬 Imke, Pasko, Ebba");
    assert!(ended.json["embeds"][0]["footer"]["text"].as_str().unwrap().starts_with("The scene is over"));
    let second = town.model.requests()[1].json().to_string();
    assert!(second.contains(&line(0)), "each hears what was said before: {second}");
}

#[tokio::test]
async fn two_farewells_end_a_scene_before_its_turns_are_used() {
    let town = Town::new().await;
    let said = AtomicU32::new(0);
    town.model.answer_with(move |_| match said.fetch_add(1, Ordering::Relaxed) {
        1 => "It is late. Good night, Imke!".to_owned(),
        2 => "Bis morgen!".to_owned(),
        number => line(number),
    });
    plays(&town, &[("first", "imke"), ("second", "pasko"), ("topic", "the tide"), ("turns", "12")]).await;
    lines(&town, 3).await;
    over(&town).await;
    assert_eq!(voices(&script(&town)), ["Imke", "Pasko", "Imke"]);
}

#[tokio::test]
async fn who_asked_for_a_scene_can_stop_it_and_others_cannot() {
    let town = Town::new().await;
    let gate = Gate::new();
    let held = gate.clone();
    let said = AtomicU32::new(0);
    town.model.reply_with(move |_| match said.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::text(&line(0)),
        number => Reply::text(&line(number)).held_by(&held),
    });
    let running = plays(&town, &[("first", "imke"), ("second", "pasko"), ("topic", "the tide")]).await;
    let panel = running.message(PATIENCE).await.unwrap();
    lines(&town, 1).await;
    while town.model.requests_seen() < 2 {
        tokio::task::yield_now().await;
    }

    let bob = town.bob().at("#general").presses_labelled(&panel, "Stop").await.unwrap();
    let refusal = bob.message(PATIENCE).await.unwrap();
    assert!(refusal.ephemeral && refusal.content.starts_with("Only who asked"), "{}", refusal.content);

    let again = plays(&town, &[("first", "ebba"), ("second", "pasko"), ("topic", "tea")]).await;
    let refusal = again.message(PATIENCE).await.unwrap();
    assert!(refusal.content.contains("already playing"), "{}", refusal.content);

    let alice = town.alice().at("#general").presses_labelled(&panel, "Stop").await.unwrap();
    alice.answered(PATIENCE).await.unwrap();
    over(&town).await;
    gate.open();
    lines(&town, 2).await;
    // Another scene may begin, which proves that the stopped one goes on no more: its lines would stand between.
    plays(&town, &[("first", "ebba"), ("second", "sidony"), ("topic", "tea"), ("turns", "2")]).await;
    let said = lines(&town, 4).await;
    over(&town).await;
    let said_then = script(&town);
    assert_eq!(said.len(), said_then.len());
    let names = voices(&said_then);
    assert_eq!(names.iter().filter(|name| **name == "Imke" || **name == "Pasko").count(), 2, "{names:?}");
    assert!(town.discord.look(&panel).unwrap().buttons().is_empty());
}

#[tokio::test]
async fn a_word_of_who_asked_stops_a_scene_too() {
    let town = Town::new().await;
    chatty(&town);
    plays(&town, &[("first", "imke"), ("second", "pasko"), ("topic", "the tide"), ("turns", "20")]).await;
    lines(&town, 1).await;
    town.alice().says("#general", "Stop!").await.unwrap();
    over(&town).await;
    assert!(script(&town).len() < 8);
}

#[tokio::test]
async fn people_who_take_the_channel_over_end_a_scene() {
    let town = Town::new().await;
    let gate = Gate::new();
    let held = gate.clone();
    let said = AtomicU32::new(0);
    town.model.reply_with(move |_| Reply::text(&line(said.fetch_add(1, Ordering::Relaxed))).held_by(&held));
    plays(&town, &[("first", "imke"), ("second", "pasko"), ("topic", "the tide")]).await;
    while town.model.requests_seen() < 1 {
        tokio::task::yield_now().await;
    }
    gate.open();
    lines(&town, 1).await;
    for number in 0..6 {
        town.bob().says("#general", &format!("what about lunch, {number}?")).await.unwrap();
    }
    over(&town).await;
    assert_eq!(voices(&script(&town)), ["Imke"]);
}

#[tokio::test]
async fn interact_lets_one_open_a_conversation_with_the_other() {
    let town = Town::new().await;
    chatty(&town);
    let options = [("initiator", "Zibbik"), ("target", "Sidony"), ("topic", "a lost key")];
    let alice = town.alice().at("#general");
    alice.runs("/interact", options).await.unwrap().message(PATIENCE).await.unwrap();
    lines(&town, 4).await;
    over(&town).await;
    assert_eq!(voices(&script(&town)), ["Zibbik", "Sidony", "Zibbik", "Sidony"]);
}

#[tokio::test]
async fn what_cannot_be_played_is_said_in_a_sentence() {
    let town = Town::new().await;
    for (options, sentence) in [
        (vec![("first", "imke"), ("second", "Imke"), ("topic", "tea")], "at least two different"),
        (vec![("first", "imke"), ("second", "nobody-here"), ("topic", "tea")], "Nobody here is called"),
        (vec![("first", "imke"), ("second", "pasko"), ("topic", "\u{200B}")], "needs a topic"),
    ] {
        let refusal = plays(&town, &options).await.message(PATIENCE).await.unwrap();
        assert!(refusal.content.contains(sentence), "{}", refusal.content);
    }
    let scope = Scope::Channel(ChannelId(town.channel("general")));
    for (rule, value, sentence) in [
        ("silenced", "pasko", "Pasko may not speak in this channel"),
        ("muted", "yes", "muted in this channel"),
    ] {
        town.app().rules.change(scope, |patch| patch.set(rule, value)).await.unwrap();
        let refusal = plays(&town, &[("first", "imke"), ("second", "pasko"), ("topic", "tea")]).await;
        let refusal = refusal.message(PATIENCE).await.unwrap();
        assert!(refusal.content.contains(sentence), "{}", refusal.content);
    }
    assert_eq!(town.model.requests_seen(), 0);
}

#[tokio::test]
async fn who_plays_is_proposed_once() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let all = alice.autocompletes("/scene", "first", "").await.unwrap();
    assert_eq!(all.len(), 10);
    let options = vec![json!({"name": "first", "value": "imke"}), json!({"name": "second", "value": ""})];
    let spec = CommandSpec::flat("/scene", options);
    let left = alice.autocompletes_spec(&spec, "second").unwrap().choices(PATIENCE).await.unwrap();
    assert_eq!(left.len(), 9, "not whoever plays already: {left:?}");

    // Who has played with the first one comes first.
    chatty(&town);
    plays(&town, &[("first", "imke"), ("second", "zibbik"), ("topic", "the tide"), ("turns", "2")]).await;
    over(&town).await;
    assert_ne!(left[0].value, "zibbik");
    // What came of a turn is kept a moment after its end.
    let close = async {
        loop {
            let close = alice.autocompletes_spec(&spec, "second").unwrap().choices(PATIENCE).await.unwrap();
            if close[0].value == "zibbik" {
                return close;
            }
        }
    };
    let close = tokio::time::timeout(PATIENCE, close).await.expect("who is close to come first");
    assert_eq!(close.len(), 9, "{close:?}");
}

/// The questions' number in the model's script must not matter after a restart: lines are told apart by the prompt.
fn next_line(asked: &Asked) -> String {
    let prompt = asked.json().to_string();
    let heard = (0..30).rev().find(|number| prompt.contains(&line(*number)));
    line(heard.map_or(0, |number| number + 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_the_middle_of_a_scene_loses_no_line_and_doubles_none() {
    let mut town = Town::build().open().await;
    town.model.answer_with(next_line);
    town.expect_bot();
    let mut acore = Acore::run(&town);
    town.bot_is_online().await;
    let alice = town.alice().at("#general");
    let options = [("first", "imke"), ("second", "pasko"), ("topic", "the tide"), ("turns", "8")];
    // The commands are registered a moment after the bot has come online.
    let begins = async {
        loop {
            match alice.runs("/scene", options).await {
                Ok(running) => return running,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let running = tokio::time::timeout(PATIENCE, begins).await.expect("the command to be known");
    running.message(PATIENCE).await.unwrap();
    for so_far in [2, 4, 6] {
        lines(&town, so_far).await;
        acore.kill().await;
        town.expect_bot();
        acore = Acore::run(&town);
        town.bot_is_online().await;
    }
    lines(&town, 8).await;
    acore.signal("TERM");
    assert_eq!(acore.ended().await.code, Some(0), "{}", acore.log());
    let said = script(&town);
    assert_eq!(texts(&said), (0..8).map(line).collect::<Vec<_>>(), "{}", acore.log());
    assert_eq!(voices(&said), ["Imke", "Pasko"].repeat(4));
}
