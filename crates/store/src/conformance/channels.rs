//! Channels as a whole.

use domain::{
    ChannelId, UserId,
    memory::{Draft, Reach, Source},
};

use super::sample::{self, id, message, reply, said, second, shown};
use crate::{Cleared, LineAt, Outcome, Result, Store, TurnId};

const CHANNEL: ChannelId = ChannelId(10);
const BY: UserId = UserId(77);

fn turn(n: u64) -> TurnId {
    TurnId(sample::snowflake(n))
}

async fn texts(store: &dyn Store) -> Result<Vec<String>> {
    let lines = store.lines(CHANNEL, None, 100).await?;
    Ok(lines.into_iter().rev().map(|(_, line)| line.text.into_raw()).collect())
}

/// A question, its answer of two messages, and something that somebody else said.
async fn conversation(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 1, "a question"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["one ", "two"])).await?;
    store.complete(turn(1), &[shown(0, 2), shown(1, 3)], &Outcome::Answered, None).await?;
    store.observe(&message(4, 10, 2, "another")).await?;
    store.observe(&message(5, 11, 2, "elsewhere")).await
}

const SAID: [&str; 3] = ["a question", "one two", "another"];

async fn remember(store: &dyn Store) -> Result<Vec<domain::memory::ItemId>> {
    super::memories::remember(store).await
}

pub(super) async fn lines_come_in_pages(store: &dyn Store) -> Result<()> {
    conversation(store).await?;
    assert_eq!(texts(store).await?, SAID);
    let (mut before, mut read) = (None::<LineAt>, Vec::new());
    loop {
        let page = store.lines(CHANNEL, before, 2).await?;
        let Some((at, _)) = page.last() else { break };
        before = Some(*at);
        read.extend(page.into_iter().map(|(_, line)| (line.text.into_raw(), line.message)));
    }
    read.reverse();
    let expected = [(SAID[0], id(1)), (SAID[1], id(2)), (SAID[2], id(4))];
    assert_eq!(read, expected.map(|(text, id)| (text.to_owned(), Some(id))));
    assert_eq!(store.lines(ChannelId(12), None, 9).await?, []);
    Ok(())
}

pub(super) async fn what_is_not_told_yet_is_of_one_channel(store: &dyn Store) -> Result<()> {
    conversation(store).await?;
    remember(store).await?;
    let brought = Draft { position: 0, ..sample::line(&one_of(store, 6).await?) };
    store.add_items(&[Draft { text: "brought along".into(), ..brought }]).await?;
    let untold = store.untold_of(CHANNEL, 9).await?;
    assert_eq!(untold.iter().map(|item| item.draft.text.raw()).collect::<Vec<_>>(), SAID);
    let newest = store.untold_of(CHANNEL, 2).await?;
    assert_eq!(newest, untold[1..]);
    let told: Vec<_> = newest.iter().map(|item| item.id).collect();
    store.tell(&told, &sample::episode(0, "what they spoke of")).await?;
    assert_eq!(store.untold_of(CHANNEL, 9).await?, untold[..1]);
    Ok(())
}

/// A line that the store has and nobody looked at.
async fn one_of(store: &dyn Store, n: u64) -> Result<crate::Unremembered> {
    store.observe(&message(n, 12, 2, "a line")).await?;
    let mut read = store.unremembered(9).await?;
    match read.pop() {
        Some(line) => Ok(line),
        None => panic!("it was not read"),
    }
}

pub(super) async fn episodes_are_told_to_whom_they_may_be(store: &dyn Store) -> Result<()> {
    let private = Draft {
        reach: Reach::Room { guild: Some(domain::GuildId(900)), room: ChannelId(13) },
        ..sample::episode(0, "hidden")
    };
    let elsewhere = Draft { channel: Some(ChannelId(11)), ..sample::episode(0, "elsewhere") };
    let others = Draft { character: Some(sample::character("ivo")), ..sample::episode(0, "to Ivo alone") };
    let all = [
        sample::episode(0, "first"),
        sample::episode(0, "second"),
        sample::episode(1, "above"),
        private,
        elsewhere,
        others,
    ];
    store.add_items(&all).await?;
    let audience = sample::audience(10);
    let found = store.episodes_of(CHANNEL, 0, &audience, 9).await?;
    assert_eq!(found.iter().map(|item| item.draft.text.raw()).collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(store.episodes_of(CHANNEL, 0, &audience, 1).await?, found[..1]);
    assert_eq!(store.episodes_of(CHANNEL, 1, &audience, 9).await?.len(), 1);
    assert_eq!(store.episodes_of(CHANNEL, 0, &sample::audience(11), 9).await?, []);
    Ok(())
}

pub(super) async fn what_is_cleared_comes_back_or_is_gone(store: &dyn Store) -> Result<()> {
    conversation(store).await?;
    let lines = remember(store).await?;
    store.tell(&lines[..3], &sample::episode(0, "what they spoke of")).await?;
    let sources = [Source::Message(id(1))];
    let learned = store.add_items(&[sample::fact(1, "learned of it", &sources)]).await?;
    let by_command =
        store.add_items(&[sample::fact(1, "told by a command", &[Source::Message(id(90))])]).await?;
    assert_eq!(store.clear(CHANNEL, second(10), BY).await?, 3);
    assert_eq!(texts(store).await?, [""; 0]);
    let scene = store.scene(CHANNEL, None, 9, None).await?;
    assert_eq!((scene.history, scene.messages.total), (vec![], 0));
    for n in 1..5 {
        assert_eq!(store.made_of(Source::Message(id(n))).await?, []);
    }
    assert_eq!(store.made_of(Source::Reply(turn(1).0)).await?, []);
    let stays = [store.item(learned[0]).await?.is_some(), store.item(by_command[0]).await?.is_some()];
    assert_eq!(stays, [false, true]);
    assert_eq!(store.unremembered(9).await?, [], "nobody looks at it");
    let receipt = store.receipt(id(2)).await?;
    assert!(receipt.is_some_and(|receipt| receipt.settled.is_none()), "whose message it is stays known");
    assert_eq!(store.lines(ChannelId(11), None, 9).await?.len(), 1, "other channels are not concerned");

    // More is said, and cleared too: the clock that runs is that of the first time.
    store.observe(&message(20, 10, 1, "later")).await?;
    assert_eq!(store.clear(CHANNEL, second(30), UserId(78)).await?, 1);
    assert_eq!(store.clear(CHANNEL, second(31), BY).await?, 0);
    let cleared = Cleared { at: second(10), by: BY, lines: 4 };
    assert_eq!(store.cleared(CHANNEL).await?, Some(cleared));
    assert_eq!(store.bring_back(CHANNEL, second(10)).await?, None, "too late");
    assert_eq!(store.drop_cleared(second(9)).await?, 0);
    assert_eq!(store.bring_back(CHANNEL, second(9)).await?, Some(4));
    assert_eq!(texts(store).await?, [&SAID[..], &["later"]].concat());
    let scene = store.scene(CHANNEL, None, 9, None).await?;
    assert_eq!((scene.messages.total, scene.last_speaker), (4, Some(sample::character("mira"))));
    assert_eq!(remember(store).await?.len(), 4, "it is remembered anew");
    assert_eq!((store.cleared(CHANNEL).await?, store.bring_back(CHANNEL, second(9)).await?), (None, None));

    store.clear(CHANNEL, second(40), BY).await?;
    assert_eq!(store.drop_cleared(second(40)).await?, 1);
    assert_eq!(store.bring_back(CHANNEL, second(0)).await?, None);
    Ok(())
}

pub(super) async fn deletions_and_edits_reach_what_is_cleared(store: &dyn Store) -> Result<()> {
    conversation(store).await?;
    store.clear(CHANNEL, second(10), BY).await?;
    store.edit_message(CHANNEL, id(4), &"another word".into()).await?;
    store.delete_messages(CHANNEL, &[id(1), id(2)]).await?;
    assert_eq!(store.cleared(CHANNEL).await?.map(|cleared| cleared.lines), Some(2), "half a reply is one");
    store.delete_messages(CHANNEL, &[id(3)]).await?;
    store.bring_back(CHANNEL, second(0)).await?;
    assert_eq!(texts(store).await?, ["another word"]);

    store.clear(CHANNEL, second(20), BY).await?;
    store.delete_messages(CHANNEL, &[id(4)]).await?;
    assert_eq!(store.cleared(CHANNEL).await?, None, "nothing is left of it");
    conversation_of_two(store).await?;
    store.clear(CHANNEL, second(60), BY).await?;
    store.opt_out(UserId(1), second(61)).await?;
    assert_eq!(store.bring_back(CHANNEL, second(0)).await?, Some(1), "hers do not come back");
    store.clear(CHANNEL, second(62), BY).await?;
    store.erase(UserId(2)).await?;
    assert_eq!(store.cleared(CHANNEL).await?, None);
    conversation_of_two(store).await?;
    store.clear(CHANNEL, second(63), BY).await?;
    store.forget_channel(CHANNEL).await?;
    assert_eq!(store.cleared(CHANNEL).await?, None);
    Ok(())
}

async fn conversation_of_two(store: &dyn Store) -> Result<()> {
    for user in [1, 2] {
        store.observe(&message(50 + user, 10, user, &format!("of {user}"))).await?;
    }
    Ok(())
}

pub(super) async fn what_is_being_said_is_not_brought_back(store: &dyn Store) -> Result<()> {
    store.accept(&said(1, 10, 1, "a question"), second(1)).await?;
    store.settle(turn(1), &reply(1, 10, "mira", &["an answer"])).await?;
    assert_eq!(store.clear(CHANNEL, second(10), BY).await?, 1, "the question");
    store.complete(turn(1), &[shown(0, 2)], &Outcome::Answered, None).await?;
    assert_eq!(texts(store).await?, [""; 0]);
    store.bring_back(CHANNEL, second(0)).await?;
    assert_eq!(texts(store).await?, ["a question"]);
    Ok(())
}

pub(super) async fn everything_that_was_made_of_a_source_is_forgotten(store: &dyn Store) -> Result<()> {
    store.observe(&message(1, 10, 1, "said here")).await?;
    let line = sample::line(&store.unremembered(1).await?[0]);
    let own = remember(store).await?;
    let source = Source::Message(id(99));
    let brought = |n: u64| Draft {
        text: format!("brought {n}").into(),
        owner: None,
        position: 0,
        sources: vec![source],
        ..line.clone()
    };
    let brought: Vec<_> = (0..450).map(brought).collect();
    let lines = store.add_items(&brought).await?;
    let of = [&lines[..3], &own].concat();
    let episode = store.tell(&of, &sample::episode(0, "of both")).await?;
    assert!(episode.is_some() && store.untold_of(CHANNEL, 9).await?.is_empty());
    assert_eq!(store.unmake(source).await?, 451);
    assert_eq!(store.made_of(source).await?, []);
    assert_eq!(store.untold_of(CHANNEL, 9).await?.len(), 1, "what was said here is told anew");
    assert_eq!(store.unmake(source).await?, 0);
    Ok(())
}
