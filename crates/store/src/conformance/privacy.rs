//! What is stored about people, and that it need not be.

use domain::{
    ChannelId, UserId,
    cue::Task,
    event::{ChannelKind, Event},
    memory::{Aspect, Detail, Draft, FactDetail, Reach, Source},
};

use super::sample::{character, command, cue, id, message, place, remark, reply, second, shown, snowflake};
use crate::{Accepted, GuildBook, GuildCard, Outcome, PersonRecord, Result, StateDoc, Store, TABLES, TurnId};

/// As long as Discord's are: short ones stand in many a number.
const ANN: UserId = UserId(1_154_000_000_000_000_001);
const BEN: UserId = UserId(1_154_000_000_000_000_002);

fn said(n: u64, channel: u64, user: UserId, text: &str) -> Event {
    Event::Message(Box::new(message(n, channel, user.get(), text)))
}

async fn texts(store: &dyn Store, channel: u64) -> Result<Vec<String>> {
    let scene = store.scene(ChannelId(channel), None, 99, None).await?;
    Ok(scene.history.into_iter().map(|line| line.text.raw().to_owned()).collect())
}

/// A question and its answer, shown as the message of the next second.
async fn exchange(store: &dyn Store, n: u64, user: UserId, question: &str, answer: &str) -> Result<TurnId> {
    let event = said(n, 10, user, question);
    store.accept(&event, second(n)).await?;
    let turn = TurnId(snowflake(n));
    let mut settled = reply(n, 10, "mira", &[answer]);
    settled.prompt_receipt =
        serde_json::json!({ "prompt": { "speakers": [{ "label": "x", "id": user.to_string() }] } });
    store.settle(turn, &settled).await?;
    store.complete(turn, &[shown(0, n + 1)], &Outcome::Answered, None).await?;
    Ok(turn)
}

pub(super) async fn who_opted_out_leaves_nothing(store: &dyn Store) -> Result<()> {
    store.opt_out(ANN, second(1)).await?;
    store.opt_out(ANN, second(2)).await?;
    assert_eq!(store.opted_out().await?, [ANN]);
    exchange(store, 3, ANN, "my secret", "Your secret?").await?;
    exchange(store, 5, BEN, "hello", "Hello.").await?;
    store.observe(&message(7, 10, ANN.get(), "overheard")).await?;
    assert_eq!(texts(store, 10).await?, ["hello", "Hello."]);
    let person = store.person(ANN).await?;
    assert_eq!(person.rows, [("opted_out", 1)], "{person:?}");
    assert!(person.is_empty() && person.channels.is_empty());
    let receipt = store.receipt(id(4)).await?;
    assert!(receipt.is_some_and(|receipt| receipt.settled.is_none()), "which message is whose is known");
    assert_eq!(store.cursors().await?[0].1, id(7), "what was said is not fetched again");
    let again = store.accept(&said(3, 10, ANN, "my secret"), second(9)).await?;
    assert_eq!(again, Accepted::Duplicate, "nothing is answered twice");
    assert!(store.opt_in(ANN).await?);
    assert!(!store.opt_in(ANN).await?);
    exchange(store, 10, ANN, "back again", "Welcome.").await?;
    assert_eq!(texts(store, 10).await?, ["hello", "Hello.", "back again", "Welcome."]);
    Ok(())
}

pub(super) async fn who_opted_out_is_answered_after_a_crash(store: &dyn Store) -> Result<()> {
    store.opt_out(ANN, second(1)).await?;
    let event = said(3, 10, ANN, "my question");
    store.accept(&event, second(3)).await?;
    let pending = store.unfinished().await?;
    assert_eq!(pending.iter().map(|pending| &pending.event).collect::<Vec<_>>(), [&event]);
    let turn = TurnId(snowflake(3));
    store.stage(turn, &place(10), &character("mira"), 0, "Your", second(4)).await?;
    store.posted(turn, shown(0, 4)).await?;
    let half = store.unfinished().await?;
    assert_eq!(half[0].turn.as_ref().map(|turn| turn.parts.len()), Some(1));
    let gone = store.abandon(turn, &Outcome::Cancelled, None).await?;
    assert_eq!(gone, [shown(0, 4)], "what stands in the channel can be deleted");
    assert!(store.person(ANN).await?.is_empty());
    assert!(store.reopen(turn, &event, second(9)).await?.is_none());
    Ok(())
}

pub(super) async fn what_is_remembered_spares_who_opted_out(store: &dyn Store) -> Result<()> {
    store.opt_out(ANN, second(1)).await?;
    let facts = [(Some(ANN), None), (None, Some(ANN)), (Some(BEN), Some(BEN))];
    let drafts: Vec<_> = facts.into_iter().map(|(owner, about)| fact(owner, about, "tea")).collect();
    store.add_items(&drafts).await?;
    assert!(store.person(ANN).await?.is_empty());
    assert_eq!(store.person(BEN).await?.of("memory"), 1);
    Ok(())
}

fn fact(owner: Option<UserId>, about: Option<UserId>, text: &str) -> Draft {
    let detail = FactDetail {
        aspect: Aspect::Interest,
        attribute: "drink".to_owned(),
        single: false,
        importance: 5,
        confidence: 90,
    };
    Draft {
        reach: Reach::Room { guild: place(10).guild, room: ChannelId(10) },
        channel: Some(ChannelId(10)),
        character: None,
        owner,
        about,
        who: "Somebody".into(),
        text: text.into(),
        at: second(1),
        until: None,
        position: 0,
        detail: Detail::Fact(detail),
        sources: Vec::new(),
    }
}

/// Puts something of each of two people everywhere.
async fn settle_in(store: &dyn Store) -> Result<()> {
    for (n, user) in [(1, ANN), (11, BEN)] {
        exchange(store, n, user, &format!("{user} asks"), &format!("to {user}")).await?;
        store.accept(&said(n + 2, 10, user, "unfinished"), second(n + 2)).await?;
        store
            .set_setting(
                &format!("guild/{n}"),
                "rules",
                Some(&format!(r#"{{"ignored_users":[{user},{BEN}]}}"#)),
            )
            .await?;
        let doc = format!(
            r#"{{"people":[[{user},5]],"seen":[{{"person":{user},"topic":"boats"}},{{"person":{BEN}}}]}}"#
        );
        store.keep_states(&[StateDoc { key: format!("mind/{n}"), version: 4, json: doc }]).await?;
        let (guild, at) = (place(10).guild.unwrap_or(domain::GuildId(900)), second(n));
        let card = GuildCard {
            guild,
            id: character(&format!("c{n}")),
            owner: user,
            card: vec![1],
            file_name: "c.png".to_owned(),
            added_at: at,
        };
        store.put_card(&card, false).await?;
        let book =
            GuildBook { guild, name: format!("b{n}"), owner: user, json: "{}".to_owned(), added_at: at };
        store.put_book(&book, false).await?;
        let mut fact = fact(Some(user), Some(user), &format!("{user} drinks tea"));
        fact.sources = vec![Source::Message(id(n))];
        let others = self::fact(None, Some(user), "owes somebody a cake");
        store.add_items(&[fact, others]).await?;
    }
    // What Ben says to Mira names Ann in the receipt.
    let turn = exchange(store, 21, BEN, "and Ann?", "Who?").await?;
    assert_eq!(turn, TurnId(snowflake(21)));
    Ok(())
}

pub(super) async fn a_person_is_erased_whole_and_others_are_not(store: &dyn Store) -> Result<()> {
    settle_in(store).await?;
    let (ann, ben) = (store.person(ANN).await?, store.person(BEN).await?);
    for table in ["history", "memory", "inbox", "turn", "state", "setting", "library"] {
        assert!(ann.of(table) > 0, "{table} of {ann:?}");
    }
    assert_eq!(
        (ann.unfinished.clone(), ann.channels.clone()),
        (vec![(ChannelId(10), id(3))], vec![ChannelId(10)])
    );
    assert_eq!(
        (ann.states.clone(), ann.scopes.clone()),
        (vec!["mind/1".to_owned()], vec!["guild/1".to_owned()])
    );
    let order: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    assert!(ann.rows.iter().map(|(name, _)| order.iter().position(|one| one == name)).is_sorted());

    let erased = store.erase(ANN).await?;
    assert!(erased.total() > 0);
    let left = store.person(ANN).await?;
    assert_eq!(left, PersonRecord::default());
    assert_eq!(store.erase(ANN).await?.total(), 0, "once is enough");
    assert_eq!(
        texts(store, 10).await?,
        [
            format!("{BEN} asks"),
            format!("to {BEN}"),
            "unfinished".to_owned(),
            "and Ann?".to_owned(),
            "Who?".to_owned()
        ]
    );
    let now = store.person(BEN).await?;
    for table in ["history", "memory", "inbox", "turn", "library"] {
        assert_eq!(now.of(table), ben.of(table), "{table}");
    }
    assert_eq!(
        store.setting("guild/1", "rules").await?,
        Some(format!(r#"{{"ignored_users":[{BEN}]}}"#)),
        "who else is ignored stays so"
    );
    let docs = store.states(&["mind/1".to_owned(), "mind/11".to_owned()]).await?;
    let docs: Vec<_> = docs.into_iter().flatten().map(|doc| doc.json).collect();
    assert_eq!(docs[0], format!(r#"{{"people":[],"seen":[{{"person":{BEN}}}]}}"#));
    assert!(docs[1].contains("boats"));
    let cards = store.cards(place(10).guild.unwrap_or(domain::GuildId(900))).await?;
    assert_eq!(cards.iter().map(|card| card.owner).collect::<Vec<_>>(), [UserId(0), BEN], "the card stays");
    let again = store.accept(&said(1, 10, ANN, "asks"), second(50)).await?;
    assert_eq!(again, Accepted::Duplicate, "what is redelivered is not stored again");
    assert_eq!(store.unfinished().await?.len(), 1, "what she asked is over");
    Ok(())
}

pub(super) async fn a_direct_channel_is_erased_with_its_person(store: &dyn Store) -> Result<()> {
    let mut dm = message(1, 30, ANN.get(), "between us");
    dm.place =
        domain::event::Place { guild: None, channel: ChannelId(30), parent: None, kind: ChannelKind::Direct };
    store.accept(&Event::Message(Box::new(dm.clone())), second(1)).await?;
    let mut answer = reply(1, 30, "mira", &["Between us."]);
    answer.place = dm.place;
    store.settle(TurnId(snowflake(1)), &answer).await?;
    store.complete(TurnId(snowflake(1)), &[shown(0, 2)], &Outcome::Answered, None).await?;
    store.keep_states(&[StateDoc { key: "mind/30".to_owned(), version: 1, json: "{}".to_owned() }]).await?;
    store.set_setting("channel/30", "rules", Some("{}")).await?;
    assert_eq!(store.person(ANN).await?.direct, [ChannelId(30)]);
    store.erase(ANN).await?;
    assert_eq!(store.person(ANN).await?, PersonRecord::default());
    assert_eq!((texts(store, 30).await?, store.cursors().await?), (vec![], vec![]));
    assert_eq!(store.states(&["mind/30".to_owned()]).await?, [None]);
    assert_eq!(store.setting("channel/30", "rules").await?, None);
    assert_eq!(store.receipt(id(2)).await?, None);
    Ok(())
}

pub(super) async fn cues_of_a_person_end_with_their_erasure(store: &dyn Store) -> Result<()> {
    let asked = message(1, 10, ANN.get(), "both of you");
    let cue = cue(2, 10, "mira", Task::Answer(Box::new(asked)));
    store.accept(&Event::Cue(Box::new(cue)), second(2)).await?;
    store.accept(&Event::Cue(Box::new(remark(3, 10, "ivo"))), second(3)).await?;
    store.accept(&command(4, 10, ANN.get()), second(4)).await?;
    assert_eq!(store.person(ANN).await?.unfinished.len(), 2);
    store.erase(ANN).await?;
    let left = store.unfinished().await?;
    assert_eq!(
        left.iter().filter_map(|pending| TurnId::of(&pending.event)).collect::<Vec<_>>(),
        [TurnId(snowflake(3))]
    );
    assert_eq!(store.person(ANN).await?, PersonRecord::default());
    Ok(())
}

pub(super) async fn what_is_held_is_told_in_pages(store: &dyn Store) -> Result<()> {
    for n in 1..6 {
        store.observe(&message(n, 10, ANN.get(), &format!("line {n}"))).await?;
        store.observe(&message(n + 10, 10, BEN.get(), "not hers")).await?;
    }
    let mut told = Vec::new();
    for from in [0, 2, 4, 6] {
        let page = store.held(ANN, "history", from, 2).await?;
        told.extend(page.into_iter().filter_map(|row| row["text"].as_str().map(str::to_owned)));
    }
    assert_eq!(told, ["line 1", "line 2", "line 3", "line 4", "line 5"]);
    assert!(store.held(ANN, "history; DROP TABLE history", 0, 1).await.is_err());
    assert!(store.held(ANN, "counter", 0, 9).await?.is_empty());
    Ok(())
}
