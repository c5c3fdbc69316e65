//! "Alternatives" in the menu of a character's message: the answers that there were, to choose from. What is chosen
//! stands in the channel at once.

use domain::{
    MessageId,
    command::{CommandCall, CommandSpec, ComponentCall},
    outbound::{Answer, Button, Panel, Row},
};
use futures_util::FutureExt as _;
use store::Alternative;

use super::{
    Command, Reaction, refused,
    reply::{Caller, Reply},
    shown,
};
use crate::app::App;

/// Also what the buttons' ids begin with.
const NAME: &str = "Alternatives";

/// Characters of an answer that the panel shows; all of it stands in the channel.
const SHOWN_CHARS: usize = 600;

pub(super) fn on_message() -> Command {
    Command::new(|_| CommandSpec::on_message(NAME), |app, call| open(app, call).boxed())
        .privately()
        .with_buttons(|app, call| pressed(app, call).boxed())
}

async fn open(app: &App, call: &CommandCall) -> anyhow::Result<Answer> {
    let message = call.target.as_ref().ok_or_else(|| refused("There is no message with your command."))?;
    let reply = Reply::find(app, &Caller::from(call), message.id).await?;
    panel(app, &reply, "").await
}

async fn pressed(app: &App, call: &ComponentCall) -> anyhow::Result<Reaction> {
    let pressed = read(&call.id).ok_or_else(|| refused("This button belongs to something that is gone."))?;
    let caller = Caller::from(call);
    let (Pressed::To(message, _) | Pressed::New(message)) = pressed;
    let reply = Reply::find(app, &caller, message).await?;
    let answer = match pressed {
        Pressed::New(_) => renewed(app, &caller, &reply).await?,
        Pressed::To(_, n) => {
            if current(&reply.alternatives(app).await?).is_none_or(|current| current.n != n) {
                reply.choose(app, n).await?;
            }
            panel(app, &reply, "").await?
        }
    };
    Ok(Reaction::Update(answer))
}

/// Has something else said in the place of a reply, and shows the choice that there is then.
pub(super) async fn renewed(app: &App, caller: &Caller, reply: &Reply) -> anyhow::Result<Answer> {
    let before = current(&reply.alternatives(app).await?).map(|one| one.n);
    reply.renew(app, caller).await?;
    let after = current(&reply.alternatives(app).await?).map(|one| one.n);
    let note = match (before, after) {
        (before, Some(after)) if before == Some(after) => {
            "No other answer came this time; the one before stays."
        }
        (_, Some(_)) => "",
        (_, None) => return Err(refused("That answer was deleted meanwhile.")),
    };
    panel(app, reply, note).await
}

fn current(all: &[Alternative]) -> Option<&Alternative> {
    all.iter().find(|one| one.current)
}

async fn panel(app: &App, reply: &Reply, note: &str) -> anyhow::Result<Answer> {
    let all = reply.alternatives(app).await?;
    let stands = all.iter().position(|one| one.current);
    let Some((at, stands)) = stands.and_then(|at| Some((at, all.get(at)?))) else {
        return Err(refused("Nothing is known of that answer any more."));
    };
    let (first, name) = (reply.first, &reply.name);
    let step = |way: &str, emoji: &str, to: Option<&Alternative>| Button {
        emoji: Some(emoji.to_owned()),
        disabled: to.is_none(),
        ..Button::new(format!("{NAME}:{way}:{first}:{}", to.map_or(stands.n, |to| to.n)), "")
    };
    let buttons = vec![
        step("back", "◀️", at.checked_sub(1).and_then(|at| all.get(at))),
        step("on", "▶️", all.get(at + 1)),
        Button { emoji: Some("🔁".to_owned()), ..Button::new(format!("{NAME}:new:{first}"), "") },
    ];
    let panel = Panel {
        title: format!("{name}: {} of {}", at + 1, all.len()),
        body: shown::plain(&stands.reply_text, SHOWN_CHARS),
        footer: stands.model.clone(),
        ..Panel::default()
    };
    Ok(Answer { panels: vec![panel], rows: vec![Row::Buttons(buttons)], ..Answer::private(note) })
}

/// What a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    /// An earlier answer, by the reply's first message and the answer's number.
    To(MessageId, u32),
    /// A new one.
    New(MessageId),
}

fn read(id: &str) -> Option<Pressed> {
    let mut parts = id.split(':').skip(1);
    match (parts.next()?, parts.next()?.parse().ok()?, parts.next()) {
        ("back" | "on", message, Some(n)) => Some(Pressed::To(message, n.parse().ok()?)),
        ("new", message, None) => Some(Pressed::New(message)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_read_as_they_were_written() {
        assert_eq!(read("Alternatives:back:7:2"), Some(Pressed::To(MessageId(7), 2)));
        assert_eq!(read("Alternatives:on:7:3"), Some(Pressed::To(MessageId(7), 3)));
        assert_eq!(read("Alternatives:new:7"), Some(Pressed::New(MessageId(7))));
        for odd in ["Alternatives:", "Alternatives:on:7", "Alternatives:new:7:1", "Alternatives:on:x:1"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
