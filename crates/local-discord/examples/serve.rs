//! The local Discord for clients of any language: `cargo run -p local-discord --example serve -- [--openapi PATH]`.
//!
//! Prints one line of JSON that says where it is, serves until stdin closes or SIGTERM comes, and prints at the end
//! what did not fit the protocol. Ends with 1 if an answer of the local Discord did not fit Discord's `OpenAPI` document.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use local_discord::permissions::Permissions;
use local_discord::world::{BotSeed, GuildSeed, WorldBuilder, channel_type};
use local_discord::{LocalDiscord, Options, Violation, clock::Clock};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

const USAGE: &str = "usage: serve [--openapi PATH] [--port PORT]";

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let (openapi, port) = arguments()?;
    let can = Permissions::MANAGE_WEBHOOKS
        | Permissions::MANAGE_MESSAGES
        | Permissions::PIN_MESSAGES
        | Permissions::MANAGE_THREADS;
    let guild = GuildSeed::new("Harbour")
        .channel("general", channel_type::TEXT)
        .channel("workshop", channel_type::TEXT)
        .channel("Lounge", channel_type::VOICE)
        .member("alice")
        .member("bob");
    let seed = WorldBuilder::new().bot(BotSeed::new("acore").permissions(can)).guild(guild);
    let (world, seeded) = seed.build(Clock::system());
    let (application, _, token) = &seeded.bots["acore"];
    let local = LocalDiscord::start(Options::new(world).port(port).openapi(openapi).me("alice")).await?;
    say(&json!({
        "api_base": local.api_base(),
        "gateway_url": local.gateway_url(),
        "token": token,
        "application_id": application.to_string(),
        "guild_id": seeded.guilds["Harbour"].to_string(),
        "channel_id": seeded.channels["general"].to_string(),
        "member_id": seeded.users["alice"].to_string(),
        "control": format!("{}/_local/v1", local.base()),
    }))?;
    until_told().await?;
    let (answers, requests): (Vec<_>, Vec<_>) = local.violations().into_iter().partition(is_answer);
    let count = local.requests().len();
    local.shutdown().await;
    say(
        &json!({"requests": count, "violations": {"responses": list(&answers), "requests": list(&requests)}}),
    )?;
    Ok(if answers.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn arguments() -> Result<(Option<PathBuf>, u16), Box<dyn std::error::Error>> {
    let (mut openapi, mut port) = (None, 0);
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().ok_or(USAGE)?;
        match name.as_str() {
            "--openapi" => openapi = Some(PathBuf::from(value)),
            "--port" => port = value.parse().map_err(|_| USAGE)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok((openapi, port))
}

fn say(line: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Returns when stdin is closed or a signal asks for the end.
async fn until_told() -> std::io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let (closed, stdin) = oneshot::channel();
    // A thread of its own: Tokio's stdin would keep the runtime from ending after a signal.
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while matches!(std::io::stdin().read(&mut buffer), Ok(read) if read > 0) {}
        let _ = closed.send(());
    });
    tokio::select! {
        _ = term.recv() => {}
        done = tokio::signal::ctrl_c() => done?,
        _ = stdin => {}
    }
    Ok(())
}

/// True if the local Discord's own answer was wrong, not the client's request.
fn is_answer(violation: &Violation) -> bool {
    violation.what.starts_with("response")
}

/// One entry per kind, with how often it was seen and where first.
fn list(violations: &[Violation]) -> Value {
    let mut kinds: BTreeMap<&str, (usize, &Violation)> = BTreeMap::new();
    for violation in violations {
        kinds.entry(&violation.what).or_insert((0, violation)).0 += 1;
    }
    let entry = |(count, v): (usize, &Violation)| json!({"what": v.what, "count": count, "first": format!("{} {}", v.method, shown(&v.path))});
    kinds.into_values().map(entry).collect()
}

/// A path without its tokens.
fn shown(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let short: Vec<&str> = path.split('/').map(|part| if part.len() > 24 { "…" } else { part }).collect();
    format!("{}?{query}", short.join("/")).trim_end_matches('?').to_owned()
}
