//! Memories get their vectors and their facts in the background: killed in the middle of it nothing is lost or doubled,
//! and what was made by another model serves until the new one's are there.

use domain::{
    MessageId,
    memory::{Item, Kind, Source},
};
use serde_json::json;

use crate::{
    acore::Acore,
    remembering_people::{GOAT, chatter, is_for_notes, memories, notes, prompt_of, remembers, until},
    town::Town,
};

const LINES: u32 = 120;

/// A model that writes down whoever has a goat.
async fn open(model: &str, learning: &str) -> Town {
    let town = Town::build().setting("ACORE_EMBEDDING_MODEL", model);
    let town = town.setting("ACORE_MEMORY_LEARNING", learning).open().await;
    town.model.answer_with(|asked| {
        if is_for_notes(asked) { notes(asked, GOAT, &json!({})) } else { "I see.".to_owned() }
    });
    town
}

async fn all_items(town: &Town) -> Vec<Item> {
    town.app().store.without_vector("a model that nobody has", 10_000).await.unwrap()
}

/// The models that there are vectors of, and of how many items.
async fn models(town: &Town) -> Vec<(String, u64)> {
    let models = town.app().store.models().await.unwrap();
    models.into_iter().map(|model| (model.name, model.items)).collect()
}

#[tokio::test]
async fn killed_while_it_indexes_it_loses_and_doubles_nothing() {
    let mut town = open("vectors", "yes").await;
    town.expect_bot();
    let mut acore = Acore::run(&town);
    town.bot_is_online().await;
    let mut said = Vec::new();
    for line in 0..LINES {
        let who = if line % 2 == 0 { town.alice() } else { town.bob() };
        let what = if line == 7 { format!("I keep a goat, {GOAT}") } else { format!("dull report {line}") };
        said.push(who.says("#general", &what).await.unwrap().id);
    }
    // At the first, second and third request for vectors of this life, and with the notebook half written.
    for (kill, requests) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
        if kill > 0 {
            acore = Acore::run(&town);
        }
        let seen = (town.model.embedding_requests().len(), town.model.requests_seen());
        until("it is in the middle of it", async || match requests {
            0 => town.model.requests_seen() > seen.1,
            some => {
                let all = town.model.embedding_requests();
                // With the last ones there may be less to do than that.
                all.len() >= seen.0 + some || (kill > 0 && town.model.requests_seen() > seen.1)
            }
        })
        .await;
        acore.kill().await;
    }
    town.start().await;
    remembers(&town).await;
    bot::vectors::fill(town.app()).await.unwrap();
    for (at, id) in said.iter().enumerate() {
        let made = town.app().store.made_of(Source::Message(MessageId(*id))).await.unwrap();
        let mut kinds: Vec<_> = made.iter().map(|item| item.draft.detail.kind()).collect();
        kinds.sort_unstable();
        let wanted = if at == 7 { vec![Kind::Line, Kind::Fact] } else { vec![Kind::Line] };
        assert_eq!(kinds, wanted, "line {at}");
    }
    let items = all_items(&town).await.len() as u64;
    assert!(items > u64::from(LINES));
    assert_eq!(models(&town).await, [("vectors".to_owned(), items)]);
}

#[tokio::test]
async fn another_embedding_model_takes_over_when_it_has_read_everything() {
    let mut town = open("vectors", "no").await;
    town.start().await;
    let told = format!("I keep a goat, {GOAT} is her name, in the old mill");
    town.alice().says("#general", &told).await.unwrap();
    chatter(&town, &[town.bob()], "#general", 60).await;
    remembers(&town).await;
    bot::vectors::fill(town.app()).await.unwrap();
    let items = all_items(&town).await;
    assert_eq!(models(&town).await, [("vectors".to_owned(), items.len() as u64)]);
    town.stop().await;

    town.settings.insert("ACORE_EMBEDDING_MODEL".to_owned(), "others".to_owned());
    town.start().await;
    // Some of the work is done: those of the old model are still there, and memories are found.
    let some: Vec<_> = items.iter().rev().take(5).map(|item| (item.id, vec![1.0; 64])).collect();
    town.app().store.keep_vectors("others", &some).await.unwrap();
    let prompt = prompt_of(&town, &town.alice(), "#general", "Imke, what is my goat called?").await;
    assert!(memories(&prompt).contains("in the old mill"), "{prompt}");
    assert!(prompt.contains(GOAT), "{prompt}");

    remembers(&town).await;
    bot::vectors::fill(town.app()).await.unwrap();
    until("the old ones are dropped", async || models(&town).await.len() == 1).await;
    assert_eq!(models(&town).await[0].0, "others");
    assert_eq!(town.app().store.without_vector("others", 1).await.unwrap(), []);
    let prompt = prompt_of(&town, &town.alice(), "#general", "Imke, what was my goat called again?").await;
    assert!(memories(&prompt).contains("in the old mill"), "{prompt}");
}
