//! Documents that the characters of a server know.

use std::fs;

use bot::knowledge::{Knowledge, Steps};
use domain::{GuildId, Timestamp, memory::Reach};
use local_discord::members::{Member, NO_OPTIONS, Post};

use crate::{
    brought::{file, labels, presses},
    town::{PATIENCE, Town},
};

/// Long after every file was written.
const LATER: Timestamp = Timestamp(4_102_444_800_000);

const RULES: &str =
    "# Harbour rules\n\n## Trading\n\nPay the harbour master first.\n\n## Fishing\n\nOnly eels.\n";

async fn adds(olga: &Member, name: &str, bytes: impl AsRef<[u8]>, options: &[(&str, &str)]) -> String {
    let files = [("file", file(name, bytes.as_ref()))];
    let options: Vec<(&str, &str)> = options.to_vec();
    let running = olga.runs_with_files("/knowledge add", options, files).await.unwrap();
    running.message(PATIENCE).await.unwrap().content
}

async fn list(olga: &Member) -> Post {
    olga.runs("/knowledge list", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap()
}

fn body(post: &Post) -> String {
    post.json["embeds"][0]["description"].as_str().unwrap_or_default().to_owned()
}

/// What is known on the town's server and everywhere, in words.
async fn known(town: &Town) -> Vec<(String, Reach, Option<String>)> {
    let items = town.app().store.without_vector("none", 1_000).await.unwrap();
    let passages =
        items.into_iter().filter(|item| matches!(item.draft.detail, domain::memory::Detail::Passage { .. }));
    let told = passages
        .map(|item| (item.draft.text.into_raw(), item.draft.reach, item.draft.character.map(String::from)));
    told.collect()
}

#[tokio::test]
async fn documents_are_brought_listed_and_removed() {
    let mut town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let told = adds(&olga, "rules.md", RULES, &[("category", "Law")]).await;
    assert!(told.contains("**rules.md** was read: 2 passages in “law”"), "{told}");
    let told = adds(&olga, "prices.html", "<h1>Prices</h1><p>Two coins.</p>", &[("character", "imke")]).await;
    assert!(told.contains("1 passage in “general”, known to only `imke`"), "{told}");
    let here = Reach::Guild(GuildId(town.guild()));
    assert_eq!(
        known(&town).await,
        [
            ("Pay the harbour master first.".to_owned(), here, None),
            ("Only eels.".to_owned(), here, None),
            ("Two coins.".to_owned(), here, Some("imke".to_owned())),
        ]
    );
    let again = adds(&olga, "rules.md", RULES, &[("category", "law")]).await;
    assert!(again.contains("is here already"), "{again}");
    let changed =
        adds(&olga, "rules.md", RULES.replace("Only eels", "No eels"), &[("category", "law")]).await;
    assert!(changed.contains("took the place"), "{changed}");
    let listed = body(&list(&olga).await);
    assert!(listed.contains("**rules.md** law · 2 passages"), "{listed}");
    assert!(listed.contains("**prices.html** general · only `imke` · 1 passage"), "{listed}");

    // All of it outlives the program.
    town.stop().await;
    town.start().await;
    assert_eq!(known(&town).await.len(), 3);
    let proposed = olga.autocompletes("/knowledge remove", "document", "rul").await.unwrap();
    let [choice] = &proposed[..] else { panic!("{proposed:?}") };
    let value = choice.value.as_str().unwrap().to_owned();
    let asked = olga.runs("/knowledge remove", [("document", value.as_str())]).await.unwrap();
    let asked = asked.message(PATIENCE).await.unwrap();
    assert!(asked.content.contains("Remove **rules.md** with its 2 passages?"), "{}", asked.content);
    assert_eq!(labels(&asked), ["Remove", "Keep"]);
    presses(&olga, &asked, "Remove").await;
    assert_eq!(known(&town).await, [("Two coins.".to_owned(), here, Some("imke".to_owned()))]);
    let gone = olga.runs("/knowledge remove", [("document", "rules.md")]).await.unwrap();
    assert!(gone.message(PATIENCE).await.unwrap().content.contains("cannot tell which document"));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_a_sentence_and_changes_nothing() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    adds(&olga, "law.pdf", "%PDF-1.5 not really", &[]).await;
    for (name, bytes, part) in [
        ("empty.txt", "", "is empty"),
        ("blank.md", " \n ", "holds no text"),
        ("law.pdf", "%PDF-1.5 not really", "is damaged"),
        ("song.mp3", "la", "is none of the kinds"),
        ("deep.html", &"<div>".repeat(5_000), "nested too deeply"),
    ] {
        let told = adds(&olga, name, bytes, &[]).await;
        assert!(told.contains(part) && told.contains("Nothing was changed"), "{name}: {told}");
    }
    let told = adds(&olga, "rules.md", RULES, &[("character", "nobody at all")]).await;
    assert!(told.contains("Nobody here has that name"), "{told}");
    assert!(body(&list(&olga).await).starts_with("No documents yet"));
    assert_eq!(known(&town).await, []);
}

#[tokio::test]
async fn the_operators_folder_is_looked_through_and_servers_reload_their_own() {
    let mut town = Town::build().open().await;
    let folder = town.data.path().join("data/knowledge");
    let own = folder.join(town.guild().to_string());
    fs::create_dir_all(own.join("@imke")).unwrap();
    fs::write(folder.join("tides.txt"), "High tide is at six.").unwrap();
    fs::write(own.join("@imke/diary.md"), "I saw a whale.").unwrap();
    town.start().await;
    let scan = async |town: &Town| town.app().knowledge.scan(None, LATER, &Steps::default()).await.unwrap();
    scan(&town).await;
    let here = Reach::Guild(GuildId(town.guild()));
    let mut all = known(&town).await;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        all,
        [
            ("High tide is at six.".to_owned(), Reach::Everyone, None),
            ("I saw a whale.".to_owned(), here, Some("imke".to_owned())),
        ]
    );
    // A folder's document goes with its file, and not by a command.
    let olga = town.discord.member("olga").at("#general");
    let listed = list(&olga).await;
    assert!(body(&listed).contains("only `imke` · from the folder · 1 passage"), "{}", body(&listed));
    let footer = listed.json["embeds"][0]["footer"]["text"].as_str().unwrap();
    assert!(footer.contains("and 1 that are known on every server"), "{footer}");
    let name = format!("{}/@imke/diary.md", town.guild());
    let asked = olga.runs("/knowledge remove", [("document", name.as_str())]).await.unwrap();
    assert!(asked.message(PATIENCE).await.unwrap().content.contains("goes when its file goes"));

    fs::write(own.join("@imke/diary.md"), "I saw two whales.").unwrap();
    fs::write(own.join("broken.pdf"), "no").unwrap();
    let told = olga.runs("/knowledge reload", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(told.content.starts_with("1 document read (1 passages), 0 removed"), "{}", told.content);
    assert!(told.content.contains("broken.pdf") && told.content.contains("is damaged"), "{}", told.content);
    fs::remove_dir_all(&own).unwrap();
    let told = olga.runs("/knowledge reload", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(told.content.contains("2 removed"), "{}", told.content);
    assert_eq!(known(&town).await, [("High tide is at six.".to_owned(), Reach::Everyone, None)]);
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let knowledge: &Knowledge = &town.app().knowledge;
    for number in 0..25 {
        let upload = bot::knowledge::Upload {
            guild: GuildId(town.guild()),
            character: None,
            category: String::new(),
            name: format!("{number:02}.txt"),
            bytes: format!("Number {number}.").into_bytes(),
            by: domain::UserId(7),
            at: Timestamp(1),
        };
        knowledge.add(upload, &Steps::default()).await.unwrap();
    }
    let first = list(&olga).await;
    assert!(body(&first).contains("00.txt") && !body(&first).contains("10.txt"));
    presses(&olga, &first, "Next").await;
    let second = town.discord.look(&first).unwrap();
    assert!(body(&second).contains("10.txt") && !body(&second).contains("00.txt"), "{}", body(&second));
    presses(&olga, &second, "Next").await;
    let third = town.discord.look(&first).unwrap();
    assert!(body(&third).contains("24.txt"), "{}", body(&third));
    assert!(third.buttons().iter().any(|button| button.label == "Next" && button.disabled));
}

/// A server can show the command to anybody, and its answer stays with whoever looks after the server.
#[tokio::test]
async fn only_managers_bring_documents() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let files = [("file", file("rules.md", RULES))];
    let tried = alice.runs_with_files("/knowledge add", NO_OPTIONS, files).await;
    if let Ok(running) = tried {
        let told = running.message(PATIENCE).await.unwrap().content;
        assert!(told.contains("Manage Server"), "{told}");
    }
    assert_eq!(known(&town).await, []);
}
