//! What may come to mind, and that nobody hears of what is not for them.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    ChannelId, GuildId, UserId,
    audience::Audience,
    memory::{Detail, Draft, FactDetail, ItemId, Kind, Reach, rank::Found},
};

use super::{
    memories::remember,
    sample::{self, character, episode, fact, id, message, second},
};
use crate::{Probe, Query, Result, Store};

fn query(audience: Audience, words: &[&str]) -> Query {
    Query {
        audience,
        terms: words.iter().map(|word| (*word).to_owned()).collect(),
        vector: None,
        kinds: Vec::new(),
        about: Vec::new(),
        during: Vec::new(),
        shown: None,
    }
}

fn texts(found: &Found) -> BTreeSet<&str> {
    found.candidates.iter().map(|one| one.item.draft.text.raw()).collect()
}

async fn find(store: &dyn Store, query: &Query) -> Result<Vec<String>> {
    let found = store.recall(query).await?;
    Ok(texts(&found).into_iter().map(str::to_owned).collect())
}

/// Items of every reach about one word, and what each of them says.
async fn whispers(store: &dyn Store) -> Result<()> {
    let said = |text: &str, reach: Reach| Draft { reach, owner: Some(UserId(5)), ..fact(5, text, &[]) };
    let room =
        |guild: Option<u64>, room: u64| Reach::Room { guild: guild.map(GuildId), room: ChannelId(room) };
    let told =
        |text: &str, name: &str| Draft { character: Some(character(name)), ..said(text, room(None, 70)) };
    let items = [
        said("whisper in ten", room(Some(900), 10)),
        said("whisper in eleven", room(Some(900), 11)),
        said("whisper on the server", Reach::Guild(GuildId(900))),
        said("whisper elsewhere", Reach::Guild(GuildId(901))),
        said("whisper to all", Reach::Everyone),
        told("whisper to mira", "mira"),
        told("whisper to nox", "nox"),
    ];
    let ids = store.add_items(&items).await?;
    let vectors: Vec<_> = ids.into_iter().map(|id| (id, vec![1.0, 0.5, id.0 as f32 / 100.0])).collect();
    store.keep_vectors("m", &vectors).await
}

fn in_private(room: u64, user: u64, name: &str) -> Audience {
    Audience {
        guild: None,
        rooms: vec![ChannelId(room)],
        alone: Some(UserId(user)),
        character: Some(character(name)),
    }
}

pub(super) async fn each_audience_finds_what_is_for_it(store: &dyn Store) -> Result<()> {
    whispers(store).await?;
    let public = ["whisper in ten", "whisper on the server", "whisper to all"];
    let cases: [(Audience, Vec<&str>); 5] = [
        (sample::audience(10), public.to_vec()),
        (Audience { rooms: vec![ChannelId(12)], ..sample::audience(12) }, public[1..].to_vec()),
        (in_private(71, 6, "mira"), vec!["whisper to all"]),
        (
            in_private(70, 5, "nox"),
            vec![
                "whisper elsewhere",
                "whisper in eleven",
                "whisper in ten",
                "whisper on the server",
                "whisper to all",
                "whisper to nox",
            ],
        ),
        (
            in_private(72, 5, "mira"),
            vec![
                "whisper elsewhere",
                "whisper in eleven",
                "whisper in ten",
                "whisper on the server",
                "whisper to all",
                "whisper to mira",
            ],
        ),
    ];
    for (audience, expected) in cases {
        let by_words = query(audience.clone(), &["whisper"]);
        assert_eq!(find(store, &by_words).await?, expected, "by words, {audience:?}");
        let probe = Probe { model: "m".to_owned(), vector: Arc::from([1.0, 0.5, 0.0]) };
        let by_meaning = Query { vector: Some(probe), ..query(audience.clone(), &[]) };
        assert_eq!(find(store, &by_meaning).await?, expected, "by meaning, {audience:?}");
        let by_person = Query { about: vec![UserId(5)], ..query(audience.clone(), &[]) };
        assert_eq!(find(store, &by_person).await?, expected, "by person, {audience:?}");
    }
    Ok(())
}

pub(super) async fn what_others_said_takes_no_place(store: &dyn Store) -> Result<()> {
    let mut items = vec![fact(5, "a whisper for ten", &[])];
    items.extend((0..200).map(|n| Draft {
        reach: Reach::Room { guild: Some(GuildId(900)), room: ChannelId(11) },
        ..fact(5, &format!("whisper whisper {n}"), &[])
    }));
    let ids = store.add_items(&items).await?;
    let vectors: Vec<_> =
        ids.iter().map(|id| (*id, vec![1.0, if id == &ids[0] { 0.5 } else { 0.0 }])).collect();
    store.keep_vectors("m", &vectors).await?;
    let probe = Probe { model: "m".to_owned(), vector: Arc::from([1.0, 0.0]) };
    for query in [
        query(sample::audience(10), &["whisper"]),
        Query { vector: Some(probe), ..query(sample::audience(10), &[]) },
        Query { about: vec![UserId(5)], ..query(sample::audience(10), &[]) },
    ] {
        assert_eq!(find(store, &query).await?, ["a whisper for ten"]);
    }
    Ok(())
}

pub(super) async fn lines_bring_those_beside_them(store: &dyn Store) -> Result<()> {
    for n in 1..=9 {
        let text = if n == 5 { "the lighthouse".to_owned() } else { format!("line {n}") };
        store.observe(&message(n, 10, n, &text)).await?;
    }
    remember(store).await?;
    let asked = query(sample::audience(10), &["lighthouse"]);
    let found = store.recall(&asked).await?;
    assert_eq!(texts(&found), BTreeSet::from(["line 3", "line 4", "the lighthouse", "line 6", "line 7"]));
    assert_eq!(found.words, [("lighthouse".to_owned(), 1)]);
    let lines: Vec<ItemId> = found.runs.concat();
    assert_eq!(found.runs.len(), 1, "they follow each other: {:?}", found.runs);
    assert!(lines.is_sorted() && lines.len() == 5);
    // What the prompt shows already is not found, nor is what stands behind it.
    let shown = Query { shown: Some((ChannelId(10), sample::snowflake(6))), ..asked };
    assert_eq!(find(store, &shown).await?, ["line 3", "line 4", "the lighthouse"]);
    // What is deleted is gone at once, and its words with it.
    store.delete_messages(ChannelId(10), &[id(5), id(4)]).await?;
    assert_eq!(find(store, &query(sample::audience(10), &["lighthouse"])).await?, Vec::<String>::new());
    let found = find(store, &query(sample::audience(10), &["line", "6"])).await?;
    assert!(!found.iter().any(|text| text.contains("lighthouse") || text == "line 4"), "{found:?}");
    Ok(())
}

pub(super) async fn only_one_models_vectors_are_compared(store: &dyn Store) -> Result<()> {
    let ids = store.add_items(&[fact(5, "east", &[]), fact(6, "north", &[])]).await?;
    store.keep_vectors("old", &[(ids[0], vec![1.0, 0.0]), (ids[1], vec![0.0, 1.0])]).await?;
    let probe = |model: &str, vector: &[f32]| Query {
        vector: Some(Probe { model: model.to_owned(), vector: Arc::from(vector) }),
        ..query(sample::audience(10), &[])
    };
    let found = store.recall(&probe("old", &[3.0, 0.1])).await?;
    let cosines: Vec<_> =
        found.candidates.iter().filter_map(|one| Some((one.item.id, one.cosine?))).collect();
    let near = cosines.iter().find(|(id, _)| *id == ids[0]).map(|(_, cosine)| *cosine);
    assert!(near.is_some_and(|cosine| cosine > 0.98), "{cosines:?}");
    // The next model's vectors come one by one, and the old ones serve.
    store.keep_vectors("new", &[(ids[0], vec![1.0, 0.0, 0.0])]).await?;
    assert_eq!(find(store, &probe("old", &[1.0, 1.0])).await?, ["east", "north"]);
    assert_eq!(find(store, &probe("new", &[1.0, 1.0, 1.0])).await?, ["east"]);
    while store.warm("new").await? {}
    store.keep_vectors("new", &[(ids[1], vec![0.0, 1.0, 0.0])]).await?;
    store.drop_models_but("new").await?;
    assert_eq!(find(store, &probe("new", &[1.0, 1.0, 1.0])).await?, ["east", "north"]);
    assert_eq!(find(store, &probe("old", &[1.0, 1.0])).await?, Vec::<String>::new());
    // A vector of another length, and one that is none, find nothing.
    assert_eq!(find(store, &probe("new", &[1.0, 1.0])).await?, Vec::<String>::new());
    assert_eq!(find(store, &probe("new", &[0.0, 0.0, 0.0])).await?, Vec::<String>::new());
    // What is forgotten is not found by its meaning either.
    store.remove_items(&ids[..1]).await?;
    assert_eq!(find(store, &probe("new", &[1.0, 1.0, 1.0])).await?, ["north"]);
    Ok(())
}

pub(super) async fn a_newer_fact_comes_with_the_older_one(store: &dyn Store) -> Result<()> {
    let home = |text: &str, n: u64, room: u64| {
        let mut home = fact(5, text, &[]);
        home.detail = Detail::Fact(FactDetail {
            aspect: domain::memory::Aspect::Fact,
            attribute: "home".to_owned(),
            single: true,
            importance: 5,
            confidence: 90,
        });
        home.at = second(n);
        home.reach = Reach::Room { guild: Some(GuildId(900)), room: ChannelId(room) };
        home
    };
    let homes =
        [home("lives in a lighthouse", 1, 10), home("moved to a barge", 2, 10), home("moved away", 3, 11)];
    store.add_items(&homes).await?;
    let found = find(store, &query(sample::audience(10), &["lighthouse"])).await?;
    assert_eq!(found, ["lives in a lighthouse", "moved to a barge"], "but not what is said elsewhere");
    Ok(())
}

pub(super) async fn what_is_asked_for_is_of_its_kind_and_time(store: &dyn Store) -> Result<()> {
    for n in 1..=3 {
        store.observe(&message(n * 100, 10, n, &format!("line {n}"))).await?;
    }
    remember(store).await?;
    store.add_items(&[episode(0, "talk of lines"), fact(5, "likes a line", &[])]).await?;
    let all = query(sample::audience(10), &["line"]);
    for (kinds, expected) in [
        (vec![Kind::Episode], vec!["talk of lines"]),
        (vec![Kind::Fact, Kind::Episode], vec!["likes a line", "talk of lines"]),
    ] {
        assert_eq!(find(store, &Query { kinds, ..all.clone() }).await?, expected);
    }
    // Out of a time something comes that has none of the words; what is beside it comes along.
    let span = second(150)..second(250);
    let then = Query { during: vec![span], kinds: vec![Kind::Line], ..query(sample::audience(10), &[]) };
    assert!(find(store, &then).await?.contains(&"line 2".to_owned()));
    let early = Query { during: vec![second(5)..second(8)], ..query(sample::audience(10), &[]) };
    assert_eq!(find(store, &early).await?, ["talk of lines"]);
    Ok(())
}

pub(super) async fn odd_words_are_words(store: &dyn Store) -> Result<()> {
    store
        .add_items(&[fact(5, "say \"NEAR\" AND OR NOT * : ^ ( {x}", &[]), fact(5, "東京都に住んでいる", &[])])
        .await?;
    let words = ["near", "and", "or", "not", "\"", "*", "a:b", "(", "", "x\" OR terms : \"near"];
    for word in words {
        store.recall(&query(sample::audience(10), &[word])).await?;
    }
    assert_eq!(find(store, &query(sample::audience(10), &["near"])).await?.len(), 1);
    let asked = domain::memory::terms::query_terms("東京");
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    assert_eq!(find(store, &query(sample::audience(10), &asked)).await?, ["東京都に住んでいる"]);
    Ok(())
}
