//! `/mute` and `/unmute`: the characters are silent.

use std::time::Duration;

use domain::{
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec, Permissions},
    outbound::Answer,
    rules::Muted,
};
use futures_util::FutureExt as _;

use super::{Command, guild_of, manages, must_manage, refused};
use crate::{app::App, cast::Cast, clock, rules::Scope};

/// The longest time that can be named: four weeks. Without a time it lasts until somebody ends it.
const MINUTES: i64 = 28 * 24 * 60;

pub(super) fn mute() -> Command {
    Command::new(mute_spec, |app, call| silence(app, call).boxed())
}

pub(super) fn unmute() -> Command {
    Command::new(unmute_spec, |app, call| wake(app, call).boxed())
}

fn mute_spec(_: &Cast) -> CommandSpec {
    let minutes = OptionSpec {
        name: "minutes",
        description: "For how long; without it, until /unmute",
        kind: OptionKind::Integer { min: 1, max: MINUTES },
        required: false,
    };
    CommandSpec::slash("mute", "Silence the characters in this channel", vec![minutes, everywhere()])
        .needing(Permissions::MANAGE_MESSAGES)
}

fn unmute_spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("unmute", "Let the characters speak again", vec![everywhere()])
        .needing(Permissions::MANAGE_MESSAGES)
}

fn everywhere() -> OptionSpec {
    OptionSpec {
        name: "everywhere",
        description: "On the whole server; needs Manage Server",
        kind: OptionKind::Boolean,
        required: false,
    }
}

/// What is to be muted, if the caller may.
fn scope(call: &CommandCall) -> anyhow::Result<Scope> {
    let guild = guild_of(&call.place)?;
    if call.boolean("everywhere") == Some(true) {
        must_manage(call.permissions)?;
        return Ok(Scope::Guild(guild));
    }
    if manages(call.permissions) || call.permissions.allow(Permissions::MANAGE_MESSAGES) {
        return Ok(Scope::channel(&call.place));
    }
    Err(refused("That needs the permission “Manage Messages” here."))
}

async fn silence(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let scope = scope(call)?;
    let minutes = call.integer("minutes").map(|minutes| minutes.clamp(1, MINUTES).unsigned_abs());
    let muted = match minutes {
        Some(minutes) => Muted::Until(clock::now().plus(Duration::from_secs(minutes * 60))),
        None => Muted::Forever,
    };
    app.rules
        .change(scope, |rules| {
            rules.muted = Some(muted);
            Ok(())
        })
        .await?;
    let place = place(scope);
    let text = match muted {
        // Everybody sees their own local time. Discord documentation, "Message Formatting".
        Muted::Until(end) => {
            format!("🔇 The characters are silent {place} until <t:{}:f>.", end.as_millis().div_euclid(1_000))
        }
        Muted::No | Muted::Forever => {
            format!("🔇 The characters are silent {place} until somebody says `/unmute`.")
        }
    };
    Ok(Answer { text, ..Answer::default() })
}

async fn wake(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let scope = scope(call)?;
    app.rules
        .change(scope, |rules| {
            rules.muted = None;
            Ok(())
        })
        .await?;
    let muted = app.rules.of(&call.place).await?.is_muted(clock::now());
    let text = match (muted, scope) {
        (false, _) => format!("🔊 The characters may speak {} again.", place(scope)),
        (true, Scope::Channel(_)) => {
            "🔇 This channel is not muted any more, but the whole server is: `/unmute everywhere:True` ends that."
                .to_owned()
        }
        (true, Scope::Guild(_)) => {
            "🔇 The server is not muted any more, but this channel is: `/unmute` ends that.".to_owned()
        }
    };
    Ok(Answer { text, ..Answer::default() })
}

fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Guild(_) => "on this server",
        Scope::Channel(_) => "in this channel",
    }
}
