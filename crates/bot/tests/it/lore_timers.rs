//! What lasts of lore: over messages, over a restart, for each character in each channel.

use local_discord::members::NO_OPTIONS;

use crate::{
    brought::file,
    town::{PATIENCE, Town},
};

/// Only the newest message is searched, so that nothing fires twice by one word.
const WORLD: &str = r#"{"name": "Tides", "scan_depth": 1, "entries": {
    "0": {"key": ["lighthouse"], "comment": "The light", "content": "The light burns kelp oil.", "sticky": 2,
          "automationId": "ring-the-bell"},
    "1": {"key": ["kelp"], "comment": "Kelp", "content": "It is cut at new moon.", "cooldown": 6},
    "2": {"key": ["tide"], "comment": "Tide", "content": "It comes twice a day.", "delay": 4}
}}"#;

/// Asks, and tells which of the three entries the model was told.
async fn wakes(town: &Town, place: &str, text: &str) -> [bool; 3] {
    town.asks(place, text).await.one();
    let told = town.model.requests().last().unwrap().json().to_string();
    ["burns kelp oil", "cut at new moon", "twice a day"].map(|words| told.contains(words))
}

#[tokio::test]
async fn what_lasts_of_lore_lasts_over_messages_and_restarts() {
    let mut town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let files = [("file", file("tides.json", WORLD))];
    let running = olga.runs_with_files("/lore import", NO_OPTIONS, files).await.unwrap();
    running.message(PATIENCE).await.unwrap();
    let why = async || {
        let why = olga.runs("/why", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
        why.json.to_string()
    };

    // Message 1 of the channel: the tide waits until there are four. Each answer is a message, too.
    let all = "Imke, what of the lighthouse, kelp and tide?";
    assert_eq!(wakes(&town, "#general", all).await, [true, true, false]);
    let told = why().await;
    assert!(told.contains("The light") && told.contains("by “lighthouse”"), "{told}");
    assert!(told.contains("automation id “ring-the-bell”"), "{told}");

    // Message 3: the light stays without its key, the kelp rests.
    assert_eq!(wakes(&town, "#general", "Imke, and kelp?").await, [true, false, false]);
    let told = why().await;
    assert!(told.contains("**The light** sticky"), "{told}");

    // Neither for anybody else nor elsewhere.
    assert_eq!(wakes(&town, "#general", "Sidony, and kelp?").await, [false, true, false]);
    assert_eq!(wakes(&town, "#workshop", "Imke, and kelp?").await, [false, true, false]);

    // Message 7: the kelp still rests, though the bot was away; the tide has waited long enough.
    town.stop().await;
    town.start().await;
    assert_eq!(wakes(&town, "#general", "Imke, kelp and tide?").await, [false, false, true]);
    assert_eq!(wakes(&town, "#general", "Imke, and kelp?").await, [false, true, false]);
}
