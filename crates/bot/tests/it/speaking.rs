//! Who answers, under which name, and who is not answered.

use local_discord::world::{Actor, Draft, NewThread};
use serde_json::json;
use testkit::Reply;

use crate::town::{PATIENCE, Town, openapi, texts};

#[test]
fn openapi_document_is_there_or_skipped() {
    if openapi().is_none() {
        eprintln!(
            "skipped: Discord's OpenAPI document is not here (DISCORD_OPENAPI), requests are checked without it"
        );
    }
}

#[tokio::test]
async fn a_name_makes_its_owner_answer_through_a_webhook_with_its_face() {
    let town = Town::new().await;
    let answered = town.asks("#general", "hey Zibbik, what are you building?").await;
    let post = answered.one();
    assert_eq!((post.author.as_str(), post.content.as_str()), ("Zibbik", "Hello from the scripted model."));
    assert!(post.json["webhook_id"].is_string(), "{}", post.json);
    assert!(post.json["author"]["avatar"].is_string(), "{}", post.json);
    let [said] = town.requests("POST", "/webhooks/").try_into().unwrap_or_else(|all| panic!("{all:#?}"));
    let body = said.body.unwrap();
    assert_eq!(body["allowed_mentions"], json!({"parse": []}));
    assert_eq!(said.status, 200);
}

#[tokio::test]
async fn names_count_as_whole_words_in_any_case_and_form() {
    let town = Town::new().await;
    for (text, expected) in [
        ("SIDONY!", Some("Sidony")),
        ("is that Hazlit's whistle?", Some("Hazlit")),
        ("Sir Osbert, a word please", Some("Osbert")),
        ("good night,Ebba.", Some("Ebba")),
        ("the zibbikian empire is far away", None),
        ("nobody in particular", None),
        ("hey Imke #ignore", None),
    ] {
        // Where nobody has spoken, so that nothing is a follow-up.
        let place = if expected.is_some() { "#general" } else { "#workshop" };
        let answered = town.asks(place, text).await;
        let who: Vec<_> = answered.posts.iter().map(|post| post.author.as_str()).collect();
        assert_eq!(who, expected.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[tokio::test]
async fn a_reply_and_a_mention_go_to_whom_they_mean() {
    let town = Town::new().await;
    let sidony = town.asks("#general", "Sidony, are you there?").await.one().clone();
    town.asks("#general", "and you, Zibbik?").await.one();

    // A mention of the bot means whoever spoke last.
    let mention = format!("<@{}> go on", town.bot());
    assert_eq!(town.asks("#general", &mention).await.one().author, "Zibbik");

    // A reply means whom it replies to, whoever spoke since.
    let mut endings = town.endings();
    let question = town.bob().replies(&sidony, "what do you mean by that?").await.unwrap();
    endings.of(question.id).await;
    let [answer] = town.said_after(&question).try_into().unwrap_or_else(|all| panic!("{all:#?}"));
    assert_eq!(answer.author, "Sidony");

    // In a channel where nobody has spoken yet, a mention is still answered.
    assert!(!town.asks("#workshop", &mention).await.one().author.is_empty());
}

#[tokio::test]
async fn the_person_just_answered_goes_on_without_a_name_and_others_do_not() {
    let town = Town::new().await;
    town.asks("#general", "Sidony, what are you reading?").await.one();
    assert_eq!(town.asks("#general", "and who wrote it?").await.one().author, "Sidony");

    let mut endings = town.endings();
    let chatter = town.bob().says("#general", "anyway, lunch?").await.unwrap();
    endings.of(chatter.id).await;
    assert_eq!(town.said_after(&chatter), []);
    // Somebody spoke in between: the conversation is no longer between two.
    assert_eq!(town.asks("#general", "fish again").await.posts, []);
}

#[tokio::test]
async fn direct_messages_are_answered_with_the_name_before_the_text() {
    let town = Town::new().await;
    town.model.script([Reply::text("Just between us.")]);
    let answer = town.discord.next_message(PATIENCE, |post| post.content.contains("Just between us."));
    let mut endings = town.endings();
    let question = town.alice().dm("acore", "psst, Velimir").await.unwrap();
    endings.of(question.id).await;
    let answer = answer.await.unwrap();
    assert_eq!(answer.content, "**Velimir**: Just between us.");
    assert_eq!(answer.author_id, town.bot());
    let posted = town.requests("POST", "/messages");
    let body = posted[0].body.as_ref().unwrap();
    assert_eq!(body["enforce_nonce"], true);
    assert_eq!(body["allowed_mentions"], json!({"parse": []}));

    // Without a name the one who spoke last goes on.
    let mut endings = town.endings();
    let question = town.alice().dm("acore", "tell me more").await.unwrap();
    endings.of(question.id).await;
    assert!(texts(&town.said_after(&question))[0].starts_with("**Velimir**: "));
}

#[tokio::test]
async fn programs_are_not_answered_whatever_they_call_themselves() {
    let town = Town::new().await;
    let channel = town.channel("general");
    // A webhook of somebody else under a character's name, another bot, and the bot's own account.
    town.discord.world().with(|core| {
        let draft = |text: &str| Draft { content: text.to_owned(), ..Draft::default() };
        let hook = core.create_webhook(town.stranger(), channel, "Sidony".to_owned(), None).unwrap();
        let hook = hook["id"].as_str().unwrap().parse().unwrap();
        core.execute_webhook(hook, None, None, None, None, draft("I am Sidony. Zibbik, answer me!")).unwrap();
        core.create_message(&Actor::User(town.stranger()), channel, draft("Zibbik, I am a bot")).unwrap();
        core.create_message(&Actor::User(town.bot()), channel, draft("Zibbik, it is me")).unwrap();
    });
    let forged = town.discord.channel("general").unwrap().messages();
    // A character's own words that name another one are no question either.
    town.model.script([Reply::text("Ask Zibbik about that. Zibbik?")]);
    let answered = town.asks("#general", "Imke?").await;
    assert_eq!(answered.one().author, "Imke");
    // The channel is worked on in order: everything before has been decided, and nothing was said.
    assert_eq!(town.discord.channel("general").unwrap().messages().len(), forged.len() + 2);
    assert_eq!(town.model.requests_seen(), 1);

    // A reply to the forged Sidony is no reply to a character.
    let mut endings = town.endings();
    let question = town.bob().replies(&forged[0], "oh really?").await.unwrap();
    endings.of(question.id).await;
    assert!(town.said_after(&question).is_empty());
    assert_eq!(town.app().store.counts().await.unwrap().answered, 1);
}

#[tokio::test]
async fn threads_are_answered_inside_through_the_parents_webhook() {
    let town = Town::new().await;
    let channel = town.channel("general");
    let thread = town.discord.world().with(|core| {
        let olga = town.seeded.users["olga"];
        let start = core
            .create_message(
                &Actor::User(olga),
                channel,
                Draft { content: "a side talk".to_owned(), ..Draft::default() },
            )
            .unwrap();
        let new = NewThread { name: "side talk".to_owned(), ..Default::default() };
        let thread = core.thread_from_message(olga, channel, start.id, new).unwrap();
        thread["id"].as_str().unwrap().parse::<u64>().unwrap()
    });
    let mut endings = town.endings();
    let question = town.alice().says(thread, "Bettina, who did it?").await.unwrap();
    endings.of(question.id).await;
    let [answer] = town.said_after(&question).try_into().unwrap_or_else(|all| panic!("{all:#?}"));
    assert_eq!((answer.author.as_str(), answer.channel_id), ("Bettina", thread));
}
