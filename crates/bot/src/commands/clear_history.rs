//! `/clear_history`: the characters forget what was said in a channel, and for ten minutes it can be taken back.

use std::fmt::Write as _;

use domain::{
    command::{CommandCall, CommandSpec, ComponentCall, Permissions},
    outbound::{Answer, Button, ButtonStyle, Panel, Row},
};
use futures_util::FutureExt as _;
use store::Cleared;

use super::{Command, Reaction, must_moderate, refused, shown};
use crate::{
    app::App,
    cast::Cast,
    clearing::{self, KEPT},
};

const NAME: &str = "clear_history";

pub(super) fn command() -> Command {
    Command::new(spec, |app, call| answer(app, call).boxed())
        .privately()
        .with_buttons(|app, call| pressed(app, call).boxed())
}

fn spec(_: &Cast) -> CommandSpec {
    CommandSpec {
        needs: Permissions::MANAGE_MESSAGES,
        ..CommandSpec::slash(NAME, "Let the characters forget what was said in this channel", Vec::new())
    }
}

async fn answer(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    must_moderate(&call.place, call.permissions)?;
    let before = clearing::cleared(app, &call.place).await?;
    let mut buttons = vec![
        Button { style: ButtonStyle::Danger, ..Button::new(format!("{NAME}:clear"), "Clear") },
        Button::new(format!("{NAME}:keep"), "Cancel"),
    ];
    let mut body = "The characters forget every message of this channel, what they remember of it, and the moods and \
                    topics that they have here. What members told them with `/remember` stays, how they stand to people, \
                    threads, which are channels of their own, and whatever stands on Discord.\n\nFor ten minutes the messages can be brought back; what was made of them is then \
                    made anew. What was imported here does not come back, nor how replies came to be (`/why`)."
        .to_owned();
    if let Some(before) = before {
        // Writing to a String cannot fail.
        let _ =
            write!(body, "\n\n{} can still be brought back, until {}.", lines(before.lines), until(&before));
        buttons.push(bring_back());
    }
    let panel = Panel { title: "Clear the history of this channel?".to_owned(), body, ..Panel::default() };
    Ok(Answer { panels: vec![panel], rows: vec![Row::Buttons(buttons)], private: true, ..Answer::default() })
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    must_moderate(&call.place, call.permissions)?;
    let (place, by) = (&call.place, call.author.id);
    match call.id.split(':').nth(1) {
        Some("keep") => Ok(closed("Nothing was cleared.")),
        Some("clear") => {
            let Some(aside) = clearing::clear(app, place, by).await? else {
                return Ok(closed("Cleared: there was no message to be forgotten."));
            };
            let text = format!(
                "🧹 Cleared. Until {} what was said here can be brought back ({}); then it is gone for good.",
                until(&aside),
                lines(aside.lines)
            );
            let rows = vec![Row::Buttons(vec![bring_back()])];
            Ok(Reaction::Update(Answer { rows, ..Answer::private(text) }))
        }
        Some("undo") => Ok(match clearing::bring_back(app, place, by).await? {
            Some(count) => closed(&format!("{} back. The characters remember them anew.", are(count))),
            None => closed("There is nothing to bring back any more."),
        }),
        _ => Err(refused("I do not know this button any more.")),
    }
}

fn bring_back() -> Button {
    Button::new(format!("{NAME}:undo"), "Undo")
}

fn lines(count: u64) -> String {
    shown::count(usize::try_from(count).unwrap_or(usize::MAX), "message", "messages")
}

fn are(count: u64) -> String {
    if count == 1 { "1 message is".to_owned() } else { format!("{count} messages are") }
}

/// When it is gone for good, as everybody's own clock says it. Discord documentation, "Message Formatting".
fn until(cleared: &Cleared) -> String {
    format!("<t:{}:t>", cleared.at.plus(KEPT).as_millis().div_euclid(1_000))
}

fn closed(text: &str) -> Reaction {
    Reaction::Update(Answer::private(text))
}
