//! `/channel`: the rules that hold here, where each comes from, and changing them.

use domain::{
    command::{CommandCall, CommandSpec, OptionKind, OptionSpec, Permissions},
    outbound::{Answer, Panel},
    rules::{self, Origin},
};
use futures_util::FutureExt as _;

use super::{Command, Proposals, chat, guild_of, must_manage, refused, shown};
use crate::{
    app::App,
    cast::Cast,
    rules::{ChangeError, Scope, knows_zone},
};

const NAME: &str = "channel";

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .proposing(|app, call| propose(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    let sub = |name, description, options| OptionSpec {
        name,
        description,
        kind: OptionKind::Sub(options),
        required: false,
    };
    let rule = || OptionSpec {
        name: "rule",
        description: "Which rule; /channel show tells what they mean",
        kind: OptionKind::Autocompleted,
        required: true,
    };
    let value = OptionSpec {
        name: "value",
        description: "The new value, such as on, 10%, 22:00-07:00, or names",
        kind: OptionKind::Autocompleted,
        required: true,
    };
    let everywhere = || OptionSpec {
        name: "everywhere",
        description: "For the whole server instead of this channel",
        kind: OptionKind::Boolean,
        required: false,
    };
    CommandSpec::slash(
        NAME,
        "How the characters behave in this channel",
        vec![
            sub("show", "The rules that hold here, and where each comes from", Vec::new()),
            sub("set", "Change a rule", vec![rule(), value, everywhere()]),
            sub("reset", "Forget what was set for a rule", vec![rule(), everywhere()]),
        ],
    )
    .needing(Permissions::MANAGE_GUILD)
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let guild = guild_of(&call.place)?;
    let scope = match call.boolean("everywhere") {
        Some(true) => Scope::Guild(guild),
        _ => Scope::channel(&call.place),
    };
    match call.sub.as_deref() {
        Some("set") => {
            must_manage(call.permissions)?;
            set(app, call, scope).await
        }
        Some("reset") => {
            must_manage(call.permissions)?;
            let rule = text(call, "rule");
            changed(app.rules.change(scope, |rules| rules.clear(&rule)).await)?;
            one(app, call, &rule).await
        }
        _ => show(app, call).await,
    }
}

fn text(call: &CommandCall, option: &str) -> String {
    call.text(option).map(|text| text.raw().trim().to_owned()).unwrap_or_default()
}

async fn set(app: &App, call: &CommandCall, scope: Scope) -> anyhow::Result<Answer> {
    let (rule, value) = (text(call, "rule"), text(call, "value"));
    if rule == "time_zone" && !knows_zone(&value) {
        return Err(refused("That time zone is not known here. Write it like `Europe/Vienna`, or `UTC`."));
    }
    // People write names, rules hold ids.
    let value = match rule.as_str() {
        "cast" | "silenced" => ids(&*app.cast.of(call.place.guild).await?, &value)?,
        _ => value,
    };
    changed(app.rules.change(scope, |rules| rules.set(&rule, &value)).await)?;
    one(app, call, &rule).await
}

/// Names or ids of characters, as ids; words that are none of the cast's are left to the rule where there is one only.
fn ids(cast: &Cast, names: &str) -> anyhow::Result<String> {
    let mut ids = Vec::new();
    let listed: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    for name in &listed {
        match cast.by_name(name) {
            Some(character) => ids.push(character.id.to_string()),
            None if listed.len() == 1 => return Ok(names.to_owned()),
            None => return Err(refused(format!("Nobody here is called “{}”.", shown::line(name, 80)))),
        }
    }
    Ok(ids.join(", "))
}

fn changed(done: Result<(), ChangeError>) -> anyhow::Result<()> {
    done.map_err(|error| match error {
        ChangeError::Refused(problem) => refused(shown::complaint(&problem)),
        ChangeError::Store(error) => error.into(),
    })
}

/// The rule that was changed, as it holds now.
async fn one(app: &App, call: &CommandCall, rule: &str) -> anyhow::Result<Answer> {
    let all = app.rules.shown(&call.place).await?;
    let Some(now) = all.iter().find(|shown| shown.rule == rule) else { return show(app, call).await };
    let value = shown::cut(&now.value, 1_000);
    Ok(Answer::private(format!(
        "`{}` is now **{value}** in this channel, {}.\n{}",
        now.rule, now.origin, now.meaning
    )))
}

async fn show(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let mut body = String::new();
    for rule in app.rules.shown(&call.place).await? {
        let mark = match rule.origin {
            Origin::Default => "▫️",
            Origin::Guild => "🏠",
            Origin::Channel => "📌",
            Origin::Both => "🏠📌",
        };
        let line = format!("{mark} `{}` **{}** {}\n", rule.rule, shown::cut(&rule.value, 120), rule.meaning);
        if body.chars().count() + line.chars().count() > 4_000 {
            break;
        }
        body.push_str(&line);
    }
    let panel = Panel {
        title: "How the characters behave here".to_owned(),
        body,
        footer: "▫️ as delivered · 🏠 set for the server · 📌 set for this channel · /channel set".to_owned(),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

async fn propose(app: &App, call: &CommandCall) -> anyhow::Result<Proposals> {
    let typed = |option: &str| text(call, option).to_lowercase();
    if call.focused.as_deref() == Some("rule") {
        let fits = |(name, meaning): &&(&str, &str)| {
            name.contains(&typed("rule")) || meaning.to_lowercase().contains(&typed("rule"))
        };
        let found = rules::NAMES.iter().filter(fits).take(25);
        return Ok(found
            .map(|(name, meaning)| (shown::cut(&format!("{name}: {meaning}"), 100), (*name).to_owned()))
            .collect());
    }
    let cast = app.cast.of(call.place.guild).await?;
    let now = app.rules.shown(&call.place).await?.into_iter().find(|shown| shown.rule == text(call, "rule"));
    Ok(values(&cast, call, now.as_ref()))
}

/// What a rule could be.
fn values(cast: &Cast, call: &CommandCall, now: Option<&rules::Shown>) -> Proposals {
    let Some(now) = now else { return Vec::new() };
    let usual: &[&str] = match now.rule {
        "cast" => &["everybody"],
        "silenced" | "weights" | "ignored_users" | "heard_bots" => &["none"],
        "muted" | "listen_on" | "image_questions" => &["on", "off"],
        "quiet_hours" => &["none", "22:00-07:00", "00:00-08:00"],
        "time_zone" => &[
            "UTC",
            "Europe/London",
            "Europe/Vienna",
            "America/New_York",
            "America/Los_Angeles",
            "Asia/Tokyo",
        ],
        "prefixes" => &["!", "!, ?", "none"],
        "rates" => &["20, 60, 300", "5, 20, 100"],
        "sticky" | "join_in_pause" | "ambient_after" | "unasked_pause" => {
            &["0", "60", "180", "600", "3600", "21600"]
        }
        "unasked_per_day" => &["0", "6", "24", "100"],
        "keep_days" => &["0", "7", "30", "90", "365"],
        "bot_hops" => &["0", "1", "2", "5"],
        _ => &["off", "5%", "10%", "25%", "50%", "100%"],
    };
    let typed = text(call, "value");
    let mut proposals: Proposals =
        if typed.is_empty() { Vec::new() } else { vec![(shown::cut(&typed, 100), shown::cut(&typed, 100))] };
    // Lists are mostly changed by a name more or less.
    if matches!(now.rule, "cast" | "silenced" | "ignored_users" | "heard_bots")
        && now.value.chars().count() <= 90
    {
        proposals.push((shown::cut(&format!("{} (as it is)", now.value), 100), now.value.clone()));
    }
    if matches!(now.rule, "cast" | "silenced") {
        proposals.extend(chat::proposed(cast, call, "value"));
    }
    proposals.extend(usual.iter().map(|value| ((*value).to_owned(), (*value).to_owned())));
    let mut seen = Vec::new();
    proposals.retain(|(_, value)| {
        !seen.contains(value) && {
            seen.push(value.clone());
            true
        }
    });
    proposals
}
