//! The server's lorebooks.

use local_discord::members::{Member, NO_OPTIONS, Post};

use crate::{
    brought::{file, labels, presses},
    town::{PATIENCE, Town},
};

const WORLD: &str = "{ \"name\": \"Tides\", \"foreign\": 1.50, \"entries\": {\n\
    \"0\": {\"uid\": 0, \"key\": [\"lighthouse\"], \"comment\": \"The light\", \"content\": \"The lighthouse of Dryhithe burns kelp oil.\", \"order\": 10},\n\
    \"1\": {\"uid\": 1, \"key\": [\"kelp\"], \"comment\": \"Kelp\", \"content\": \"Kelp is cut at new moon.\", \"order\": 20, \"extra\": null}\n} }\n";

async fn brings(olga: &Member, filename: &str, bytes: &str) -> Post {
    let files = [("file", file(filename, bytes))];
    let running = olga.runs_with_files("/lore import", NO_OPTIONS, files).await.unwrap();
    running.message(PATIENCE).await.unwrap()
}

#[tokio::test]
async fn a_world_file_is_known_to_every_character_until_it_is_removed() {
    let mut town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let told = brings(&olga, "tides.json", WORLD).await;
    assert!(told.content.contains("Tides") && told.content.contains("2 entries"), "{}", told.content);
    let last = |town: &Town| town.model.requests().last().unwrap().json().to_string();
    for name in ["Imke", "Sidony"] {
        town.asks("#general", &format!("{name}, do you know the lighthouse?")).await.one();
        assert!(last(&town).contains("burns kelp oil"), "{}", last(&town));
    }
    let why = olga.runs("/why", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(why.json.to_string().contains("The light"), "{}", why.json);
    town.stop().await;
    town.start().await;
    town.asks("#workshop", "Imke, do you know the lighthouse?").await.one();
    assert!(last(&town).contains("burns kelp oil"));

    let asked =
        olga.runs("/lore remove", [("book", "Tides")]).await.unwrap().message(PATIENCE).await.unwrap();
    presses(&olga, &asked, "Remove").await;
    town.asks("#workshop", "Zibbik, what of the lighthouse?").await.one();
    assert!(!last(&town).contains("burns kelp oil"));
}

#[tokio::test]
async fn a_text_is_tried_out_and_the_account_tells_keys_and_levels() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let recursive = WORLD.replace("\"foreign\": 1.50", "\"recursive_scanning\": true");
    brings(&olga, "tides.json", &recursive).await;
    let options = [("text", "Where is the lighthouse?"), ("character", "imke")];
    let told = olga.runs("/lore test", options).await.unwrap().message(PATIENCE).await.unwrap();
    let body = told.json["embeds"][0]["description"].as_str().unwrap();
    assert!(told.ephemeral && body.contains("**The light** by “lighthouse”"), "{body}");
    assert!(body.contains("**Kelp** by “kelp” · level 1 · woken by “The light”"), "{body}");
    assert_eq!(town.model.requests_seen(), 0);
}

#[tokio::test]
async fn a_book_comes_back_byte_for_byte_and_in_other_forms() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    brings(&olga, "tides.json", WORLD).await;
    let export = async |form: &str| {
        let options = [("book", "Tides"), ("as", form)];
        let told = olga.runs("/lore export", options).await.unwrap().message(PATIENCE).await.unwrap();
        String::from_utf8(town.file(&told).await).unwrap()
    };
    assert_eq!(export("original").await, WORLD);
    assert_eq!(export("world").await, WORLD, "it has this form");
    let v3: serde_json::Value = serde_json::from_str(&export("v3").await).unwrap();
    assert_eq!((&v3["spec"], &v3["data"]["foreign"]), (&"lorebook_v3".into(), &1.5.into()));
    let kelp = &v3["data"]["entries"][1];
    assert_eq!((&kelp["keys"][0], kelp.get("extra")), (&"kelp".into(), Some(&serde_json::Value::Null)));
}

#[tokio::test]
async fn a_book_of_the_same_name_is_only_replaced_when_it_is_said_so() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    brings(&olga, "tides.json", WORLD).await;
    let other = WORLD.replace("kelp oil", "old letters");
    let asked = brings(&olga, "tides.json", &other).await;
    assert_eq!(labels(&asked), ["Replace", "Cancel"]);
    presses(&olga, &asked, "Cancel").await;
    town.asks("#general", "Imke, the lighthouse?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("kelp oil"));
    let asked = brings(&olga, "tides.json", &other).await;
    presses(&olga, &asked, "Replace").await;
    town.asks("#general", "Sidony, the lighthouse?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("old letters"));
    let list = olga.runs("/lore list", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(list.json["embeds"][0]["description"].as_str().unwrap().contains("**Tides** 2 entries"));
}

#[tokio::test]
async fn what_is_no_lorebook_is_refused_in_a_sentence() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    for (bytes, part) in [
        ("{}", "lorebook"),
        ("{\"entries\": {}}", "no entries"),
        ("nonsense", "not JSON"),
        ("{\"spec\":\"chara_card_v2\",\"data\":{\"name\":\"A\",\"character_book\":null}}", "has no lorebook"),
    ] {
        let told = brings(&olga, "a.json", bytes).await;
        assert!(told.content.contains(part), "{}", told.content);
    }
}

#[tokio::test]
async fn a_server_has_room_for_so_many_bytes_of_books() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let large = WORLD.replace("Kelp is cut", &"Kelp is cut ".repeat(260_000));
    for name in ["a", "b"] {
        let told = brings(&olga, "tides.json", &large.replace("Tides", name)).await;
        assert!(told.content.contains("is here"), "{}", told.content);
    }
    let told = brings(&olga, "tides.json", &large.replace("Tides", "c")).await;
    assert!(told.content.contains("no more room"), "{}", told.content);
    // In the place of one of them there is.
    let told = brings(&olga, "tides.json", &large.replace("Tides", "b")).await;
    assert_eq!(labels(&told), ["Replace", "Cancel"]);
}

#[tokio::test]
async fn what_books_a_server_has_is_proposed_to_those_who_look_after_it() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    brings(&olga, "tides.json", WORLD).await;
    let proposed = olga.autocompletes("/lore show", "book", "").await.unwrap();
    assert!(proposed.iter().any(|choice| choice.value == "Tides"), "{proposed:?}");
    // Discord hides the command from her, unless a server's administrators show it to her.
    if let Ok(proposed) = town.alice().at("#general").autocompletes("/lore show", "book", "").await {
        assert!(proposed.is_empty(), "{proposed:?}");
    }
    // Nor is it known elsewhere.
    let elsewhere = town.app().lore.of(domain::GuildId(1)).await.unwrap();
    assert!(elsewhere.is_empty());
    let imke = town.app().cast.of(None).await.unwrap().by_name("imke").unwrap().clone();
    let in_person = bot::lore::books(town.app(), None, &imke).await.unwrap();
    assert!(in_person.is_none(), "a direct message has no server's books");
}
