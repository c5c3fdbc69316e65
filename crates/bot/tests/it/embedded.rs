//! The real model, in the process, on the local Discord.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::io::AsyncWriteExt as _;

use crate::{acore::Acore, town::Town};

/// A debug build on a busy machine reads its prompt slowly.
const A_LONG_TIME: Duration = Duration::from_mins(4);

/// The weights, if they are here: tests fetch nothing.
fn weights() -> Option<PathBuf> {
    let fetched =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let found = std::env::var_os("ACORE_TEST_MODEL").map(PathBuf::from).or(Some(fetched));
    let found = found.filter(|path| path.exists()).and_then(|path| path.canonicalize().ok());
    if found.is_none() {
        eprintln!("skipped: no weights here (ACORE_TEST_MODEL, or script/setup fetches them)");
    }
    found
}

fn with(weights: &Path) -> crate::town::Builder {
    Town::build()
        .setting("ACORE_MODEL_PROVIDER", "embedded")
        .setting("ACORE_MODEL_BASE_URL", "")
        .setting("ACORE_MODEL", "")
        .setting("ACORE_MODEL_PROFILE", "small")
        .setting("ACORE_MODEL_CONTEXT_TOKENS", "2048")
        .setting("ACORE_MODEL_FILE", &weights.display().to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_model_answers_a_mention_end_to_end() {
    let Some(weights) = weights() else { return };
    let town = with(&weights).start().await;
    let shown = town.discord.next_message(A_LONG_TIME, |post| post.from_app && !post.content.is_empty());
    let mut ended = town.app().endings.subscribe();
    let mention = format!("<@{}> good evening! How are you?", town.bot());
    let question = town.alice().says("#general", &mention).await.unwrap();
    shown.await.unwrap();
    tokio::time::timeout(A_LONG_TIME, ended.recv()).await.unwrap().unwrap();

    let posts = town.said_after(&question);
    assert!(!posts.is_empty());
    let names: Vec<_> = town.app().cast.everybody().characters().iter().map(|c| c.name.clone()).collect();
    for post in &posts {
        eprintln!("{}: {}", post.author, post.content);
        assert!(names.contains(&post.author), "{}", post.author);
        assert!(!post.content.contains("<|im_"), "{}", post.content);
    }
    assert_ne!(posts[0].content, domain::turn::APOLOGY);
    assert_eq!(town.app().store.counts().await.unwrap().answered, 1);
}

#[tokio::test]
async fn the_embedded_model_answers_a_line_in_a_pipe() {
    let Some(weights) = weights() else { return };
    let mut town = with(&weights).open().await;
    // A terminal conversation brings its own Discord.
    town.settings.retain(|name, _| !name.starts_with("DISCORD_"));
    let mut child = Acore::command(&town)
        .args(["chat", "--character", "sidony"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hi\n").await.unwrap();
    let output = tokio::time::timeout(A_LONG_TIME, child.wait_with_output()).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    eprintln!("{out}");
    assert!(output.status.success(), "{err}");
    assert!(!out.trim().is_empty(), "{err}");
    assert_eq!(err, "", "nothing disturbs a pipe");
}

#[tokio::test]
async fn a_line_in_a_pipe_is_answered_by_the_named_character() {
    let mut town = Town::build().open().await;
    town.settings.retain(|name, _| !name.starts_with("DISCORD_"));
    let mut child = Acore::command(&town)
        .args(["chat", "--character", "Sidony"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hi\nand again\n").await.unwrap();
    let output = tokio::time::timeout(A_LONG_TIME, child.wait_with_output()).await.unwrap().unwrap();
    assert!(output.status.success());
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(out, "Hello from the scripted model.\nHello from the scripted model.\n");
    let prompt = town.model.requests().pop().unwrap();
    assert!(prompt.messages()[0].1.contains("Sidony"), "{:?}", prompt.messages());
}

/// A later start finds the commands registered already: its first line must still wait until the bot listens.
#[tokio::test]
async fn every_start_answers_its_first_line_whatever_its_encoding() {
    let mut town = Town::build().open().await;
    town.settings.retain(|name, _| !name.starts_with("DISCORD_"));
    for _ in 0..4 {
        let (out, success) = piped(&town, b"caf\xe9?\r\n\r\n").await;
        assert_eq!((out.as_str(), success), ("Hello from the scripted model.\n", true));
    }
    let long = "x".repeat(1_501);
    assert_eq!(piped(&town, long.as_bytes()).await, (String::new(), false), "said, not cut in silence");
}

/// What `acore chat` makes of its input, and whether it ended well.
async fn piped(town: &Town, input: &[u8]) -> (String, bool) {
    let mut child = Acore::command(town)
        .arg("chat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).await.unwrap();
    let output = tokio::time::timeout(A_LONG_TIME, child.wait_with_output()).await.unwrap().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}
