//! The conversation in the terminal: one member of the local Discord, one line at a time.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use anyhow::Context as _;
use domain::{character::Character, limits};
use local_discord::{LocalDiscord, members::Member};
use store::TurnId;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    sync::broadcast::{Receiver, error::RecvError},
};

use crate::{app::App, commands::QUESTION_CHARS};

/// Where the terminal talks.
const CHANNEL: &str = "#general";

/// Reads lines until the input ends or the program should, and prints an answer for each.
pub(crate) async fn talk(app: &App, discord: &LocalDiscord, character: &Character) -> anyhow::Result<()> {
    let interactive = std::io::stdin().is_terminal();
    if interactive {
        print(&format!("You are talking to {}. {}\nCtrl-D ends.\n", character.name, character.tagline));
    }
    let you = discord.member("you").at(CHANNEL);
    let mut lines = BufReader::new(tokio::io::stdin()).split(b'\n');
    loop {
        if interactive {
            print("\nyou> ");
        }
        let line = tokio::select! {
            line = lines.next_segment() => line.context("reading the input")?,
            () = app.life.soft().cancelled() => None,
        };
        let Some(line) = line else { return Ok(()) };
        // What is not UTF-8 must not end the conversation.
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let length = line.chars().count();
        if length > QUESTION_CHARS.into() {
            let problem = format!("a line may have {QUESTION_CHARS} characters, and this one has {length}");
            // Whoever pipes lines in counts on an answer to each.
            anyhow::ensure!(interactive, problem);
            print(&format!("({problem})\n"));
            continue;
        }
        let answer = ask(app, discord, &you, character, line).await?;
        let prefix = if interactive { format!("{}> ", character.name) } else { String::new() };
        print(&format!("{prefix}{answer}\n"));
    }
}

async fn ask(
    app: &App,
    discord: &LocalDiscord,
    you: &Member,
    character: &Character,
    line: &str,
) -> anyhow::Result<String> {
    let mut endings = app.endings.subscribe();
    let mut listening = app.listening.subscribe();
    tokio::select! {
        up = listening.wait_for(|up| *up) => drop(up.context("the bot does not listen")?),
        () = app.life.soft().cancelled() => anyhow::bail!("ended before the bot listened"),
    }
    let options = [("message", line), ("character", character.id.as_str())];
    let running = you.runs("/chat", options).await.context("the bot does not listen")?;
    let turn = TurnId(running.id());
    // The turn's own deadline ends it; this one only guards against a program that is stuck.
    let patience = limits::TURN_DEADLINE + Duration::from_mins(1);
    tokio::select! {
        ended = tokio::time::timeout(patience, ending_of(turn, &mut endings)) => ended.context("no answer came")?,
        () = app.life.soft().cancelled() => anyhow::bail!("ended before the answer came"),
    }
    let said = discord.channel(CHANNEL)?.messages();
    let answer: Vec<String> = said
        .into_iter()
        .filter(|post| {
            post.id > turn.0
                && post.json.get("webhook_id").is_some()
                && !post.json["interaction_metadata"].is_object()
        })
        .map(|post| post.content)
        .collect();
    anyhow::ensure!(
        !answer.is_empty(),
        "{} said nothing; the log says why (ACORE_LOG=debug)",
        character.name
    );
    Ok(answer.join("\n"))
}

async fn ending_of(wanted: TurnId, endings: &mut Receiver<TurnId>) {
    loop {
        match endings.recv().await {
            Ok(turn) if turn == wanted => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

#[expect(clippy::print_stdout, reason = "what the command is for")]
fn print(text: &str) {
    print!("{text}");
    let _ = std::io::stdout().flush();
}
