//! Random histories.

use domain::{
    ChannelId, GuildId, Untrusted, UserId, WebhookId,
    cue::{Cue, Task},
    event::{AuthorKind, ChannelKind, Event},
};
use std::time::Duration;

use crate::{GuildCard, Outcome, Retention, Shown, StateDoc, Store, TurnId, conformance::sample};

/// One call, drawn from four bytes: which, and three small choices.
pub type Step = (u8, u8, u8, u8);

/// Makes the calls one after the other and tells everything that can be seen, for comparing two stores.
///
/// Ids, channels and texts come from small ranges, so that calls meet: duplicates, finished turns, foreign receipts.
pub async fn play(store: &dyn Store, steps: &[Step]) -> Vec<String> {
    let mut seen = Vec::with_capacity(steps.len() + 1);
    for (index, step) in steps.iter().enumerate() {
        seen.push(format!("{index} {step:?}: {}", one(store, index as u64, *step).await));
        if index % 8 == 7 {
            seen.push(everything(store).await);
        }
    }
    seen.push(everything(store).await);
    seen
}

async fn one(store: &dyn Store, index: u64, (call, a, b, c): Step) -> String {
    let n = u64::from(a % 12);
    // Every second moves one channel to the other: the id decides where a message stands.
    let channel = 10 + n % 2;
    let turn = TurnId(sample::snowflake(n));
    let at = sample::second(20 + index);
    let name = ["mira", "nox"][usize::from(b % 2)];
    let (part, posted) = (u32::from(b % 3), u64::from(c % 16));
    let outcome = match c % 4 {
        0 => Outcome::Ignored { reason: "quiet".to_owned() },
        1 => Outcome::Answered,
        2 => Outcome::Failed { cause: "no model".to_owned() },
        _ => Outcome::Cancelled,
    };
    let shown = Shown { part, message: sample::id(posted), webhook: (c % 3 > 0).then_some(WebhookId(77)) };
    let texts = &["one", "two", "three"][..usize::from(c % 4).min(3)];
    let next = (b % 3 == 0).then(|| cue(posted, channel, a, c));
    match call % 27 {
        0..=3 => debug(store.accept(&event(n, channel, b, c), at).await),
        4 => debug(store.observe(&message(n, channel, b, c)).await),
        5 | 6 => {
            let character = sample::character(name);
            let text = format!("text {}", c % 2);
            debug(store.stage(turn, &sample::place(channel), &character, part, &text, at).await)
        }
        7 => debug(store.posted(turn, shown).await),
        8 | 9 => {
            let mut reply = sample::reply(n, channel, name, texts);
            reply.at = at;
            debug(store.settle(turn, &reply).await)
        }
        10 | 11 => {
            let both = [shown, Shown { part: part + 1, message: sample::id(posted + 1), webhook: None }];
            debug(store.complete(turn, &both[..usize::from(a % 3).min(2)], &outcome, next.as_ref()).await)
        }
        12 => debug(store.abandon(turn, &outcome, next.as_ref()).await),
        13 => debug(store.finish(turn, &outcome, next.as_ref()).await),
        14 => {
            let text = Untrusted::new(format!("edited {b}"));
            debug(store.edit_message(ChannelId(channel), sample::id(n), &text).await)
        }
        15 => {
            let ids = [sample::id(n), sample::id(posted)];
            debug(store.delete_messages(ChannelId(channel), &ids[..=usize::from(b % 2)]).await)
        }
        16 => {
            let value = (c % 3 > 0).then(|| format!("value {c}"));
            debug(store.set_setting("scope", name, value.as_deref()).await)
        }
        19 => debug(store.accept(&Event::Cue(Box::new(cue(n, channel, b, c))), at).await),
        20..=22 => debug(store.reopen(turn, &any_event(n, channel, b, c), at).await),
        23 => debug(store.choose(turn, &any_event(n, channel, b, c), u32::from(b % 4), at).await),
        24 => {
            let doc = |n: u8| StateDoc {
                key: format!("mind/{}", channel + u64::from(n % 2)),
                version: u64::from(b % 4),
                json: format!("{{\"n\": {n}}}"),
            };
            debug(store.keep_states(&[doc(c), doc(b)]).await)
        }
        25 => match b % 8 {
            0 => debug(store.forget_states(&format!("mind/{channel}")).await),
            1 => debug(store.forget_guild(GuildId(900)).await),
            2 | 3 => debug(store.remove_card(GuildId(900), &sample::character(name)).await),
            _ => {
                let card = GuildCard {
                    guild: GuildId(900),
                    id: sample::character(name),
                    owner: UserId(u64::from(a)),
                    card: vec![c; usize::from(a)],
                    file_name: format!("{c}.png"),
                    added_at: at,
                };
                debug(store.put_card(&card, c % 2 == 0).await)
            }
        },
        17 if b % 8 == 0 => debug(store.forget_channel(ChannelId(channel)).await),
        18 if b % 4 == 0 => {
            let keep = Retention {
                per_channel: u32::from(c % 8),
                finished_for: Duration::from_secs(u64::from(a)),
                ..Retention::default()
            };
            debug(store.prune(at, &keep).await)
        }
        _ => {
            let before = (b % 2 == 0).then(|| sample::id(posted));
            let scene = store.scene(ChannelId(channel), before, u32::from(c % 5), Some(sample::id(n))).await;
            debug(scene)
        }
    }
}

fn message(n: u64, channel: u64, b: u8, c: u8) -> domain::event::Message {
    let mut message = sample::message(n, channel, u64::from(b % 3), &format!("says {c}"));
    message.author.kind = match b % 8 {
        0 => AuthorKind::Bot,
        1 => AuthorKind::Webhook(WebhookId(77), None),
        2 => AuthorKind::System,
        _ => AuthorKind::Human,
    };
    if b % 16 == 15 {
        message.place.kind = ChannelKind::Thread;
    }
    message
}

fn event(n: u64, channel: u64, b: u8, c: u8) -> Event {
    if n.is_multiple_of(5) && !b.is_multiple_of(4) {
        sample::command(n, channel, u64::from(b % 3))
    } else {
        Event::Message(Box::new(message(n, channel, b, c)))
    }
}

fn cue(n: u64, channel: u64, b: u8, c: u8) -> Cue {
    let about = u64::from(c % 12);
    let task = match b % 3 {
        0 => Task::Remark { direction: format!("say {c}") },
        1 => Task::GoOn { message: sample::id(about) },
        _ => Task::Answer(Box::new(message(about, channel, b, c))),
    };
    sample::cue(n, channel, "mira", task)
}

/// A turn is reopened by an event of whatever kind.
fn any_event(n: u64, channel: u64, b: u8, c: u8) -> Event {
    if c.is_multiple_of(4) { Event::Cue(Box::new(cue(n, channel, b, c))) } else { event(n, channel, b, c) }
}

async fn everything(store: &dyn Store) -> String {
    let mut all = vec![
        debug(store.unfinished().await),
        debug(store.cursors().await),
        debug(store.counts().await),
        debug(store.setting("scope", "mira").await),
    ];
    for channel in [ChannelId(10), ChannelId(11)] {
        all.push(debug(store.scene(channel, None, 100, None).await));
        all.push(debug(store.last_receipt(channel).await));
    }
    all.push(debug(store.scene(ChannelId(sample::snowflake(3)), None, 0, None).await));
    all.push(debug(store.states(&["mind/10", "mind/11", "mind/12"].map(str::to_owned)).await));
    all.push(debug(store.cards(GuildId(900)).await));
    for n in 0..18 {
        all.push(debug(store.receipt(sample::id(n)).await));
        all.push(debug(store.alternatives(TurnId(sample::snowflake(n))).await));
    }
    all.join("\n")
}

fn debug(answer: impl std::fmt::Debug) -> String {
    format!("{answer:?}")
}
