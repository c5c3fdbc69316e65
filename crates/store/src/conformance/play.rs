//! Random histories.

use domain::{
    ChannelId, GuildId, Timestamp, Untrusted, UserId, WebhookId,
    cue::{Cue, Task},
    event::{AuthorKind, ChannelKind, Event},
    memory::{Item, ItemId, Kind, Reach, Source},
};
use std::time::Duration;

use crate::{
    Ending, GuildCard, Lesson, Outcome, Retention, Shown, StateDoc, Store, TurnId, conformance::sample,
};

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
    match call % 35 {
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
        26..=31 => memory(store, (call % 35, a, b, c)).await,
        33 | 34 => whole_channel(store, at, (call, a, b, c)).await,
        17 if b % 8 == 0 => debug(store.forget_channel(ChannelId(channel)).await),
        18 if b % 4 == 0 => {
            let keep = Retention {
                per_channel: u32::from(c % 8),
                memory_lines: u32::from(a % 16),
                memory_facts: u32::from(a % 4),
                memory_episodes: u32::from(a % 2),
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

/// Something that is done with what is remembered.
async fn memory(store: &dyn Store, (call, a, b, c): Step) -> String {
    match call {
        26..=28 => {
            let read = store.unremembered(u32::from(b % 8) + 1).await.unwrap_or_default();
            // Every fourth time something happens between reading and remembering.
            if c.is_multiple_of(4) {
                let gone = sample::id(u64::from(a % 12));
                let _ = store.delete_messages(ChannelId(10 + u64::from(a % 2)), &[gone]).await;
            }
            let lines: Vec<_> = read
                .iter()
                .map(|line| (line.row, sample::line(line)))
                .map(|(row, draft)| (row, crate::memories::check_draft(&draft).is_ok().then_some(draft)))
                .collect();
            debug(store.remember(&lines).await)
        }
        29 => {
            let lines =
                store.unlearned(sample::second(200), 1, u32::from(b % 4) + 1).await.unwrap_or_default();
            let of: Vec<_> = lines.into_iter().flatten().collect();
            let mut sources: Vec<_> = of.iter().flat_map(|item| &item.draft.sources).copied().collect();
            let known = store.items_of(UserId(1), &[Kind::Fact], None, 2).await.unwrap_or_default();
            let ending = |item: &Item| Ending { item: item.id, at: sample::second(1), by: sources.clone() };
            let end = known.iter().skip(1).map(ending).collect();
            // Every third time it speaks of something else, too.
            if c.is_multiple_of(3) {
                sources.push(Source::Message(sample::id(u64::from(a % 12))));
            }
            let fact = |n: u8| sample::fact(u64::from(n % 2), &format!("fact {n}"), &sources);
            let add = if sources.is_empty() { Vec::new() } else { vec![fact(b), fact(c)] };
            let first = known.first().filter(|_| a.is_multiple_of(2) && !sources.is_empty());
            let change = first.map(|item| (item.id, fact(a))).into_iter().collect();
            let of = of.into_iter().map(|item| item.id).collect();
            debug(store.learn(&Lesson { of, add, end, change, remove: Vec::new() }).await)
        }
        30 => {
            let level = b % 3;
            let untold = store.untold(level, sample::second(200), 1, u32::from(c % 4) + 1).await;
            let of: Vec<_> = untold.unwrap_or_default().into_iter().next().unwrap_or_default();
            let of: Vec<_> = of.into_iter().map(|item| item.id).collect();
            debug(store.tell(&of, &sample::episode(level, &format!("episode {c}"))).await)
        }
        _ => {
            let id = ItemId(u64::from(a % 24) + 1);
            let vector = vec![f32::from(b) + 1.0, f32::from(c)];
            match b % 8 {
                0 => debug(store.remove_items(&[id]).await),
                1 => debug(store.correct(id, &format!("corrected {c}").into()).await),
                2 => debug(store.share(id, Reach::Guild(GuildId(900))).await),
                3 => debug(store.drop_models_but("m0").await),
                _ => debug(store.keep_vectors(&format!("m{}", c % 2), &[(id, vector)]).await),
            }
        }
    }
}

/// Something that is done with a whole channel.
async fn whole_channel(store: &dyn Store, at: Timestamp, (_, a, b, c): Step) -> String {
    let channel = ChannelId(10 + u64::from(a % 2));
    match b % 8 {
        0..=2 => debug(store.clear(channel, at, UserId(u64::from(c % 3))).await),
        3 | 4 => debug(store.bring_back(channel, sample::second(u64::from(c % 64))).await),
        5 => debug(store.drop_cleared(sample::second(u64::from(c % 64))).await),
        6 => debug(store.unmake(Source::Message(sample::id(u64::from(c % 12)))).await),
        _ => {
            let audience = sample::audience(channel.get());
            let newest = store.untold_of(channel, u32::from(c % 4)).await;
            debug((newest, store.episodes_of(channel, c % 2, &audience, u32::from(a % 3)).await))
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
        all.push(debug(store.cleared(channel).await));
        let lines = store.lines(channel, None, 100).await.unwrap_or_default();
        all.push(debug(lines.into_iter().map(|(at, line)| (at.position, line)).collect::<Vec<_>>()));
    }
    all.push(debug(store.scene(ChannelId(sample::snowflake(3)), None, 0, None).await));
    all.push(debug(store.states(&["mind/10", "mind/11", "mind/12"].map(str::to_owned)).await));
    all.push(debug(store.cards(GuildId(900)).await));
    all.extend(remembered(store).await);
    for n in 0..18 {
        all.push(debug(store.made_of(Source::Message(sample::id(n))).await));
        all.push(debug(store.made_of(Source::Reply(sample::snowflake(n))).await));
        all.push(debug(store.receipt(sample::id(n)).await));
        all.push(debug(store.alternatives(TurnId(sample::snowflake(n))).await));
    }
    all.join("\n")
}

async fn remembered(store: &dyn Store) -> Vec<String> {
    let unremembered = store.unremembered(100).await;
    let lines = unremembered
        .map(|read| read.into_iter().map(|line| (line.source, sample::line(&line))).collect::<Vec<_>>());
    let later = sample::second(200);
    vec![
        debug(lines),
        debug(store.unlearned(later, 3, 50).await),
        debug(store.untold(0, later, 3, 50).await),
        debug(store.untold(1, later, 1, 50).await),
        debug(store.about(UserId(1), &sample::audience(10), 20).await),
        debug(store.models().await),
        debug(store.without_vector("m0", 50).await),
        debug(store.items_of(UserId(1), &[Kind::Line, Kind::Fact], None, 50).await),
    ]
}

fn debug(answer: impl std::fmt::Debug) -> String {
    format!("{answer:?}")
}
