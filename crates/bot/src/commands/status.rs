//! `/status`: whether everything is well.

use std::time::Duration;

use domain::{
    command::{CommandCall, CommandSpec},
    outbound::{Answer, Panel},
};
use futures_util::FutureExt as _;

use super::Command;
use crate::{app::App, cast::Cast, clock};

/// How long the model may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| status(app, call).boxed()).privately()
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec::slash("status", "How the bot is doing", Vec::new())
}

async fn status(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let provider = app.model.provider();
    let model = match tokio::time::timeout(PATIENCE, provider.health()).await {
        Ok(Ok(_)) => "🟢 answers".to_owned(),
        Ok(Err(error)) => {
            tracing::warn!(kind = error.kind(), %error, "the model is not well");
            "🔴 does not answer".to_owned()
        }
        Err(_) => "🟠 is slow".to_owned(),
    };
    let counts = app.store.counts().await?;
    let cast = app.cast.of(call.place.guild).await?;
    let number = |count: u64| count.to_string();
    let mut fields = vec![
        ("Up".to_owned(), duration(clock::now().since(app.started_at)), true),
        ("Model".to_owned(), format!("{} · {}\n{model}", provider.name(), provider.model()), true),
        ("Characters".to_owned(), cast.characters().len().to_string(), true),
        ("Answered".to_owned(), number(counts.answered), true),
        ("Failed".to_owned(), number(counts.failed), true),
        ("Waiting".to_owned(), number(counts.pending), true),
    ];
    if let Some(cap) = app.spending.cap() {
        let used = app.spending.today(clock::now()).await?;
        fields.push(("Tokens today".to_owned(), format!("{used} of {cap}"), true));
    }
    let panel = Panel {
        title: "acore".into(),
        fields,
        footer: format!("version {}", env!("CARGO_PKG_VERSION")),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], private: true, ..Answer::default() })
}

fn duration(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let said = [59, 61 * 60, 3 * 86_400 + 7_200].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(said, ["0 min", "1 h 1 min", "3 d 2 h"]);
    }
}
