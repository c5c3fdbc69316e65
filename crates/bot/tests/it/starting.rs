//! What `acore run` says when it cannot: one sentence and an exit code.

use tokio::net::TcpListener;

use crate::{
    acore::{Acore, Ended},
    town::Town,
};

/// Exactly one line that a person can use, nothing else.
#[track_caller]
fn one_sentence(ended: &Ended, town: &Town) -> String {
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(ended.code.is_some(), "a crash: {ended:?}");
    for noise in ["Error:", "panicked", "backtrace", "Caused by", "Os {"] {
        assert!(!ended.stderr.contains(noise), "{}", ended.stderr);
    }
    let token = town.settings.get("DISCORD_TOKEN").filter(|token| !token.is_empty());
    assert!(token.is_none_or(|token| !ended.stderr.contains(token)), "{}", ended.stderr);
    let sentences: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("acore: ")).collect();
    let [sentence] = sentences.as_slice() else { panic!("{}", ended.stderr) };
    assert_eq!(ended.stderr.lines().last(), Some(*sentence), "it is the last word");
    (*sentence).to_owned()
}

async fn ends_with(town: &Town) -> String {
    let ended = Acore::run(town).ended().await;
    one_sentence(&ended, town)
}

#[tokio::test]
async fn without_a_token() {
    let mut town = Town::build().open().await;
    town.settings.remove("DISCORD_TOKEN");
    let sentence = ends_with(&town).await;
    assert!(sentence.contains("DISCORD_TOKEN"), "{sentence}");
}

#[tokio::test]
async fn with_a_wrong_token() {
    let town = Town::build().setting("DISCORD_TOKEN", "MTIz.wrong.token").open().await;
    let sentence = ends_with(&town).await;
    assert!(sentence.contains("token") && sentence.contains("Developer Portal"), "{sentence}");
}

#[tokio::test]
async fn without_the_intent_to_read_messages() {
    let town = Town::build().without_message_content().open().await;
    let sentence = ends_with(&town).await;
    assert!(
        sentence.contains("Message Content Intent") && sentence.contains("Developer Portal"),
        "{sentence}"
    );
}

#[tokio::test]
async fn when_nobody_answers() {
    // An address that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();

    let town = Town::build().setting("DISCORD_API_BASE", &format!("http://{nobody}/api/v10")).open().await;
    let sentence = ends_with(&town).await;
    assert!(sentence.contains("cannot reach") && sentence.contains(&nobody.to_string()), "{sentence}");

    let town = Town::build().setting("DISCORD_GATEWAY_URL", &format!("ws://{nobody}")).open().await;
    let sentence = ends_with(&town).await;
    assert!(sentence.contains("cannot reach the gateway"), "{sentence}");
}

#[tokio::test]
async fn with_a_setting_that_is_none() {
    let town = Town::build().setting("ACORE_MODEL_PROVIDER", "olama").open().await;
    let ended = Acore::run(&town).ended().await;
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("ACORE_MODEL_PROVIDER") && ended.stderr.contains("`ollama`"),
        "{}",
        ended.stderr
    );
}
