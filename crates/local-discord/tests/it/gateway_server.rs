//! Gateway, REST, faults and the web client behind one port.

use std::time::Duration;

use local_discord::clock::Clock;
use local_discord::faults::RestFault;
use local_discord::world::{BotSeed, GuildSeed, Seeded, WorldBuilder, channel_type};
use local_discord::{LocalDiscord, Options};
use serde_json::{Value, json};

use crate::gateway_rig::{Client, http};

async fn start() -> (LocalDiscord, Seeded) {
    let guild = GuildSeed::new("home").member("alice").channel("general", channel_type::TEXT);
    let (world, seeded) = WorldBuilder::new().bot(BotSeed::new("bot")).guild(guild).build(Clock::system());
    (LocalDiscord::start(Options::new(world)).await.expect("starts"), seeded)
}

async fn get(discord: &LocalDiscord, token: &str, path: &str) -> Value {
    let url = format!("{}{path}", discord.api_base());
    let answer =
        http().get(url).header("Authorization", format!("Bot {token}")).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn what_is_posted_over_rest_arrives_over_the_gateway() {
    let (discord, seeded) = start().await;
    let token = seeded.bots["bot"].2.clone();
    let info = get(&discord, &token, "/gateway/bot").await;
    assert_eq!(info["session_start_limit"]["remaining"], 1_000);
    // Clients put their query right behind the address that they are given, and some behind a slash.
    let url = info["url"].as_str().expect("an address");
    let mut bot = Client::open(&format!("{url}?v=10&encoding=json")).await;
    bot.expect_op(10).await;
    bot.identify(&token, 1 | 1 << 9).await;
    bot.dispatch("READY").await;
    bot.dispatch("GUILD_CREATE").await;
    assert_eq!(get(&discord, &token, "/gateway/bot").await["session_start_limit"]["remaining"], 999);

    let url = format!("{}/channels/{}/messages", discord.api_base(), seeded.channels["general"]);
    let post =
        http().post(url).header("Authorization", format!("Bot {token}")).json(&json!({"content": "hello"}));
    assert_eq!(post.send().await.expect("an answer").status(), 200);
    assert_eq!(bot.contents(1).await, ["hello"]);
    discord.shutdown().await;
    assert_eq!(bot.close_code().await, None);
}

#[tokio::test]
async fn the_root_is_a_page_for_browsers_and_a_gateway_for_bots() {
    let (discord, _) = start().await;
    let mut bot = Client::open(&format!("ws://{}/?v=10", discord.address())).await;
    bot.expect_op(10).await;
    let page = http().get(discord.base()).send().await.expect("an answer");
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn a_storm_hits_the_api_but_not_the_page() {
    let (discord, seeded) = start().await;
    discord.faults().fail_requests("*", "**", u32::MAX, RestFault::Status(502));
    let token = seeded.bots["bot"].2.clone();
    assert_eq!(get(&discord, &token, "/users/@me").await["message"], "502: Bad Gateway");
    assert_eq!(http().get(discord.base()).send().await.expect("an answer").status(), 200);
    discord.faults().clear();
    assert_eq!(get(&discord, &token, "/users/@me").await["username"], "bot");
}

#[tokio::test]
async fn a_lost_answer_leaves_the_message_behind() {
    let (discord, seeded) = start().await;
    discord.faults().fail_requests("POST", "/channels/*/messages", 1, RestFault::DropAfter);
    let (token, general) = (seeded.bots["bot"].2.clone(), seeded.channels["general"]);
    let url = format!("{}/channels/{general}/messages", discord.api_base());
    let post =
        http().post(url).header("Authorization", format!("Bot {token}")).json(&json!({"content": "lost?"}));
    assert!(post.timeout(Duration::from_secs(20)).send().await.is_err());
    let history = get(&discord, &token, &format!("/channels/{general}/messages")).await;
    assert_eq!(history[0]["content"], "lost?");
}
