//! What is deleted, edited or never to be kept is in no prompt and in no file: looked for byte for byte.

use std::{fs, path::Path};

use domain::{MessageId, UserId, memory::Source};
use serde_json::json;

use crate::{
    remembering_people::{
        GOAT, chatter, is_for_a_summary, is_for_notes, memories, notes, prompt_of, remembers, runs, until,
    },
    town::Town,
};

/// What the full-text index makes of the goat's name, and of the word beside it; the name of a file, and what is in it.
const STEMS: [&str; 4] = ["uillazorb", "grobblewump", "zumblefitz", "snarkelbury"];

/// A town with vectors, whose model writes down everything it is told.
async fn town() -> Town {
    let town = Town::build().setting("ACORE_EMBEDDING_MODEL", "vectors").start().await;
    town.model.answer_with(|asked| {
        if is_for_notes(asked) {
            notes(asked, GOAT, &json!({ "note": format!("has a goat called {GOAT} who grobblewumped") }))
        } else if is_for_a_summary(asked) {
            let what = if asked.last_message().contains(GOAT) { GOAT } else { "the weather" };
            format!("They spoke about {what} and were content with it.")
        } else {
            "I see.".to_owned()
        }
    });
    town
}

/// In which files of the data folder words stand, however they are written.
fn traces(town: &Town, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![town.data.path().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(
                    words
                        .iter()
                        .filter(|word| holds(&path, word))
                        .map(|word| format!("{word} in {}", path.display())),
                );
            }
        }
    }
    found
}

fn holds(path: &Path, word: &str) -> bool {
    let bytes = fs::read(path).unwrap().to_ascii_lowercase();
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Everything is learned, told and has its vector.
async fn takes_in(town: &Town) {
    remembers(town).await;
    bot::learning::tell(town.app()).await.unwrap();
    bot::vectors::fill(town.app()).await.unwrap();
}

/// How many things each kind of memory holds that were made of a message.
async fn made_of(town: &Town, message: u64) -> Vec<domain::memory::Kind> {
    let made = town.app().store.made_of(Source::Message(MessageId(message))).await.unwrap();
    made.iter().map(|item| item.draft.detail.kind()).collect()
}

#[tokio::test]
async fn a_deleted_message_is_gone_with_all_that_was_made_of_it() {
    use domain::memory::Kind::{Episode, Fact, Line};
    let mut town = town().await;
    let alice = town.alice();
    let told = format!("Imke, I keep a goat, {GOAT} is her name, and she grobblewumped today");
    let mut endings = town.endings();
    let file = "The snarkelbury is not a goat.";
    let said = alice.sends_file("#general", &told, "zumblefitz.txt", file).await.unwrap();
    endings.of(said.id).await;
    assert!(town.model.requests()[0].json().to_string().contains("snarkelbury"), "the file is read");
    chatter(&town, &[town.alice(), town.bob()], "#general", 50).await;
    takes_in(&town).await;
    let mut kinds = made_of(&town, said.id).await;
    kinds.sort_unstable();
    assert_eq!(kinds, [Line, Fact, Episode]);
    let prompt = prompt_of(&town, &alice, "#general", "Imke, what is my goat called?").await;
    assert!(memories(&prompt).contains(GOAT), "{prompt}");
    town.rests().await;
    assert!(!traces(&town, &STEMS[..2]).is_empty());

    alice.deletes(&said).await.unwrap();
    until("nothing is left that was made of it", async || made_of(&town, said.id).await.is_empty()).await;
    until("no file holds her words", async || traces(&town, &STEMS).is_empty()).await;
    takes_in(&town).await;
    let prompt = prompt_of(&town, &alice, "#general", "Imke, what is my goat called?").await;
    assert!(!prompt.contains(GOAT) && !prompt.contains("grobblewump"), "{prompt}");
    for command in ["/why", "/memory", "/my_profile"] {
        let told = runs(&alice, "#general", command).await.json.to_string();
        assert!(!told.contains(GOAT), "{command}: {told}");
    }
    // The others' lines that were in the episode are told anew.
    let kept = town.app().store.items_of(UserId(town.bob().id()), &[Line], None, 500).await.unwrap();
    assert!(kept.len() >= 25, "{kept:?}");
    town.stop().await;
    assert_eq!(traces(&town, &STEMS), [""; 0]);
}

#[tokio::test]
async fn an_edited_message_is_remembered_in_its_new_words_alone() {
    let mut town = town().await;
    let alice = town.alice();
    let told = format!("Imke, I keep a goat, {GOAT} is her name, and she grobblewumped today");
    let said = town.asks("#general", &told).await.question;
    chatter(&town, &[town.alice(), town.bob()], "#general", 50).await;
    takes_in(&town).await;
    prompt_of(&town, &alice, "#general", "Imke, what is my goat called?").await;
    town.rests().await;
    alice.edits(&said, "Imke, I keep a heron, Marrowby is her name").await.unwrap();
    until("no file holds the old words", async || traces(&town, &STEMS).is_empty()).await;
    takes_in(&town).await;
    let prompt = prompt_of(&town, &alice, "#general", "Imke, do I keep a heron?").await;
    assert!(memories(&prompt).contains("Marrowby") && !prompt.contains(GOAT), "{prompt}");
    town.stop().await;
    assert_eq!(traces(&town, &STEMS), [""; 0]);
}

#[tokio::test]
async fn who_opted_out_is_answered_and_nothing_is_learned_of_them() {
    let mut town = town().await;
    let alice = town.alice();
    runs(&alice, "#general", "/privacy opt-out").await;
    let told = format!("Imke, I keep a goat, {GOAT} is her name, and she grobblewumped today");
    town.asks("#general", &told).await.one();
    alice.says("#general", &format!("my zumblefitz is ill, and {GOAT} is sad")).await.unwrap();
    chatter(&town, &[town.bob()], "#general", 50).await;
    takes_in(&town).await;
    let prompt =
        prompt_of(&town, &town.bob(), "#general", "Imke, what of the goat and the zumblefitz?").await;
    assert!(!prompt.contains(GOAT) && !prompt.contains("grobblewump"), "{prompt}");
    let prompt = prompt_of(&town, &alice, "#general", "Imke, and what do you know of me?").await;
    assert!(!prompt.contains(GOAT) && !prompt.contains("grobblewump"), "{prompt}");
    town.stop().await;
    assert_eq!(traces(&town, &STEMS[..2]), [""; 0]);
}
