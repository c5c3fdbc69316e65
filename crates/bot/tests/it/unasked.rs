//! Speaking unasked: off until wanted, never over anybody, never to deaf ears.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use bot::{clock, rules::Scope, unasked};
use domain::{
    ChannelId, GuildId, MessageId, UserId,
    cue::own_id,
    event::{Author, AuthorKind, ChannelKind, Message, Place},
    unasked::Ledger,
};
use local_discord::members::Post;
use store_sqlite::SqliteStore;
use testkit::Asked;

use crate::town::{Builder, PATIENCE, Town, texts};

const REMARK: &str = "The kettle is on, in case anybody wonders.";

/// A town whose bot knows what people do and who comes and goes.
fn sociable() -> Builder {
    Town::build().setting("DISCORD_PRESENCES", "yes").setting("DISCORD_MEMBERS", "yes")
}

/// Whether the model is asked if a remark is welcome.
fn is_question(asked: &Asked) -> bool {
    asked.messages().first().is_some_and(|(_, content)| content.starts_with("You watch a group chat"))
}

/// The model says `welcome` to every such question, and a remark otherwise.
fn model_says(town: &Town, welcome: &'static str) {
    town.model.answer_with(move |asked| if is_question(asked) { welcome } else { REMARK }.to_owned());
}

fn questions(town: &Town) -> usize {
    town.model.requests().iter().filter(|asked| is_question(asked)).count()
}

async fn rule(town: &Town, rules: &[(&str, &str)]) {
    let scope = Scope::Channel(ChannelId(town.channel("general")));
    for (rule, value) in rules {
        town.app().rules.change(scope, |patch| patch.set(rule, value)).await.unwrap();
    }
}

/// The next thing that an application says in the channel.
async fn said_next(town: &Town, act: impl Future<Output = ()>) -> Post {
    let next = town.discord.next_message(PATIENCE, |post| post.from_app);
    act.await;
    next.await.unwrap()
}

fn said(town: &Town) -> Vec<Post> {
    let all = town.discord.channel("general").unwrap().messages();
    all.into_iter().filter(|post| post.from_app).collect()
}

#[tokio::test]
async fn nothing_happens_unasked_where_nobody_wants_it() {
    let town = sociable().start().await;
    model_says(&town, "yes");
    let alice = town.alice();
    let told = alice.says("#general", "haha that was awesome, I just bought a kayak").await.unwrap();
    alice.plays("Chess").await.unwrap();
    let newcomer = town.discord.member("newcomer");
    newcomer.says("#general", "hello everybody").await.unwrap();
    let answered = town.asks("#general", "Imke?").await;
    answered.one();
    assert_eq!(said(&town).len(), 1);
    assert_eq!(questions(&town), 0);
    assert!(town.discord.look(&told).unwrap().reactions().is_empty());
}

#[tokio::test]
async fn what_is_funny_gets_a_laugh() {
    let town = Town::new().await;
    rule(&town, &[("react", "100%")]).await;
    let mut watch = town.discord.watch();
    let told = town.alice().says("#general", "haha lol that was so funny").await.unwrap();
    watch.event(PATIENCE, |event| event.name == "MESSAGE_REACTION_ADD").await.unwrap();
    assert_eq!(town.discord.look(&told).unwrap().reactions(), [("😂".to_owned(), 1)]);
    assert!(said(&town).is_empty(), "a reaction is no answer");
}

#[tokio::test]
async fn joining_in_is_weighed_and_a_yes_is_an_answer() {
    let town = Town::new().await;
    rule(&town, &[("join_in", "100%"), ("join_in_pause", "0")]).await;
    model_says(&town, "Yes.");
    let post = said_next(&town, async {
        town.alice().says("#general", "what a day for a cup of tea").await.unwrap();
    })
    .await;
    assert_eq!(post.content, REMARK);
    assert_eq!(questions(&town), 1);
}

#[tokio::test]
async fn a_no_is_taken_for_one() {
    let town = Town::new().await;
    rule(&town, &[("join_in", "100%"), ("join_in_pause", "0")]).await;
    model_says(&town, "no");
    town.alice().says("#general", "what a day for a cup of tea").await.unwrap();
    while questions(&town) == 0 {
        tokio::task::yield_now().await;
    }
    town.asks("#general", "Imke, and you?").await.one();
    assert_eq!(said(&town).len(), 1, "{:?}", texts(&said(&town)));
}

#[tokio::test]
async fn remarks_are_counted_until_somebody_speaks_to_a_character_and_kept() {
    let mut town = sociable().start().await;
    model_says(&town, "yes");
    rule(
        &town,
        &[("join_in", "100%"), ("join_in_pause", "0"), ("remark_activities", "100%"), ("unasked_pause", "0")],
    )
    .await;
    said_next(&town, async {
        town.alice().says("#general", "what a day for a cup of tea").await.unwrap();
    })
    .await;
    said_next(&town, async { town.alice().plays("Chess").await.unwrap() }).await;
    assert_eq!(unanswered(&town).await, 2, "now they wait to be spoken to");
    town.stop().await;
    town.start().await;
    assert_eq!(unanswered(&town).await, 2);
    town.asks("#general", "Imke, what do you say?").await.one();
    while unanswered(&town).await > 0 {
        tokio::task::yield_now().await;
    }
}

/// What the ledger of the channel counts.
async fn unanswered(town: &Town) -> u8 {
    let key = format!("unasked/{}", town.channel("general"));
    let doc = town.app().store.states(&[key]).await.unwrap().remove(0).unwrap();
    serde_json::from_str::<Ledger>(&doc.json).unwrap().unanswered()
}

/// A message from so many minutes ago, in a channel that the bot has not seen since.
fn old_message(town: &Town, minutes: u64) -> Message {
    let at = domain::Timestamp(clock::now().as_millis() - i64::try_from(minutes * 60_000).unwrap());
    Message {
        id: MessageId(own_id(at, &mut fastrand::Rng::with_seed(7))),
        place: Place {
            guild: Some(GuildId(town.guild())),
            channel: ChannelId(town.channel("general")),
            parent: None,
            kind: ChannelKind::Text,
        },
        author: Author { id: UserId(town.alice().id()), name: "alice".into(), kind: AuthorKind::Human },
        content: "see you later, I am off to the movies".into(),
        mentions: Vec::new(),
        reply_to: None,
        attachments: Vec::new(),
        pictures: Vec::new(),
        replied_pictures: Vec::new(),
        age_restricted: false,
        sent_at: at,
    }
}

/// A town whose bot remembers that somebody spoke a while ago.
async fn silent_for(minutes: u64) -> Town {
    let mut town = sociable().open().await;
    let data = town.data.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let store = SqliteStore::open(&data.join("acore.db")).await.unwrap();
    store::Journal::observe(&store, &old_message(&town, minutes)).await.unwrap();
    store::Settings::close(&store).await.unwrap();
    town.start().await;
    town
}

#[tokio::test]
async fn a_long_silence_is_broken_once_also_after_a_restart() {
    let mut town = silent_for(200).await;
    rule(&town, &[("ambient", "100%")]).await;
    model_says(&town, "yes");
    let post = said_next(&town, async { unasked::break_silences(town.app()).await.unwrap() }).await;
    assert_eq!(post.content, REMARK);
    assert_eq!(questions(&town), 1);
    town.stop().await;
    town.start().await;
    unasked::break_silences(town.app()).await.unwrap();
    unasked::break_silences(town.app()).await.unwrap();
    assert_eq!(questions(&town), 1, "it is not even thought of");
    assert_eq!(said(&town).len(), 1);
}

#[tokio::test]
async fn a_silence_that_is_short_or_endless_or_not_welcome_to_be_broken_stays() {
    for (minutes, asked) in [(30, 0), (9 * 60, 0), (200, 1)] {
        let town = silent_for(minutes).await;
        rule(&town, &[("ambient", "100%")]).await;
        model_says(&town, "no");
        unasked::break_silences(town.app()).await.unwrap();
        unasked::break_silences(town.app()).await.unwrap();
        assert_eq!(questions(&town), asked, "{minutes} minutes");
        assert!(said(&town).is_empty());
    }
}

#[tokio::test]
async fn who_joins_is_welcomed_where_that_is_wanted() {
    let town = silent_for(30).await;
    rule(&town, &[("greet", "100%")]).await;
    model_says(&town, "yes");
    let post = said_next(&town, async {
        town.discord.member("newcomer");
    })
    .await;
    assert_eq!(post.content, REMARK);
    let prompt = town.model.requests()[0].json().to_string();
    assert!(prompt.contains("newcomer has just joined the server"), "{prompt}");
}

#[tokio::test]
async fn what_somebody_begins_to_play_is_remarked_on_once() {
    let town = sociable().start().await;
    rule(&town, &[("remark_activities", "100%")]).await;
    model_says(&town, "yes");
    town.asks("#general", "Imke, good evening").await.one();
    let post = said_next(&town, async { town.alice().plays("Chess").await.unwrap() }).await;
    assert_eq!(post.content, REMARK);
    let told =
        town.model.requests().iter().any(|asked| asked.json().to_string().contains("has just begun playing"));
    assert!(told);
    town.alice().plays("Go").await.unwrap();
    town.asks("#general", "Imke?").await.one();
    assert_eq!(said(&town).len(), 3);
}

#[tokio::test]
async fn a_second_character_adds_a_word_and_nobody_a_third() {
    let town = Town::new().await;
    rule(&town, &[("banter", "100%")]).await;
    let said_so_far = AtomicU32::new(0);
    town.model.answer_with(move |_| format!("line {}", said_so_far.fetch_add(1, Ordering::Relaxed)));
    let mut watch = town.discord.watch();
    town.asks("#general", "Imke, how are you?").await;
    while said(&town).len() < 2 {
        watch.message(PATIENCE, |_| true).await.unwrap();
    }
    let added = said(&town).remove(1);
    assert_ne!(added.author, "Imke");
    // What is said next is an answer: nothing more came of the banter, and within its pause no other one comes.
    town.asks("#general", "Pasko, and you?").await;
    let lines = said(&town);
    assert_eq!(texts(&lines), ["line 0", "line 1", "line 2"]);
    assert_eq!(lines[2].author, "Pasko");
}

#[tokio::test]
async fn while_others_talk_and_type_nothing_is_begun() {
    let town = sociable().start().await;
    rule(&town, &[("remark_activities", "100%")]).await;
    model_says(&town, "yes");
    for member in [town.alice(), town.bob()] {
        member.says("#general", "good evening").await.unwrap();
    }
    town.asks("#general", "Imke, and you?").await.one();
    town.bob().types_in("#general").await.unwrap();
    town.alice().plays("Chess").await.unwrap();
    town.asks("#general", "Imke?").await.one();
    assert_eq!(said(&town).len(), 2, "{:?}", texts(&said(&town)));
    assert_eq!(questions(&town), 0);
}

#[tokio::test]
async fn who_writes_here_is_greeted_in_voice_once() {
    let town = sociable().voice("lounge").start().await;
    rule(&town, &[("greet", "100%")]).await;
    model_says(&town, "yes");
    town.asks("#general", "Imke, good evening").await.one();
    let post = said_next(&town, async { town.alice().joins_voice("lounge").await.unwrap() }).await;
    assert_eq!(post.content, REMARK);
    let told = town
        .model
        .requests()
        .iter()
        .any(|asked| asked.json().to_string().contains("come into a voice channel"));
    assert!(told);
    town.alice().leaves_voice().await.unwrap();
    town.alice().joins_voice("lounge").await.unwrap();
    town.asks("#general", "Imke?").await.one();
    assert_eq!(said(&town).len(), 3);
}

#[tokio::test]
async fn who_tells_of_something_new_is_asked_about_it() {
    let town = Town::new().await;
    rule(&town, &[("follow_up", "100%")]).await;
    model_says(&town, "yes");
    // How curious somebody is, is in their card: not everything is asked about.
    for thing in 0..60 {
        let next = town.discord.next_message(Duration::from_millis(700), |post| post.from_app);
        town.alice().says("#general", &format!("I just bought a kayak{thing}")).await.unwrap();
        if next.await.is_ok() {
            break;
        }
    }
    let [asked] = said(&town).try_into().expect("one question");
    assert_eq!(asked.content, REMARK);
    let prompt = town.model.requests().pop().unwrap().json().to_string();
    assert!(prompt.contains("Somebody has just told of"), "{prompt}");
    assert!(prompt.contains("kayak"), "{prompt}");
}
