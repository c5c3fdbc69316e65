//! Discord that fails: connections, requests, webhooks and permissions.

use std::time::Duration;

use local_discord::{
    faults::{RateLimitScope, RestFault, Target},
    members::Post,
    permissions::{Overwrite, OverwriteKind, Permissions},
};
use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

/// Bob asks while something is wrong; whoever answers in the end.
async fn answered_once(town: &Town, break_it: impl FnOnce()) -> Post {
    let mut endings = town.endings();
    break_it();
    let question = town.bob().says("#general", "Osbert, are you well?").await.unwrap();
    endings.of(question.id).await;
    let [answer] =
        town.said_after(&question).try_into().unwrap_or_else(|all: Vec<Post>| panic!("{:#?}", texts(&all)));
    assert_eq!(answer.author, "Osbert");
    answer
}

/// A town in which Osbert has spoken once, so that everything is set up.
async fn acquainted() -> Town {
    let town = Town::new().await;
    town.asks("#general", "Osbert, good day").await.one();
    town
}

#[tokio::test]
async fn a_question_is_answered_once_whatever_happens_to_the_socket() {
    let town = acquainted().await;
    let faults = town.discord.faults();
    answered_once(&town, || assert_eq!(faults.drop_sockets(&Target::All), 1)).await;
    answered_once(&town, || assert_eq!(faults.reconnect(&Target::All), 1)).await;
    answered_once(&town, || assert_eq!(faults.close_sockets(&Target::All, 4_000), 1)).await;
    assert_eq!(town.model.requests_seen(), 4);
}

#[tokio::test]
async fn what_is_said_while_a_session_is_lost_for_good_is_not_missed() {
    let town = acquainted().await;
    let faults = town.discord.faults();
    answered_once(&town, || assert_eq!(faults.invalidate_session(&Target::All, false), 1)).await;
    answered_once(&town, || {
        faults.forget_sessions();
        faults.drop_sockets(&Target::All);
    })
    .await;
    // Also in a channel where nobody has spoken before.
    let mut endings = town.endings();
    faults.invalidate_session(&Target::All, false);
    let question = town.bob().says("#workshop", "Altaz, report!").await.unwrap();
    endings.of(question.id).await;
    assert_eq!(town.said_after(&question).len(), 1);
}

#[tokio::test]
async fn a_socket_that_drops_in_mid_answer_changes_nothing() {
    let town = acquainted().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("I was about to say ", &gate, "that I am well.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.content.contains("about to say"));
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Osbert, are you well?").await.unwrap();
    shown.await.unwrap();
    town.discord.faults().drop_sockets(&Target::All);
    gate.open();
    endings.of(question.id).await;
    assert_eq!(texts(&town.said_after(&question)), ["I was about to say that I am well."]);
}

#[tokio::test]
async fn dispatches_that_come_twice_are_answered_once() {
    let town = acquainted().await;
    for _ in 0..3 {
        answered_once(&town, || town.discord.faults().duplicate_dispatches(Some("MESSAGE_CREATE"), 2)).await;
    }
    assert_eq!(town.model.requests_seen(), 4);
}

#[tokio::test]
async fn a_post_that_fails_or_whose_fate_is_unknown_is_made_exactly_once() {
    let town = acquainted().await;
    let faults = town.discord.faults();
    for fault in [RestFault::DropAfter, RestFault::DropBefore, RestFault::Status(500), RestFault::Status(503)]
    {
        answered_once(&town, || faults.fail_requests("POST", "/webhooks/*/*", 1, fault.clone())).await;
    }
    // The same words again, while an older message that says just that stands in the channel.
    answered_once(&town, || faults.fail_requests("POST", "/webhooks/*/*", 2, RestFault::DropAfter)).await;
    assert_eq!(town.app().store.counts().await.unwrap().answered, 6);
}

#[tokio::test]
async fn posts_of_the_bot_account_are_made_exactly_once_too() {
    let town = Town::build().permissions(Permissions::NONE).start().await;
    for fault in [RestFault::DropAfter, RestFault::Status(502)] {
        town.discord.faults().fail_requests("POST", "/channels/*/messages", 1, fault);
        let answered = town.asks("#general", "Osbert, are you well?").await;
        assert_eq!(answered.one().content, "**Osbert**: Hello from the scripted model.");
    }
}

#[tokio::test]
async fn rate_limits_are_waited_out() {
    let town = acquainted().await;
    let faults = town.discord.faults();
    let retry_after = Duration::from_millis(600);
    for scope in
        [RateLimitScope::User, RateLimitScope::Global, RateLimitScope::Shared, RateLimitScope::Cloudflare]
    {
        let before = town.requests("POST", "/webhooks/").len();
        let limited = RestFault::RateLimited { scope, retry_after };
        answered_once(&town, || faults.fail_requests("POST", "/webhooks/*/*", 2, limited)).await;
        assert_eq!(town.requests("POST", "/webhooks/").len(), before + 1, "{scope:?}");
    }
}

#[tokio::test]
async fn edits_that_fail_do_not_keep_the_answer_from_becoming_whole() {
    let town = acquainted().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("I was about to say ", &gate, "that I am well.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.content.contains("about to say"));
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Osbert, are you well?").await.unwrap();
    shown.await.unwrap();
    town.discord.faults().fail_requests("PATCH", "/webhooks/**", 2, RestFault::Status(503));
    gate.open();
    endings.of(question.id).await;
    assert_eq!(texts(&town.said_after(&question)), ["I was about to say that I am well."]);
}

#[tokio::test]
async fn a_webhook_that_somebody_deletes_is_made_again() {
    let town = acquainted().await;
    let before = answered_once(&town, || {}).await;
    let hook = before.json["webhook_id"].as_str().unwrap().parse().unwrap();
    town.discord.world().with(|core| core.remove_webhook(hook));
    let after = answered_once(&town, || {}).await;
    assert_ne!(before.json["webhook_id"], after.json["webhook_id"]);
    assert!(after.json["author"]["avatar"].is_string());
}

#[tokio::test]
async fn a_webhook_that_is_deleted_while_it_speaks_costs_no_word() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("The tide ", &gate, "turns at noon.")]);
    let mut watch = town.discord.watch();
    let mut endings = town.endings();
    let question = town.alice().says("#general", "Ebba, when is high tide?").await.unwrap();
    let half = watch.message(PATIENCE, |post| post.author == "Ebba").await.unwrap();
    let hook = half.json["webhook_id"].as_str().unwrap().parse().unwrap();
    town.discord.world().with(|core| core.remove_webhook(hook));
    gate.open();
    endings.of(question.id).await;
    let said = town.said_after(&question);
    let whole: Vec<_> = said.iter().filter(|post| post.content == "The tide turns at noon.").collect();
    assert_eq!(whole.len(), 1, "{said:#?}");
    assert!(said.len() <= 2, "{said:#?}");
    assert_eq!(town.asks("#general", "Ebba, thank you").await.one().author, "Ebba");
}

#[tokio::test]
async fn without_the_right_to_webhooks_characters_speak_through_the_bot() {
    let town = Town::new().await;
    let channel = town.channel("general");
    let overwrite =
        |deny| Overwrite { id: town.bot(), kind: OverwriteKind::Member, allow: Permissions::NONE, deny };
    let olga = town.seeded.users["olga"];
    let deny = |what| {
        town.discord.world().with(|core| core.put_overwrite(olga, channel, overwrite(what))).unwrap();
    };
    deny(Permissions::MANAGE_WEBHOOKS);
    let answered = town.asks("#general", "Osbert, are you well?").await;
    assert_eq!(answered.one().content, "**Osbert**: Hello from the scripted model.");
    assert_eq!(answered.one().author_id, town.bot());

    // A reply to that message still reaches its character.
    let mut endings = town.endings();
    let question = town.alice().replies(answered.one(), "glad to hear it").await.unwrap();
    endings.of(question.id).await;
    assert!(texts(&town.said_after(&question))[0].starts_with("**Osbert**: "));
}

#[tokio::test]
async fn where_the_bot_may_not_speak_it_is_silent_and_the_operator_can_know() {
    let town = Town::new().await;
    let channel = town.channel("general");
    let deny = Permissions::MANAGE_WEBHOOKS | Permissions::SEND_MESSAGES;
    let overwrite = Overwrite { id: town.bot(), kind: OverwriteKind::Member, allow: Permissions::NONE, deny };
    let olga = town.seeded.users["olga"];
    town.discord.world().with(|core| core.put_overwrite(olga, channel, overwrite)).unwrap();
    assert!(town.asks("#general", "Osbert, are you well?").await.posts.is_empty());
    assert_eq!(town.app().store.counts().await.unwrap().failed, 1);
    // Elsewhere it goes on.
    town.asks("#workshop", "Osbert, are you well?").await.one();
}
