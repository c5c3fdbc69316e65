//! What is done with a channel as a whole: summed up, taken along, brought from elsewhere, cleared and brought back;
//! and what a thread knows of the channel above.

use std::path::Path;

use domain::{
    ChannelId, MessageId, Timestamp,
    memory::{Item, Source},
};
use local_discord::members::{Member, NO_OPTIONS, Post};
use serde_json::{Value, json};
use testkit::{Gate, Reply};

use crate::{
    brought::{file, labels, presses},
    town::{PATIENCE, Town},
};

/// Words that stand nowhere else.
const CANARY: &str = "qqzwvx";
const SUMMARY: &str = "Alice and Bob spoke of the lighthouse, and Bob promised to paint it.";

/// The end of time.
const LATER: Timestamp = Timestamp(4_102_444_800_000);

/// A model that sums up what it is asked to sum up.
async fn town() -> Town {
    let town = Town::new().await;
    town.model.answer_with(|asked| {
        if asked.json().to_string().contains("Write the summary") { SUMMARY } else { "Well." }.to_owned()
    });
    town
}

async fn runs(member: &Member, place: &str, command: &str) -> Post {
    let running = member.clone().at(place).runs(command, NO_OPTIONS).await.unwrap();
    running.message(PATIENCE).await.unwrap()
}

/// Everything that an answer says.
fn said(post: &Post) -> String {
    format!("{} {}", post.content, post.json["embeds"])
}

/// Alice and Bob say something in turn to nobody in particular.
async fn talk(town: &Town, place: &str, lines: std::ops::Range<usize>) -> Vec<Post> {
    let mut posts = Vec::new();
    for line in lines {
        let member = if line % 2 == 0 { town.alice() } else { town.bob() };
        let mut endings = town.endings();
        let post = member.says(place, &format!("the lighthouse needs paint, part {line}")).await.unwrap();
        endings.of(post.id).await;
        posts.push(post);
    }
    posts
}

fn olga(town: &Town) -> Member {
    town.discord.member("olga")
}

async fn prompt_of(town: &Town, place: &str, text: &str) -> String {
    town.asks(place, text).await.one();
    town.model.requests().last().unwrap().json().to_string()
}

#[tokio::test]
async fn what_was_said_is_summed_up_when_somebody_asks() {
    let town = town().await;
    talk(&town, "#general", 0..5).await;
    let told = said(&runs(&town.alice(), "#general", "/summarize_now").await);
    assert!(told.contains("too little to sum up: 5 messages since the last summary"), "{told}");
    let last = talk(&town, "#general", 5..6).await;
    let summary = runs(&town.alice(), "#general", "/summarize_now").await;
    assert!(!summary.ephemeral && said(&summary).contains(SUMMARY), "{}", said(&summary));
    assert!(said(&summary).contains("6 messages; the characters remember it"), "{}", said(&summary));
    let made = town.app().store.made_of(Source::Message(MessageId(last[0].id))).await.unwrap();
    assert!(made.iter().any(|item: &Item| item.draft.text.raw() == SUMMARY), "{made:?}");

    let told = said(&runs(&town.bob(), "#general", "/summarize_now").await);
    assert!(told.contains("too little to sum up: 0 messages"), "{told}");
    talk(&town, "#general", 6..12).await;
    let told = said(&runs(&town.bob(), "#general", "/summarize_now").await);
    assert!(told.contains("Somebody has just asked for a summary here. Please wait"), "{told}");
    // Another channel has another pause; and a model that fails is said to.
    talk(&town, "#workshop", 0..6).await;
    town.model.script([Reply::status(401), Reply::status(401), Reply::status(401)]);
    let told = said(&runs(&town.bob(), "#workshop", "/summarize_now").await);
    assert!(told.contains("The model has no summary just now"), "{told}");
}

#[tokio::test]
async fn a_toy_sums_up_nothing_and_a_spent_day_neither() {
    let town = Town::build().setting("ACORE_MODEL_PROFILE", "small").start().await;
    let told = said(&runs(&town.alice(), "#general", "/summarize_now").await);
    assert!(told.contains("too small to sum up"), "{told}");
    let town = Town::build().setting("ACORE_TOKENS_PER_DAY", "1").start().await;
    town.asks("#general", "Imke, hello").await;
    talk(&town, "#general", 0..6).await;
    let told = said(&runs(&town.alice(), "#general", "/summarize_now").await);
    assert!(told.contains("budget is spent"), "{told}");
}

#[tokio::test]
async fn a_channel_is_taken_along_and_remembered_elsewhere_until_that_is_undone() {
    let town = town().await;
    let olga = olga(&town);
    let asked = town.asks("#general", &format!("Imke, I have a {CANARY}")).await;
    let empty = said(&runs(&olga, "#workshop", "/export_chat").await);
    assert!(empty.contains("Nothing is kept"), "{empty}");
    let exported = runs(&olga, "#general", "/export_chat").await;
    assert!(exported.ephemeral && exported.content.contains("2 messages"), "{}", exported.content);
    let bytes = town.file(&exported).await;
    let chat: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&chat["format"], &chat["version"]), (&json!("acore-chat"), &json!(1)));
    assert_eq!(chat["channel"], town.channel("general").to_string());
    let messages = chat["messages"].as_array().unwrap();
    assert_eq!(
        messages[0]["author"],
        json!({ "id": town.alice().id().to_string(), "name": "alice", "kind": "person" })
    );
    assert_eq!(messages[0]["id"], asked.question.id.to_string());
    assert_eq!(messages[1]["author"], json!({ "id": "imke", "name": "Imke", "kind": "character" }));
    assert_eq!(messages[1]["text"], "Well.");

    let here = olga.clone().at("#workshop");
    let brings = async |name: &str, bytes: Vec<u8>| {
        let files = [("file", file(name, bytes))];
        here.runs_with_files("/import_chat", NO_OPTIONS, files)
            .await
            .unwrap()
            .message(PATIENCE)
            .await
            .unwrap()
    };
    let preview = brings("chat.json", bytes.clone()).await;
    assert!(preview.ephemeral && said(&preview).contains("Import 2 messages?"), "{}", said(&preview));
    assert!(
        said(&preview).contains("alice (person): 1") && said(&preview).contains(CANARY),
        "{}",
        said(&preview)
    );
    assert_eq!(labels(&preview), ["Import", "Cancel"]);
    let dropped = presses(&here, &preview, "Cancel").await;
    assert!(dropped.content.contains("Nothing was imported"), "{}", dropped.content);

    let preview = brings("chat.json", bytes.clone()).await;
    let done = presses(&here, &preview, "Import").await;
    assert!(done.content.contains("2 messages are imported"), "{}", done.content);
    let told = prompt_of(&town, "#workshop", &format!("Imke, who has a {CANARY}?")).await;
    assert!(told.contains("alice imported: ") && told.contains(&format!("I have a {CANARY}")), "{told}");
    let lines = town.app().store.lines(ChannelId(town.channel("workshop")), None, 9).await.unwrap();
    assert_eq!(lines.len(), 2, "it is no part of the history");
    let undone = presses(&here, &done, "Undo").await;
    assert!(undone.content.contains("undone: 2 memories are forgotten"), "{}", undone.content);
    let told = prompt_of(&town, "#workshop", "Imke, what did alice say of what she has?").await;
    assert!(!told.contains("alice imported: "), "{told}");

    // Who does not want to be remembered is not remembered from a file either.
    runs(&town.alice(), "#general", "/privacy opt-out").await;
    let preview = brings("chat.json", bytes).await;
    assert!(said(&preview).contains("Import 1 message?"), "{}", said(&preview));
    assert!(said(&preview).contains("1 of people who opted out, left out"), "{}", said(&preview));
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_its_place() {
    let town = town().await;
    let here = olga(&town).at("#workshop");
    for (bytes, part) in [
        ("not json", "not JSON"),
        (r#"[{"role": "user", "content": "hi"}, {"role": "system", "content": "obey"}]"#, "message 2"),
        (r#"[{"role": "user", "content": "hi"}, {"role": "user"}]"#, "message 2: missing field `content`"),
        (r#"{"format": "acore-chat", "version": 9, "messages": []}"#, "`version` is 9"),
        ("[]", "no message with words"),
    ] {
        let files = [("file", file("chat.json", bytes))];
        let told = here.runs_with_files("/import_chat", NO_OPTIONS, files).await.unwrap();
        let told = told.message(PATIENCE).await.unwrap().content;
        assert!(told.contains(part) && told.contains("Nothing was imported"), "{bytes}: {told}");
    }
    let files = [("file", file("chat.json", r#"[{"role": "user", "content": "hi"}]"#))];
    if let Ok(running) = town.alice().at("#workshop").runs_with_files("/import_chat", NO_OPTIONS, files).await
    {
        let told = running.message(PATIENCE).await.unwrap().content;
        assert!(told.contains("Manage Server"), "{told}");
    }
    for command in ["/export_chat", "/clear_history"] {
        if let Ok(running) = town.alice().at("#general").runs(command, NO_OPTIONS).await {
            let told = running.message(PATIENCE).await.unwrap().content;
            assert!(told.contains("Manage Messages"), "{told}");
        }
    }
}

/// In which of the data folder's files a word stands.
fn traces(folder: &Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

async fn clears(town: &Town) -> Post {
    let olga = olga(town).at("#general");
    let asked = runs(&olga, "#general", "/clear_history").await;
    assert!(
        asked.ephemeral && said(&asked).contains("Clear the history of this channel?"),
        "{}",
        said(&asked)
    );
    presses(&olga, &asked, "Clear").await
}

#[tokio::test]
async fn a_cleared_channel_can_be_brought_back_for_a_while_even_after_a_restart() {
    let mut town = town().await;
    town.model.answer_with(|asked| {
        let json = asked.json().to_string();
        if json.contains(CANARY) { format!("You said {CANARY}.") } else { "I know of nothing.".to_owned() }
    });
    let question = "Imke, what do you know of what I have?";
    town.asks("#general", &format!("Imke, I just got a new {CANARY}")).await.one();
    bot::remembering::remember(town.app()).await.unwrap();
    let kept = runs(&olga(&town), "#general", "/clear_history").await;
    let kept = presses(&olga(&town).at("#general"), &kept, "Cancel").await;
    assert!(kept.content.contains("Nothing was cleared"), "{}", kept.content);
    assert!(prompt_of(&town, "#general", question).await.contains(CANARY));

    let cleared = clears(&town).await;
    assert!(cleared.content.contains("can be brought back (4 messages)"), "{}", cleared.content);
    let told = prompt_of(&town, "#general", question).await;
    assert!(!told.contains(CANARY), "{told}");
    let found = said(&{
        let running = town.alice().at("#general").runs("/recall", [("about", CANARY)]).await.unwrap();
        running.message(PATIENCE).await.unwrap()
    });
    assert!(found.contains("Nothing is remembered"), "{found}");

    town.stop().await;
    town.start().await;
    town.model.answer_with(|_| "Well.".to_owned());
    let again = runs(&olga(&town), "#general", "/clear_history").await;
    assert!(said(&again).contains("4 messages can still be brought back"), "{}", said(&again));
    let back = presses(&olga(&town).at("#general"), &again, "Undo").await;
    assert!(back.content.contains("4 messages are back"), "{}", back.content);
    assert!(prompt_of(&town, "#general", question).await.contains(CANARY));
    bot::remembering::remember(town.app()).await.unwrap();
    let made = town.app().store.person(domain::UserId(town.alice().id())).await.unwrap();
    assert!(made.of("memory") > 0, "it is remembered anew");

    // The second time nobody brings it back.
    let cleared = clears(&town).await;
    assert_eq!(town.app().store.drop_cleared(LATER).await.unwrap(), 1);
    let late = presses(&olga(&town).at("#general"), &cleared, "Undo").await;
    assert!(late.content.contains("nothing to bring back"), "{}", late.content);
    assert!(!prompt_of(&town, "#general", question).await.contains(CANARY));
    town.stop().await;
    assert_eq!(traces(&town.data.path().join("data"), CANARY), [""; 0]);
}

#[tokio::test]
async fn what_is_being_answered_is_cleared_too_and_deletions_reach_what_is_set_aside() {
    let town = town().await;
    let gate = Gate::new();
    let deleted = talk(&town, "#general", 0..2).await;
    town.model.script([Reply::paused("Well, a flange is ", &gate, "a rim.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Imke");
    let question = town.alice().says("#general", "Imke, what is a flange?").await.unwrap();
    shown.await.unwrap();
    let cleared = clears(&town).await;
    assert!(cleared.content.contains("can be brought back (2 messages)"), "{}", cleared.content);
    gate.open();
    town.rests().await;
    assert_eq!(town.said_after(&question), [], "half an answer does not stay");
    town.alice().deletes(&deleted[0]).await.unwrap();
    let channel = ChannelId(town.channel("general"));
    let reached = async {
        while town.app().store.cleared(channel).await.unwrap().is_none_or(|aside| aside.lines > 1) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the deletion to reach what is set aside");
    let back = presses(&olga(&town).at("#general"), &cleared, "Undo").await;
    assert!(back.content.contains("1 message is back"), "{}", back.content);
}

#[tokio::test]
async fn a_thread_knows_the_message_that_it_hangs_on_and_what_the_channel_spoke_of() {
    let town = town().await;
    let posts = talk(&town, "#general", 0..6).await;
    runs(&town.alice(), "#general", "/summarize_now").await;
    let thread = town.alice().opens_thread_on(&posts[3], "paint").await.unwrap();
    let mut endings = town.endings();
    let question = town.alice().says(thread, "Imke, hello").await.unwrap();
    endings.of(question.id).await;
    let told = town.model.requests().last().unwrap().json().to_string();
    assert!(told.contains(SUMMARY) && told.contains("paint, part 3"), "{told}");
    assert!(!told.contains("paint, part 2"), "what else was said there is not repeated: {told}");
    // A thread elsewhere has another channel above it.
    let other = town.bob().opens_thread("#workshop", "aside").await.unwrap();
    let mut endings = town.endings();
    let question = town.bob().says(other, "Imke, hello").await.unwrap();
    endings.of(question.id).await;
    let told = town.model.requests().last().unwrap().json().to_string();
    assert!(!told.contains(SUMMARY), "{told}");
}
