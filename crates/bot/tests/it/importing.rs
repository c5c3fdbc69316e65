//! Characters that members bring, change, take along and remove.

use local_discord::members::{NO_OPTIONS, Post};

use crate::{
    brought::{card, imports, labels, picture_card, presses, previews},
    town::{PATIENCE, Town, texts},
};

fn embed<'a>(post: &'a Post, field: &str) -> &'a str {
    let fields = post.json["embeds"][0]["fields"].as_array().unwrap();
    let found = fields.iter().find(|known| known["name"] == field);
    found.map_or("", |field| field["value"].as_str().unwrap())
}

async fn shows(town: &Town, who: &str, name: &str) -> Post {
    let member = town.discord.member(who).at("#general");
    let running = member.runs("/character show", [("name", name)]).await.unwrap();
    running.message(PATIENCE).await.unwrap()
}

#[tokio::test]
async fn a_card_is_looked_at_confirmed_and_answers_at_once() {
    let mut town = Town::new().await;
    let alice = town.alice().at("#general");
    let preview = previews(&alice, "quill.png", picture_card("Quill", "A pen that sighs.", "imke")).await;
    assert_eq!(preview.json["embeds"][0]["title"], "Quill");
    assert!(preview.json["embeds"][0]["thumbnail"]["url"].is_string());
    assert_eq!((embed(&preview, "Greetings"), embed(&preview, "Lore entries")), ("2", "0"));
    assert_eq!(labels(&preview), ["Bring in", "Cancel"]);
    assert!(
        town.asks("#general", "Quill, are you there?").await.posts.is_empty(),
        "nothing has happened yet"
    );

    let done = presses(&alice, &preview, "Bring in").await;
    assert!(done.content.contains("Quill") && done.buttons().is_empty(), "{}", done.content);
    assert_eq!(town.asks("#general", "Quill, are you there?").await.one().author, "Quill");
    assert!(town.model.requests().last().unwrap().json().to_string().contains("A pen that sighs."));

    town.stop().await;
    town.start().await;
    assert_eq!(town.asks("#workshop", "and now, Quill?").await.one().author, "Quill");
}

#[tokio::test]
async fn who_cancels_brings_nobody_and_nobody_else_decides() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let preview = previews(&alice, "quill.json", card("Quill", "A pen.")).await;
    let take = preview.buttons()[0].custom_id.clone();
    // Discord does not show him the preview; should he press it all the same, it is not his.
    if let Ok(pressed) = town.bob().presses(&preview, &take).await {
        let told = pressed.message(PATIENCE).await.unwrap();
        assert!(told.content.contains("too old"), "{}", told.content);
    }
    let done = presses(&alice, &preview, "Cancel").await;
    assert!(done.content.contains("Nothing"), "{}", done.content);
    let again = alice.presses(&preview, &take).await;
    if let Ok(pressed) = again {
        let told = pressed.message(PATIENCE).await.unwrap();
        assert!(told.content.contains("too old"), "{}", told.content);
    }
    assert!(town.asks("#general", "Quill?").await.posts.is_empty());
}

#[tokio::test]
async fn somebody_who_is_there_is_replaced_only_when_it_is_said_so() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    imports(&alice, "quill.json", card("Quill", "The first.")).await;
    let preview = previews(&alice, "quill.json", card("Quill", "The second.")).await;
    assert_eq!(labels(&preview), ["Replace", "Cancel"]);
    town.asks("#general", "Quill?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("The first."));
    presses(&alice, &preview, "Replace").await;
    town.asks("#general", "Quill?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("The second."));

    // Another one's character, and one that is everywhere, are not hers to replace.
    let bob = town.bob().at("#general");
    for name in ["Quill", "Zibbik"] {
        let told = previews(&bob, "card.json", card(name, "The third.")).await;
        assert!(told.content.contains("Manage Server") && told.buttons().is_empty(), "{}", told.content);
    }
}

#[tokio::test]
async fn a_server_can_have_its_own_version_of_a_built_in_character() {
    let town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let preview = previews(&olga, "zibbik.json", card("Zibbik", "A quieter one.")).await;
    presses(&olga, &preview, "Replace").await;
    town.asks("#general", "Zibbik?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("A quieter one."));

    let panel = shows(&town, "olga", "zibbik").await;
    let asked = presses(&olga, &panel, "Remove…").await;
    assert!(asked.content.contains("original comes back"), "{}", asked.content);
    presses(&olga, &asked, "Remove").await;
    town.asks("#general", "Zibbik?").await.one();
    assert!(!town.model.requests().last().unwrap().json().to_string().contains("A quieter one."));
}

#[tokio::test]
async fn names_in_any_script_come_and_answer() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    for (name, question) in
        [("小雪", "小雪在吗"), ("Łucja", "hej Łucja"), ("Óucja", "hej Óucja"), ("Мира", "Мира, ты тут?")]
    {
        imports(&alice, "card.json", card(name, "x")).await;
        assert_eq!(town.asks("#general", question).await.one().author, name);
    }
    let list = alice.runs("/character list", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    let body = list.json["embeds"][0]["description"].as_str().unwrap();
    // Two names whose letters make one id are two characters.
    assert!(body.contains("`ucja`") && body.contains("`ucja-"), "{body}");
}

#[tokio::test]
async fn what_is_no_card_is_refused_in_a_sentence() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let face = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../characters/imke.png")).unwrap();
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("a.png", face, "holds no character card"),
        ("a.jpg", b"\xFF\xD8\xFF\xE0".to_vec(), "JPEG"),
        ("a.json", b"{\"entries\":{}}".to_vec(), "/lore import"),
        ("a.json", b"{".to_vec(), "not JSON"),
        ("a.json", b"{\"spec\":\"chara_card_v9\",\"data\":{}}".to_vec(), "chara_card_v9"),
        ("a.charx", b"PK\x03\x04".to_vec(), "CHARX"),
    ];
    for (filename, bytes, part) in cases {
        let told = previews(&alice, filename, bytes).await;
        assert!(told.content.contains(part) && told.buttons().is_empty(), "{}", told.content);
    }
    assert!(town.app().store.cards(domain::GuildId(town.guild())).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_owner_edits_a_card_and_takes_it_along_unchanged_otherwise() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let original = card("Quill", "A pen.");
    imports(&alice, "quill.json", original.clone()).await;
    let panel = shows(&town, "alice", "Quill").await;
    let exported = presses(&alice, &panel, "Export V3").await;
    assert_eq!(town.file(&exported).await, original.as_bytes());
    let exported = presses(&alice, &panel, "Export V2").await;
    let v2 = String::from_utf8(town.file(&exported).await).unwrap();
    assert!(v2.contains("chara_card_v2") && v2.contains("someone/else"), "{v2}");

    let opened = alice.presses_labelled(&panel, "Edit…").await.unwrap().modal(PATIENCE).await.unwrap();
    let sent = alice.submits(&opened, [("description", "A feather.")]).await.unwrap();
    assert!(sent.message(PATIENCE).await.unwrap().content.contains("Kept"));
    town.asks("#general", "Quill?").await.one();
    assert!(town.model.requests().last().unwrap().json().to_string().contains("A feather."));
    let exported = presses(&alice, &shows(&town, "alice", "Quill").await, "Export V3").await;
    assert_eq!(town.file(&exported).await, original.replace("A pen.", "A feather.").as_bytes());

    // Bob may look and take along, not change.
    let panel = shows(&town, "bob", "Quill").await;
    assert_eq!(labels(&panel), ["Export V3", "Export V2"]);
    let edit = opened.custom_id.replace("edit", "delete");
    if let Ok(pressed) = town.bob().presses(&panel, &edit).await {
        assert!(pressed.message(PATIENCE).await.unwrap().content.contains("Only who brought"));
    }
}

#[tokio::test]
async fn a_renamed_character_keeps_its_id_and_answers_to_the_new_name() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    imports(&alice, "quill.png", picture_card("Quill", "A pen.", "imke")).await;
    let panel = shows(&town, "alice", "Quill").await;
    let opened = alice.presses_labelled(&panel, "Edit…").await.unwrap().modal(PATIENCE).await.unwrap();
    let refused = alice.submits(&opened, [("name", "Zibbik")]).await.unwrap();
    assert!(refused.message(PATIENCE).await.unwrap().content.contains("already"));
    let opened = alice.presses_labelled(&panel, "Edit…").await.unwrap().modal(PATIENCE).await.unwrap();
    let sent = alice.submits(&opened, [("name", "Feder")]).await.unwrap();
    let panel = sent.message(PATIENCE).await.unwrap();
    assert_eq!((panel.json["embeds"][0]["title"].as_str(), embed(&panel, "Id")), (Some("Feder"), "`quill`"));
    assert_eq!(town.asks("#general", "Feder?").await.one().author, "Feder");
    assert!(town.asks("#workshop", "Quill?").await.posts.is_empty());
}

#[tokio::test]
async fn who_is_silenced_here_answers_elsewhere_until_it_is_let_speak() {
    let mut town = Town::new().await;
    let olga = town.discord.member("olga").at("#general");
    let panel = shows(&town, "olga", "imke").await;
    let panel = presses(&olga, &panel, "Silence in this channel").await;
    assert!(town.asks("#general", "Imke?").await.posts.is_empty());
    town.asks("#workshop", "Imke?").await.one();
    town.stop().await;
    town.start().await;
    assert!(town.asks("#general", "Imke?").await.posts.is_empty(), "a restart forgets no rule");
    let panel = presses(&olga, &panel, "Let speak in this channel").await;
    town.asks("#general", "Imke?").await.one();
    let panel = presses(&olga, &panel, "Silence on this server").await;
    assert!(town.asks("#workshop", "Imke?").await.posts.is_empty());
    presses(&olga, &panel, "Let speak on this server").await;
    town.asks("#workshop", "Imke?").await.one();
}

#[tokio::test]
async fn a_card_for_adults_says_so_and_speaks_only_where_adults_are() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let text = card("Velvet", "Secretive.").replace("[\"ink\"]", "[\"ink\", \"nsfw\"]");
    let preview = previews(&alice, "velvet.json", text.clone()).await;
    assert!(!preview.json.to_string().contains("Secretive."), "not shown where everybody reads");
    assert!(preview.json.to_string().contains("age-restricted"));
    presses(&alice, &preview, "Bring in").await;
    assert!(town.asks("#general", "Velvet?").await.posts.is_empty());
    // Others take it along where adults are; she reads it anyway.
    assert!(labels(&shows(&town, "alice", "Velvet").await).contains(&"Export V3".to_owned()));
    let panel = shows(&town, "bob", "Velvet").await;
    assert_eq!(labels(&panel), Vec::<String>::new());
    if let Ok(pressed) = town.bob().at("#general").presses(&panel, "character:v3:velvet").await {
        let told = pressed.message(PATIENCE).await.unwrap();
        assert!(told.content.contains("for adults") && told.json["attachments"] == serde_json::json!([]));
    }
    let gallery = alice.runs("/characters", NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(!gallery.json.to_string().contains("Velvet"));
    town.discord.world().set_age_restricted("#workshop", true).unwrap();
    town.asks("#workshop", "Velvet?").await.one();
    let bob = town.bob().at("#workshop");
    let panel =
        bob.runs("/character show", [("name", "velvet")]).await.unwrap().message(PATIENCE).await.unwrap();
    let exported = presses(&bob, &panel, "Export V3").await;
    assert_eq!(town.file(&exported).await, text.as_bytes());
}

#[tokio::test]
async fn another_server_knows_nothing_of_it() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    imports(&alice, "quill.json", card("Quill", "A pen.")).await;
    let direct = alice.dm("acore", "Quill, can you hear me?").await.unwrap();
    let mut endings = town.endings();
    let again = alice.dm("acore", "Quill?").await.unwrap();
    endings.of(again.id).await;
    let said = town.said_after(&direct);
    assert!(said.iter().all(|post| !post.author.contains("Quill")), "{:?}", texts(&said));
    let cast = town.app().cast.of(None).await.unwrap();
    assert!(cast.by_name("Quill").is_none());
}

#[tokio::test]
async fn a_new_picture_is_shown_where_the_character_has_spoken_before() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    imports(&alice, "quill.png", picture_card("Quill", "A pen.", "imke")).await;
    town.asks("#general", "Quill?").await.one();
    let face = |state: &local_discord::world::State| {
        state.webhooks.values().find(|hook| hook.name == "Quill").and_then(|hook| hook.avatar.clone())
    };
    let before = town.discord.until(PATIENCE, face).await.unwrap();
    let preview = previews(&alice, "quill.png", picture_card("Quill", "A pen.", "zibbik")).await;
    presses(&alice, &preview, "Replace").await;
    let another = |state: &local_discord::world::State| face(state).filter(|now| *now != before);
    town.discord.until(PATIENCE, another).await.unwrap();
    assert_eq!(town.asks("#general", "Quill?").await.one().author, "Quill");
    assert_eq!(
        town.requests("POST", "/webhooks").iter().filter(|r| r.path.ends_with("/webhooks")).count(),
        1
    );
}

#[tokio::test]
async fn a_member_brings_no_name_on_which_a_character_would_answer_everybody() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let named = |nickname: &str| {
        card("Quill", "A pen.")
            .replace("\"personality\"", &format!("\"nickname\":\"{nickname}\",\"personality\""))
    };
    for (text, part) in [
        (card("Hello", "x"), "said too often"),
        (card("Bo", "x"), "too short"),
        (named("the"), "said too often"),
        (named("Old Ebba"), "Ebba is called"),
        (named("hey Ebba"), "Ebba is called"),
    ] {
        let told = previews(&alice, "card.json", text).await;
        assert!(told.content.contains(part) && told.buttons().is_empty(), "{}", told.content);
    }
    // Nor later, in a window.
    imports(&alice, "quill.json", named("Quillie")).await;
    let panel = shows(&town, "alice", "Quill").await;
    let opened = alice.presses_labelled(&panel, "More texts…").await.unwrap().modal(PATIENCE).await.unwrap();
    let sent = alice.submits(&opened, [("nickname", "you")]).await.unwrap();
    let told = sent.message(PATIENCE).await.unwrap();
    assert!(told.content.contains("said too often"), "{}", told.content);
    // Who looks after the server knows what its people say.
    let olga = town.discord.member("olga").at("#general");
    imports(&olga, "card.json", card("Bo", "x")).await;
    assert_eq!(town.asks("#general", "Bo?").await.one().author, "Bo");
    assert!(town.asks("#general", "how are you?").await.posts.iter().all(|post| post.author != "Quill"));
}

#[tokio::test]
async fn a_name_formats_nothing_calls_nobody_and_speaks_all_the_same() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    for (unseen, part) in [("Quill\\n**Mira**", "control characters"), ("\\u202elliuQ", "nobody sees")] {
        let told = previews(&alice, "card.json", card(unseen, "x")).await;
        assert!(told.content.contains(part) && told.buttons().is_empty(), "{}", told.content);
    }
    let long = "Quill the Unending ".repeat(4) + "Four";
    for (name, calling) in [
        ("**Quill** [here](https://evil.example) @everyone <@1>", "quill"),
        ("Clyde of Discord", "clyde-of-discord"),
        (long.as_str(), "quill-the-unending"),
    ] {
        imports(&alice, "card.json", card(name, "x")).await;
        let cast = town.app().cast.of(Some(domain::GuildId(town.guild()))).await.unwrap();
        let id = cast.by_name(name).unwrap().id.to_string();
        assert!(id.starts_with(calling), "{id}");
        let mut endings = town.endings();
        let running = alice.runs("/chat", [("message", "hello?"), ("character", &id)]).await.unwrap();
        endings.of(running.id()).await;
        let said = town.discord.channel("general").unwrap().messages();
        let [.., quote, answer] = said.as_slice() else { panic!("{:?}", texts(&said)) };
        assert_eq!(quote.author, "acore");
        let line = quote.content.lines().next().unwrap();
        assert!(!line[9..].trim_end_matches(':').contains(['*', '[', ']', '@', '<', '(', ':']), "{line}");
        assert_eq!(answer.content, "Hello from the scripted model.");
        assert!(!answer.author.to_lowercase().contains("clyde") && answer.author.chars().count() <= 80);
    }
    for (command, place) in [("/characters", "footer"), ("/character list", "description")] {
        let told = alice.runs(command, NO_OPTIONS).await.unwrap().message(PATIENCE).await.unwrap();
        let text = told.json["embeds"].to_string();
        assert!(!text.contains("](https") && !text.contains("<@1>"), "{command} {place}: {text}");
    }
}

#[tokio::test]
async fn a_large_picture_is_kept_small() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let picture = |side: u32| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(side, side).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let read = bot::cards::read(card("Quill", "A pen.").as_bytes(), "card.json").unwrap();
    let large = bot::cards::write_png(&read, &picture(2_000)).unwrap();
    let preview = previews(&alice, "quill.png", large).await;
    assert!(embed(&preview, "Not taken").contains("smaller"), "{}", preview.json);
    presses(&alice, &preview, "Bring in").await;
    let cast = town.app().cast.of(Some(domain::GuildId(town.guild()))).await.unwrap();
    let face = image::load_from_memory(cast.face(&cast.by_name("quill").unwrap().id).unwrap()).unwrap();
    assert_eq!((face.width(), face.height()), (1_024, 1_024));
    assert_eq!(town.asks("#general", "Quill?").await.one().author, "Quill");
}

#[tokio::test]
async fn a_text_that_fits_no_window_survives_an_edit_and_is_told_of() {
    let town = Town::new().await;
    let alice = town.alice().at("#general");
    let long = card("Quill", &"A pen that sighs. ".repeat(300));
    imports(&alice, "quill.json", long.clone()).await;
    let panel = shows(&town, "alice", "Quill").await;
    let opened = alice.presses_labelled(&panel, "Edit…").await.unwrap().modal(PATIENCE).await.unwrap();
    let sent = alice.submits(&opened, [("first_mes", "Hush.")]).await.unwrap();
    let told = sent.message(PATIENCE).await.unwrap();
    assert!(told.content.contains("Kept") && told.content.contains("Description"), "{}", told.content);
    let exported = presses(&alice, &told, "Export V3").await;
    assert_eq!(town.file(&exported).await, long.replace("Well met.", "Hush.").as_bytes());
}
