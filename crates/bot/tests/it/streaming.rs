//! A reply that grows in the channel.

use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

#[tokio::test]
async fn a_slow_reply_is_shown_early_and_grows_to_its_full_text() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused(
        "Let me think about the tide. ",
        &gate,
        "It turns at noon, and then we sail.",
    )]);
    let mut watch = town.discord.watch();
    let mut endings = town.endings();
    let question = town.alice().says("#general", "Ebba, when do we leave?").await.unwrap();

    let first = watch.message(PATIENCE, |post| post.author == "Ebba").await.unwrap();
    assert_eq!(first.content, "Let me think about the tide.");
    assert!(!first.edited);
    gate.open();
    endings.of(question.id).await;

    let [whole] = town.said_after(&question).try_into().unwrap_or_else(|all| panic!("{all:#?}"));
    assert_eq!(whole.id, first.id, "it is the same message");
    assert_eq!(whole.content, "Let me think about the tide. It turns at noon, and then we sail.");
    assert!(whole.edited);
}

#[tokio::test]
async fn whoever_waits_sees_typing_and_nothing_is_said_before_the_first_word() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let mut watch = town.discord.watch();
    let mut endings = town.endings();
    let question = town.alice().says("#general", "Ebba?").await.unwrap();
    let bot = town.bot().to_string();
    watch
        .event(PATIENCE, |event| event.name == "TYPING_START" && event.data["user_id"] == bot.as_str())
        .await
        .unwrap();
    assert!(town.said_after(&question).is_empty());
    gate.open();
    endings.of(question.id).await;
    assert_eq!(texts(&town.said_after(&question)), ["Finally."]);
}

#[tokio::test]
async fn a_long_reply_is_split_in_order_without_breaking_words_or_code() {
    let town = Town::new().await;
    let prose = |from: usize, to: usize| (from..to).map(|n| format!("word{n} ")).collect::<Vec<_>>().concat();
    let code = (0..120).map(|n| format!("let x{n} = {n};\n")).collect::<Vec<_>>().concat();
    let text = format!("{}\n\n```rust\n{code}```\n{}", prose(0, 200), prose(200, 460));
    assert!(text.len() > 5_000, "{}", text.len());
    town.model.script([Reply::text(&text)]);
    let answered = town.asks("#general", "Altaz, show me everything").await;
    let parts = texts(&answered.posts);
    assert!((3..=4).contains(&parts.len()), "{} parts", parts.len());
    for part in &parts {
        assert!(part.chars().count() <= 2_000);
        assert_eq!(part.matches("```").count() % 2, 0, "a fence is left open: {part}");
    }
    // Every word and every line of code came, once and in order.
    let all = parts.join("\n");
    let words: Vec<_> = all.split_whitespace().filter(|word| word.starts_with("word")).collect();
    assert_eq!(words, (0..460).map(|n| format!("word{n}")).collect::<Vec<_>>());
    let lines: Vec<_> = all.lines().filter(|line| line.starts_with("let x")).collect();
    assert_eq!(lines, code.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_model_writes_pings_nobody() {
    let town = Town::new().await;
    town.model.script([Reply::text("Come here @everyone, and you, <@1>!")]);
    let answered = town.asks("#general", "Hazlit, call them all").await;
    assert_eq!(answered.one().json["mention_everyone"], false);
    assert_eq!(answered.one().json["mentions"].as_array().map(Vec::len), Some(0));
}
