//! A model that fails: the member sees one message, an answer or a polite sentence, and the operator the cause.

use domain::{
    ChannelId, GuildId, MessageId, Timestamp, UserId,
    memory::{Detail, Draft, Reach, Source},
    turn::APOLOGY,
};
use testkit::{Dialect, Gate, Reply};

use crate::{
    acore::Acore,
    town::{PATIENCE, Town, texts},
};

const DIALECTS: [Dialect; 2] = [Dialect::OpenAi, Dialect::Ollama];

/// What a member sees after these replies, one after the other.
async fn seen(dialect: Dialect, replies: impl IntoIterator<Item = Reply>) -> (Town, String) {
    let town = Town::build().dialect(dialect).start().await;
    town.model.script(replies);
    let answered = town.asks("#general", "Pasko, what is for dinner?").await;
    assert_eq!(answered.one().author, "Pasko");
    let text = answered.one().content.clone();
    assert_eq!(town.model.requests()[0].dialect(), dialect);
    (town, text)
}

#[tokio::test]
async fn what_passes_is_tried_again_and_nobody_notices() {
    for dialect in DIALECTS {
        for (what, fault) in [
            ("cut", Reply::cut_after("Stew, and then ")),
            ("unfinished", Reply::unfinished("Stew, and then ")),
            ("busy", Reply::status(429).retry_after(1)),
            ("broken", Reply::status(500)),
            ("overloaded", Reply::status(503)),
            ("error in the stream", Reply::error_after("Stew, and ", 502, "upstream died")),
        ] {
            let (town, text) = seen(dialect, [fault, Reply::text("Fish stew with saffron.")]).await;
            assert_eq!(text, "Fish stew with saffron.", "{what} over {dialect:?}");
            let counts = town.app().store.counts().await.unwrap();
            assert_eq!(
                (counts.answered, counts.failed, counts.pending),
                (1, 0, 0),
                "{what} over {dialect:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_in_one_polite_sentence() {
    for dialect in DIALECTS {
        for (what, reply) in [
            ("a wrong key", Reply::status(401).saying("Incorrect API key provided: sk-verysecret")),
            ("an unknown model", Reply::status(404).saying("no such model")),
            // Asked again, as long as anybody would.
            ("no JSON", Reply::garbage("{\"this is\": not json")),
            ("a refusal", Reply::status(400).saying("<html>stack trace at line 1</html>")),
        ] {
            let (town, text) = seen(dialect, std::iter::repeat_n(reply, 40)).await;
            assert_eq!(text, APOLOGY, "{what} over {dialect:?}");
            let counts = town.app().store.counts().await.unwrap();
            assert_eq!(
                (counts.answered, counts.failed, counts.pending),
                (0, 1, 0),
                "{what} over {dialect:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_model_that_stays_broken_is_given_up_politely() {
    for dialect in DIALECTS {
        let town = Town::build().dialect(dialect).start().await;
        // More than anybody would try.
        town.model.script(std::iter::repeat_n(Reply::status(500), 40));
        let answered = town.asks("#general", "Pasko, what is for dinner?").await;
        assert_eq!(texts(&answered.posts), [APOLOGY]);
        assert!(town.model.requests_seen() <= 12, "{} requests are hammering", town.model.requests_seen());
        assert_eq!(town.app().store.counts().await.unwrap().failed, 1);
    }
}

#[tokio::test]
async fn half_an_answer_is_kept_when_there_will_not_be_more() {
    let town = Town::new().await;
    let cut = || Reply::cut_after("Stew, with bread and ");
    town.model.script(std::iter::repeat_with(cut).take(10));
    let answered = town.asks("#general", "Pasko, what is for dinner?").await;
    assert!(answered.one().content.starts_with("Stew, with bread"), "{}", answered.one().content);
    let receipt = town.app().store.receipt(domain::MessageId(answered.one().id)).await.unwrap().unwrap();
    assert_eq!(receipt.character.as_str(), "pasko");
}

#[tokio::test]
async fn silence_is_waited_for_and_no_longer_than_configured() {
    for dialect in DIALECTS {
        let town = Town::build().dialect(dialect).setting("ACORE_MODEL_TIMEOUT_SECONDS", "1").start().await;
        let gate = Gate::new();
        let silent = || Reply::slow_first_token(&gate);
        town.model.script(std::iter::repeat_with(silent).take(10));
        let answered = town.asks("#general", "Pasko, what is for dinner?").await;
        assert_eq!(texts(&answered.posts), [APOLOGY]);
        assert_eq!(town.app().store.counts().await.unwrap().failed, 1);
        gate.open();
    }
}

#[tokio::test]
async fn an_empty_answer_is_asked_for_again() {
    let (_town, text) = seen(Dialect::OpenAi, [Reply::text("  "), Reply::text("Dumplings.")]).await;
    assert_eq!(text, "Dumplings.");
}

#[tokio::test]
async fn the_operator_reads_the_cause_and_nobody_reads_the_key() {
    let mut town = Town::build().setting("ACORE_MODEL_API_KEY", "sk-verysecret").open().await;
    let refusal = || Reply::status(401).saying("Incorrect API key provided: sk-verysecret");
    town.model.script([refusal()]);
    town.expect_bot();
    let mut acore = Acore::run(&town);
    town.bot_is_online().await;
    let apology = town.discord.next_message(PATIENCE, |post| post.author == "Pasko");
    town.alice().says("#general", "Pasko, what is for dinner?").await.unwrap();
    assert_eq!(apology.await.unwrap().content, APOLOGY);
    acore.signal("TERM");
    let ended = acore.ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("Incorrect API key provided"), "{}", ended.stderr);
    let secrets = ["sk-verysecret", &town.settings["DISCORD_TOKEN"], "what is for dinner"];
    for secret in secrets {
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
    assert_eq!(town.model.requests()[0].key(), Some("sk-verysecret"));
}

/// Lines of a channel, said long ago.
fn lines(channel: u64, number: u64, text: &str) -> Vec<Draft> {
    let line = |number| Draft {
        reach: Reach::Room { guild: Some(GuildId(1)), room: ChannelId(channel) },
        channel: Some(ChannelId(channel)),
        character: None,
        owner: Some(UserId(7)),
        about: None,
        who: "alice".into(),
        text: format!("{text} {number}").into(),
        at: Timestamp(1_790_000_000_000),
        until: None,
        position: channel * 1_000 + number,
        detail: Detail::Line,
        sources: vec![Source::Message(MessageId(channel * 1_000 + number))],
    };
    (0..number).map(line).collect()
}

#[tokio::test]
async fn what_the_model_refuses_to_learn_from_holds_nothing_up_and_is_not_asked_again_each_time() {
    let town = Town::new().await;
    town.model.reply_with(|asked| {
        let (task, text) = (asked.messages()[0].1.clone(), asked.last_message());
        match (text.contains("poison"), task.contains("notebook")) {
            (true, _) => Reply::status(400),
            (false, true) => Reply::text("{\"notes\": []}"),
            (false, false) => Reply::text("They talked about the sea."),
        }
    });
    let (app, store) = (town.app(), &town.app().store);
    store.add_items(&lines(11, 40, "poison")).await.unwrap();
    store.add_items(&lines(12, 10, "the sea")).await.unwrap();
    for _ in 0..3 {
        bot::learning::learn(app).await.unwrap();
        bot::learning::tell(app).await.unwrap();
    }
    let now = Timestamp(i64::MAX);
    for left in [store.unlearned(now, 1, 99).await.unwrap(), store.untold(0, now, 1, 99).await.unwrap()] {
        let channels: Vec<_> = left.iter().map(|batch| batch[0].draft.channel).collect();
        assert_eq!(channels, [Some(ChannelId(11))], "the other channel did not wait");
    }
    let asked = town.model.requests();
    let refused = asked.iter().filter(|asked| asked.last_message().contains("poison")).count();
    assert_eq!(refused, 3, "once to learn, with a schema and without one, and once to tell");
}
