//! What is kept about people: seen, taken along, erased, not kept at all, through the commands as members use them and
//! looked for in the database byte for byte.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
    path::Path,
};

use domain::{
    ChannelId, GuildId, MessageId, Timestamp, UserId,
    memory::{Aspect, Detail, Draft, FactDetail, Kind, Reach, Source},
};
use local_discord::members::{Member, NO_OPTIONS, Post};
use serde_json::Value;
use testkit::{Gate, Reply};

use crate::{
    acore::Acore,
    brought::{card, imports, presses},
    town::{PATIENCE, Town},
};

/// Words that stand nowhere else.
const ALICES: &str = "qqzwvx";
const BOBS: &str = "jjkfgh";

/// A model that repeats what it was told last: an answer must be forgotten with its question.
async fn town() -> Town {
    let town = Town::build().setting("ACORE_LOG", "info").start().await;
    town.model.answer_with(|asked| {
        let asked = asked.json().to_string();
        let last = [ALICES, BOBS].into_iter().filter_map(|word| Some((asked.rfind(word)?, word))).max();
        last.map_or_else(|| "Yes.".to_owned(), |(_, word)| format!("You said {word}."))
    });
    town
}

async fn runs(member: &Member, place: &str, command: &str) -> Post {
    let told = member.clone().at(place).runs(command, NO_OPTIONS).await.unwrap();
    let told = told.message(PATIENCE).await.unwrap();
    assert!(told.ephemeral || place.starts_with('@'), "{command} is nobody else's business");
    told
}

/// Everything that a panel says.
fn said(post: &Post) -> String {
    format!("{} {}", post.content, post.json["embeds"])
}

async fn kept(town: &Town, member: &Member) -> store::PersonRecord {
    town.app().store.person(UserId(member.id())).await.unwrap()
}

/// Where in the data folder's files words, or somebody's number, stand.
fn traces(folder: &Path, words: &str, user: u64) -> Vec<String> {
    let needles = [
        ("the words", words.as_bytes().to_vec()),
        ("the number as text", user.to_string().into_bytes()),
        ("the number", user.to_be_bytes().to_vec()),
    ];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        for (what, needle) in &needles {
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(format!("{what} in {}", path.display()));
            }
        }
    }
    found
}

async fn erases(town: &Town, member: &Member, place: &str) -> Post {
    let asked = runs(member, place, "/privacy erase").await;
    assert!(said(&asked).contains("removed?"), "{}", said(&asked));
    let member = member.clone().at(place);
    let window = member.presses_labelled(&asked, "Erase everything").await.unwrap();
    let window = window.modal(PATIENCE).await.unwrap();
    let wrong = member.submits(&window, [("erase", "no")]).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(wrong.content.contains("Nothing was removed"), "{}", wrong.content);
    assert!(!kept(town, &member).await.is_empty());
    let window = member.presses_labelled(&asked, "Erase everything").await.unwrap();
    let window = window.modal(PATIENCE).await.unwrap();
    member.submits(&window, [("erase", " Erase")]).await.unwrap().message(PATIENCE).await.unwrap()
}

#[tokio::test]
async fn a_member_sees_takes_along_and_erases_what_is_kept_and_others_keep_theirs() {
    let mut town = town().await;
    let (alice, bob) = (town.alice(), town.bob());
    town.asks("#general", &format!("Imke, I just got a new {ALICES}")).await.one();
    let mut endings = town.endings();
    let bobs = bob.says("#general", &format!("Imke, and I have a {BOBS}")).await.unwrap();
    endings.of(bobs.id).await;
    imports(&town.discord.member("olga").at("#general"), "quill.json", card("Quill", "A pen.")).await;

    let shown = said(&runs(&alice, "#general", "/privacy show").await);
    assert!(shown.contains("Lines in channels · 2") && shown.contains(ALICES), "{shown}");
    assert!(!shown.contains(BOBS), "{shown}");

    let exported = runs(&alice, "#general", "/privacy export").await;
    let mut archive = zip::ZipArchive::new(Cursor::new(town.file(&exported).await)).unwrap();
    let names: Vec<_> = archive.file_names().map(str::to_owned).collect();
    let mut files = BTreeMap::new();
    for name in names {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        files.insert(name, text);
    }
    assert!(files["README.txt"].contains("history.json (2)"), "{}", files["README.txt"]);
    let lines: Vec<Value> = serde_json::from_str(&files["history.json"]).unwrap();
    assert!(lines.iter().all(|line| line["text"].as_str().unwrap().contains(ALICES)), "{lines:?}");
    assert_eq!(lines[0]["user"], alice.id().to_string());
    let (all, theirs) =
        (files.values().map(String::as_str).collect::<String>(), [BOBS, &bob.id().to_string()]);
    assert!(theirs.iter().all(|other| !all.contains(*other)), "{all}");

    let bobs = kept(&town, &bob).await;
    let erased = said(&erases(&town, &alice, "#general").await);
    assert!(erased.contains("Removed") && erased.contains("Lines in channels: 2"), "{erased}");
    assert!(kept(&town, &alice).await.is_empty());
    assert_eq!(kept(&town, &bob).await.of("history"), bobs.of("history"));
    let nothing = runs(&alice, "#general", "/privacy show").await;
    assert!(said(&nothing).contains("Nothing is kept about you"), "{}", said(&nothing));

    // What characters have in mind is kept again after the next answer: nothing comes back with it.
    let mut endings = town.endings();
    let again = bob.says("#general", "Imke, what did Alice say?").await.unwrap();
    endings.of(again.id).await;
    assert!(!town.model.requests().last().unwrap().json().to_string().contains(ALICES));
    town.stop().await;
    let data = town.data.path().join("data");
    assert_eq!(traces(&data, ALICES, alice.id()), [""; 0]);
    assert!(!traces(&data, BOBS, bob.id()).is_empty());
}

#[tokio::test]
async fn who_opted_out_is_answered_and_not_remembered() {
    let mut town = town().await;
    let (alice, bob) = (town.alice(), town.bob());
    let told = runs(&alice, "#general", "/privacy opt-out").await;
    assert!(told.content.contains("You have opted out"), "{}", told.content);
    let answered = town.asks("#general", &format!("Imke, I just got a new {ALICES}")).await;
    assert!(answered.one().content.contains(ALICES), "her words reach the model for this one answer");
    town.asks("#general", &format!("Imke and Zibbik, what is a {ALICES}?")).await;
    town.rests().await;
    alice.says("#general", &format!("nobody in particular: {ALICES}")).await.unwrap();
    let chat = alice.clone().at("#general").runs("/chat", [("message", format!("Imke: {ALICES}?"))]).await;
    if let Ok(running) = chat {
        running.message(PATIENCE).await.unwrap();
    }
    town.rests().await;

    let mut endings = town.endings();
    let next = bob.says("#general", "Imke, what did Alice say?").await.unwrap();
    endings.of(next.id).await;
    let asked = town.model.requests().last().unwrap().json().to_string();
    assert!(asked.contains("what did Alice say") && !asked.contains(ALICES), "{asked}");
    assert!(kept(&town, &alice).await.is_empty());

    town.stop().await;
    let data = town.data.path().join("data");
    let left = traces(&data, ALICES, alice.id());
    // The row that says so, and nothing else.
    assert!(left.iter().all(|trace| trace.starts_with("the number in")), "{left:?}");
    town.start().await;
    assert!(town.app().opted_out.contains(UserId(alice.id())), "after a restart, too");
    town.asks("#general", &format!("Imke, {ALICES}")).await.one();
    assert!(kept(&town, &alice).await.is_empty());

    let told = runs(&alice, "#general", "/privacy opt-in").await;
    assert!(told.content.contains("remember you again"), "{}", told.content);
    town.asks("#general", "Imke, hello").await.one();
    assert_eq!(kept(&town, &alice).await.of("history"), 2);
}

#[tokio::test]
async fn what_is_being_answered_is_cancelled_by_an_erasure() {
    let town = town().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("Well, a flange is ", &gate, "a rim.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Imke");
    let question = town.alice().says("#general", "Imke, what is a flange?").await.unwrap();
    shown.await.unwrap();
    let erased = said(&erases(&town, &town.alice(), "#general").await);
    assert!(erased.contains("Removed"), "{erased}");
    gate.open();
    town.rests().await;
    assert_eq!(town.said_after(&question), [], "half an answer does not stay");
    assert!(kept(&town, &town.alice()).await.is_empty());
    assert_eq!(town.asks("#general", "Imke, hello").await.one().author, "Imke", "the channel goes on");
}

#[tokio::test]
async fn a_direct_channel_is_erased_whole() {
    let mut town = town().await;
    let alice = town.alice();
    let mut endings = town.endings();
    let question = alice.dm("acore", &format!("Imke, between us: {ALICES}")).await.unwrap();
    endings.of(question.id).await;
    assert_eq!(kept(&town, &alice).await.direct.len(), 1);
    bot::privacy::erase(town.app(), UserId(alice.id())).await.unwrap();
    assert!(kept(&town, &alice).await.is_empty());
    town.stop().await;
    let data = town.data.path().join("data");
    assert_eq!(traces(&data, ALICES, alice.id()), [""; 0]);
    assert_eq!(traces(&data, ALICES, question.channel_id), [""; 0], "nor which channel it was");
}

#[tokio::test]
async fn whoever_runs_the_bot_has_the_same_while_it_is_stopped() {
    let mut town = town().await;
    let alice = town.alice().id().to_string();
    town.asks("#general", &format!("Imke, I just got a new {ALICES}")).await.one();
    let run = async |town: &Town, arguments: &[&str]| {
        let ended = Acore::command(town).args(arguments).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
    };
    let (code, _, error) = run(&town, &["privacy", "show", &alice]).await;
    assert!(code == Some(1) && error.contains("if the bot is running, stop it first"), "{error}");

    town.stop().await;
    let (code, told, _) = run(&town, &["privacy", "show", &alice]).await;
    assert!(code == Some(0) && told.contains("history") && told.contains("Lines in channels"), "{told}");
    let (code, told, _) = run(&town, &["privacy", "export", &alice, "--out", "alice.zip"]).await;
    assert!(code == Some(0) && told.contains("rows in alice.zip"), "{told}");
    let bytes = std::fs::read(town.data.path().join("alice.zip")).unwrap();
    assert!(zip::ZipArchive::new(Cursor::new(bytes)).unwrap().by_name("history.json").is_ok());
    let (_, told, _) = run(&town, &["privacy", "erase", &alice]).await;
    assert!(told.contains("Nothing was removed"), "{told}");
    assert_ne!(traces(&town.data.path().join("data"), ALICES, town.alice().id()), [""; 0]);
    let (code, told, _) = run(&town, &["privacy", "opt-out", &alice]).await;
    assert!(code == Some(0) && told.contains("Nothing is kept of them"), "{told}");
    let (code, told, _) = run(&town, &["privacy", "erase", &alice, "--yes"]).await;
    assert!(code == Some(0) && told.contains("Removed or changed:"), "{told}");
    let left = traces(&town.data.path().join("data"), ALICES, town.alice().id());
    assert!(left.iter().all(|trace| trace.starts_with("the number in")), "{left:?}");
    town.start().await;
    assert!(town.app().opted_out.contains(UserId(town.alice().id())));
}

#[tokio::test]
async fn nobody_can_press_anothers_button_for_them() {
    let town = town().await;
    town.asks("#general", &format!("Imke, I just got a new {ALICES}")).await.one();
    let mine = runs(&town.alice(), "#general", "/privacy show").await;
    // Bob does not see it; and were he to press it, it would be about him.
    let bob = town.bob().at("#general");
    if let Ok(running) = bob.presses_labelled(&mine, "Export").await {
        let told = running.message(PATIENCE).await.unwrap();
        assert!(!said(&told).contains(ALICES));
    }
    let pressed = presses(&town.alice().at("#general"), &mine, "Opt out").await;
    assert!(pressed.content.contains("You have opted out"), "{}", pressed.content);
    assert!(town.app().opted_out.contains(UserId(town.alice().id())));
    assert!(!town.app().opted_out.contains(UserId(town.bob().id())));
}

/// A fact about somebody, out of others' mouths.
fn rumour(about: &Member, room: Reach, text: &str) -> Draft {
    let detail = FactDetail {
        aspect: Aspect::Fact,
        attribute: "other".to_owned(),
        single: false,
        importance: 4,
        confidence: 50,
    };
    Draft {
        reach: room,
        channel: Some(ChannelId(77)),
        character: None,
        owner: None,
        about: Some(UserId(about.id())),
        who: "alice".into(),
        text: text.into(),
        at: Timestamp(1_790_000_000_000),
        until: None,
        position: 0,
        detail: Detail::Fact(detail),
        sources: vec![Source::Message(MessageId(77))],
    }
}

#[tokio::test]
async fn what_others_say_of_somebody_where_they_are_not_is_not_shown_to_them() {
    let town = town().await;
    let alice = town.alice();
    let guild = Some(GuildId(town.guild()));
    let hidden = Reach::Room { guild, room: ChannelId(town.channel("general") + 1_000_000) };
    let here = Reach::Room { guild, room: ChannelId(town.channel("general")) };
    let direct = Reach::Room { guild: None, room: ChannelId(77) };
    let rumours =
        [rumour(&alice, hidden, ALICES), rumour(&alice, direct, ALICES), rumour(&alice, here, BOBS)];
    town.app().store.add_items(&rumours).await.unwrap();
    for command in ["/memory", "/my_profile", "/forget"] {
        let told = runs(&alice, "#general", command).await.json.to_string();
        assert!(told.contains(BOBS), "{command} tells what was said here: {told}");
        assert!(!told.contains(ALICES), "{command} tells what was said elsewhere: {told}");
    }
}

#[tokio::test]
async fn what_one_tells_by_command_takes_the_place_of_what_one_told_before() {
    let town = town().await;
    let alice = town.alice().at("#general");
    for name in ["Captain", "Skipper", "Skipper"] {
        let told = alice.runs("/remember", [("text", format!("call me {name}"))]).await.unwrap();
        told.message(PATIENCE).await.unwrap();
    }
    let profile = runs(&alice, "#general", "/my_profile").await.json.to_string();
    assert!(profile.contains("wants to be called Skipper"), "{profile}");
    assert!(!profile.contains("Captain"), "{profile}");
    let facts = town.app().store.items_of(UserId(alice.id()), &[Kind::Fact], None, 9).await.unwrap();
    assert_eq!(facts.len(), 2, "{facts:?}");
}
