//! Where characters speak: threads, forums, voice channels; and what others do to them there.

use local_discord::{
    members::Post,
    permissions::Permissions,
    world::{Actor, Draft, NewChannel, channel_type},
};
use testkit::{Gate, Reply};

use crate::{
    brought::card,
    town::{PATIENCE, Town, texts},
};

const HELLO: &str = "Hello from the scripted model.";

/// A channel that comes while the bot listens.
fn opens(town: &Town, name: &str, kind: u8) -> u64 {
    let olga = town.seeded.users["olga"];
    let new = NewChannel { name: name.to_owned(), kind, ..NewChannel::default() };
    let channel = town.discord.world().with(|core| core.create_channel(olga, town.guild(), new)).unwrap();
    channel["id"].as_str().unwrap().parse().unwrap()
}

/// The channel of the webhook that a message came through.
fn webhook_channel(town: &Town, post: &Post) -> u64 {
    let hook: u64 = post.json["webhook_id"].as_str().expect("said through a webhook").parse().unwrap();
    town.discord.world().read(|state| state.webhooks[&hook].channel_id)
}

/// Bob says something; what was answered.
async fn bob_says(town: &Town, place: u64, text: &str) -> Vec<Post> {
    let mut endings = town.endings();
    let question = town.bob().says(place, text).await.unwrap();
    endings.of(question.id).await;
    town.said_after(&question)
}

#[tokio::test]
async fn in_a_thread_on_a_characters_message_nobody_needs_a_name() {
    let town = Town::new().await;
    let answer = town.asks("#general", "Ebba, what should I plant?").await.one().clone();
    town.asks("#general", "Imke, and you?").await.one();
    let thread = town.alice().opens_thread_on(&answer, "planting").await.unwrap();
    // Everybody there speaks to Ebba, not only who asked her, and not to whoever spoke last elsewhere.
    for text in ["how deep?", "and how much water?"] {
        let said = bob_says(&town, thread, text).await;
        assert_eq!((texts(&said), said[0].author.as_str()), (vec![HELLO], "Ebba"), "{text}");
        assert_eq!(webhook_channel(&town, &said[0]), town.channel("general"));
    }
    // A name is a name here, too.
    assert_eq!(bob_says(&town, thread, "Imke, which pump?").await[0].author, "Imke");
    // In a thread on somebody else's message names are needed.
    let chatter = town.bob().says("#general", "I like trains").await.unwrap();
    let other = town.bob().opens_thread_on(&chatter, "trains").await.unwrap();
    assert!(bob_says(&town, other, "especially old ones").await.is_empty());
}

#[tokio::test]
async fn posts_of_a_forum_are_answered_inside_through_the_forums_webhook() {
    let town = Town::new().await;
    let forum = opens(&town, "questions", channel_type::FORUM);
    let mut endings = town.endings();
    let draft = Draft { content: "Imke, my pump rattles".to_owned(), ..Draft::default() };
    let post = town.alice().opens_post(forum, "A pump", draft).await.unwrap();
    endings.of(post.id).await;
    let [answer] = town.said_after(&post).try_into().unwrap_or_else(|all| panic!("{all:#?}"));
    assert_eq!((answer.author.as_str(), answer.content.as_str()), ("Imke", HELLO));
    assert_eq!(webhook_channel(&town, &answer), forum);
    // The asker goes on without a name.
    let mut endings = town.endings();
    let question = town.alice().says(post.channel_id, "and now it leaks").await.unwrap();
    endings.of(question.id).await;
    assert_eq!(town.said_after(&question).len(), 1);
    // A second post has its own conversation, and needs no second webhook.
    let draft = Draft { content: "Imke, my lamp flickers".to_owned(), ..Draft::default() };
    let mut endings = town.endings();
    let post = town.bob().opens_post(forum, "A lamp", draft).await.unwrap();
    endings.of(post.id).await;
    assert_eq!(town.said_after(&post).len(), 1);
    let prompt = town.model.requests().pop().unwrap().json().to_string();
    assert!(prompt.contains("flickers") && !prompt.contains("rattles"), "{prompt}");
    assert_eq!(town.discord.world().webhooks(forum).unwrap().len(), 1);
}

#[tokio::test]
async fn the_chat_of_a_voice_channel_and_private_threads_are_channels_like_others() {
    let town = Town::new().await;
    let voice = opens(&town, "Lounge", channel_type::VOICE);
    let said = bob_says(&town, voice, "Zibbik, sing!").await;
    assert_eq!((said[0].author.as_str(), webhook_channel(&town, &said[0])), ("Zibbik", voice));

    let thread = town.bob().opens_private_thread("#general", "between us").await.unwrap();
    town.bob().adds_to_thread(thread, "acore").await.unwrap();
    let said = bob_says(&town, thread, "Sidony, a word").await;
    assert_eq!(
        (said[0].author.as_str(), webhook_channel(&town, &said[0])),
        ("Sidony", town.channel("general"))
    );
}

#[tokio::test]
async fn a_right_to_webhooks_that_is_taken_away_in_mid_sentence_costs_no_word_and_comes_back() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("The tide ", &gate, "turns at noon.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    shown.await.unwrap();
    let usual = bot::playground::permissions();
    let without = usual.without(Permissions::MANAGE_WEBHOOKS);
    town.discord.world().set_bot_permissions("acore", without).unwrap();
    assert_eq!(town.discord.world().delete_webhooks("#general").unwrap(), 1);
    gate.open();
    endings.of(question.id).await;
    let said = town.said_after(&question);
    assert!(texts(&said).contains(&"**Ebba**: The tide turns at noon."), "{said:#?}");
    assert!(said.len() <= 2, "{said:#?}");

    // As long as it lasts, everybody speaks through the bot, also in turn, and replies reach whom they mean.
    let imke = town.asks("#general", "Imke, is that true?").await.one().clone();
    assert_eq!((imke.content.as_str(), imke.author_id), (format!("**Imke**: {HELLO}").as_str(), town.bot()));
    let mut endings = town.endings();
    let question = town.bob().replies(&imke, "how do you know?").await.unwrap();
    endings.of(question.id).await;
    assert_eq!(texts(&town.said_after(&question)), [format!("**Imke**: {HELLO}")]);

    town.discord.world().set_bot_permissions("acore", usual).unwrap();
    let answered = town.asks("#general", "Imke, and now?").await;
    assert_eq!((answered.one().author.as_str(), answered.one().content.as_str()), ("Imke", HELLO));
}

/// The stranger speaks as itself, and through its webhook under a character's name.
fn strangers_speak(town: &Town, hook: u64, text: &str) -> [Post; 2] {
    let channel = town.channel("general");
    let draft = || Draft { content: text.to_owned(), ..Draft::default() };
    town.discord.world().with(|core| {
        let bot = core.create_message(&Actor::User(town.stranger()), channel, draft()).unwrap();
        let webhook = core.execute_webhook(hook, None, None, None, None, draft()).unwrap();
        [Post::from_json(&bot.json), Post::from_json(&webhook.json)]
    })
}

fn webhook_of_the_stranger(town: &Town, name: &str) -> u64 {
    let made = town.discord.world().with(|core| {
        core.create_webhook(town.stranger(), town.channel("general"), name.to_owned(), None).unwrap()
    });
    made["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_bot_that_answers_every_word_gets_no_answer() {
    let town = Town::new().await;
    let hook = webhook_of_the_stranger(&town, "Zibbik");
    town.model.answer_with(|_| "Zibbik, Imke, what do you say to that?".to_owned());
    let mut watch = town.discord.watch();
    let first = town.alice().says("#general", "Ebba, hello").await.unwrap();
    let said = watch.message(PATIENCE, |post| post.author == "Ebba").await.unwrap();
    for n in 0..20 {
        let mention = format!("Ebba, Zibbik and <@{}>: answer me, for the {n}th time!", town.bot());
        strangers_speak(&town, hook, &mention);
    }
    // Replies to a character, too.
    let reply = local_discord::world::DraftReference {
        kind: 0,
        message_id: said.id,
        channel_id: None,
        fail_if_not_exists: true,
    };
    town.discord.world().with(|core| {
        let draft = Draft { content: "oh really?".to_owned(), reference: Some(reply), ..Draft::default() };
        core.create_message(&Actor::User(town.stranger()), town.channel("general"), draft).unwrap();
    });
    // The channel is worked on in order: when this has its answer, all that was decided on.
    let mut endings = town.endings();
    let last = town.bob().says("#general", "Imke, who is that?").await.unwrap();
    endings.of(last.id).await;
    let own: Vec<_> =
        town.said_after(&first).into_iter().filter(|p| p.content.starts_with("Zibbik, Imke")).collect();
    let authors: Vec<_> = own.iter().map(|post| post.author.as_str()).collect();
    assert_eq!(authors, ["Ebba", "Imke"]);
    assert_eq!(town.model.requests_seen(), 2);
}

#[tokio::test]
async fn a_bot_that_the_server_lets_in_gets_two_answers_until_a_person_speaks() {
    let town = Town::new().await;
    let hook = webhook_of_the_stranger(&town, "Zibbik");
    let olga = town.discord.member("olga").at("#general");
    let stranger = format!("<@{}>", town.stranger());
    let set = [("rule", "heard_bots"), ("value", stranger.as_str())];
    let told = olga.runs("/channel set", set).await.unwrap().message(PATIENCE).await.unwrap();
    assert!(told.content.contains("heard_bots"), "{}", told.content);
    let asked = |posts: &[Post]| posts.iter().filter(|post| post.content == HELLO).count();

    let hello = town.alice().says("#general", "good evening all").await.unwrap();
    for round in 1..=2 {
        // The other program speaks whenever a character has, and more than that.
        for answers in 1..=2 {
            let mut endings = town.endings();
            let [question, _] = strangers_speak(&town, hook, "Ebba, tell me more!");
            endings.of(question.id).await;
            assert_eq!(asked(&town.said_after(&hello)), (round - 1) * 2 + answers);
        }
        for _ in 0..10 {
            strangers_speak(&town, hook, "Ebba, tell me more!");
        }
        // A person speaks, to nobody in particular.
        assert!(town.asks("#general", "quite a talker").await.posts.is_empty());
        assert_eq!(asked(&town.said_after(&hello)), round * 2);
    }
    assert_eq!(town.model.requests_seen(), 4);
}

#[tokio::test]
async fn told_to_be_quiet_they_are_until_they_are_told_otherwise() {
    let mut town = Town::new().await;
    let alice = town.alice();
    let mention = format!("<@{}>", town.bot());
    let tells = async |town: &Town, text: &str| {
        let mut endings = town.endings();
        let wish = alice.says("#general", &format!("{mention} {text}")).await.unwrap();
        endings.of(wish.id).await;
        assert!(town.said_after(&wish).is_empty(), "a sign is enough");
        town.discord.look(&wish).unwrap().reactions()
    };
    assert_eq!(tells(&town, "quiet for 1 hour").await, [("🤫".to_owned(), 1)]);
    assert!(town.asks("#general", "Ebba, hello?").await.posts.is_empty());
    assert!(town.asks("#general", &format!("{mention} hello?")).await.posts.is_empty());
    // Other channels were not meant; threads of this one were.
    town.asks("#workshop", "Ebba, hello?").await.one();
    let thread = town.bob().opens_thread("#general", "aside").await.unwrap();
    assert!(bob_says(&town, thread, "Ebba, hello?").await.is_empty());
    // It holds over a restart.
    town.stop().await;
    town.start().await;
    assert!(town.asks("#general", "Ebba, hello?").await.posts.is_empty());

    assert_eq!(tells(&town, "you can talk again").await, [("👋".to_owned(), 1)]);
    assert_eq!(town.asks("#general", "Ebba, hello?").await.one().author, "Ebba");
    assert_eq!(town.model.requests_seen(), 2);
}

#[tokio::test]
async fn told_to_be_quiet_while_one_of_several_speaks_the_others_keep_quiet() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let mut endings = town.endings();
    town.alice().says("#general", "Osbert, Ebba, Imke: sing!").await.unwrap();
    gate.reached().await;
    let wish = town.bob().says("#general", &format!("<@{}> shut up", town.bot())).await.unwrap();
    endings.of(wish.id).await;
    gate.open();
    town.rests().await;
    assert_eq!(town.lines("#general"), ["Osbert: Finally."]);
    let talk = town.bob().says("#general", &format!("<@{}> you may talk again", town.bot())).await.unwrap();
    endings.of(talk.id).await;
    let next = town.asks("#general", "Zibbik?").await;
    assert_eq!(next.one().author, "Zibbik");
}

#[tokio::test]
async fn a_character_for_adults_speaks_in_age_restricted_channels_only() {
    let cards = tempfile::tempdir().unwrap();
    let adult = card("Mirelle", "Tells stories for grown-ups.").replace("[\"ink\"]", "[\"NSFW\"]");
    std::fs::write(cards.path().join("mirelle.json"), adult).unwrap();
    let folder = cards.path().display().to_string();
    let town = Town::build().setting("ACORE_CHARACTERS", &folder).start().await;
    assert!(town.asks("#workshop", "Mirelle, a story!").await.posts.is_empty());
    town.discord.world().set_age_restricted("#workshop", true).unwrap();
    assert_eq!(town.asks("#workshop", "Mirelle, a story!").await.one().author, "Mirelle");
    let thread = town.bob().opens_thread("#workshop", "late").await.unwrap();
    assert_eq!(bob_says(&town, thread, "Mirelle, a story!").await[0].author, "Mirelle");
    // Others are welcome in both; she is not, wherever children may read.
    assert_eq!(town.asks("#workshop", "Pasko, soup!").await.one().author, "Pasko");
    let both = town.asks("#general", "Mirelle and Pasko, a story!").await;
    assert_eq!(both.one().author, "Pasko");
    town.discord.world().set_age_restricted("#workshop", false).unwrap();
    assert!(town.asks("#workshop", "Mirelle, a story!").await.posts.is_empty());
    let options = [("message", "a story!"), ("character", "mirelle")];
    let ran = town.bob().at("#general").runs("/chat", options).await.unwrap();
    let _told = ran.message(PATIENCE).await.unwrap();
    assert_eq!(town.model.requests_seen(), 4);
}
