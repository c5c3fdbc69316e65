//! Sessions that outlive their sockets.

use std::time::Duration;

use local_discord::faults::Target;
use local_discord::gateway::{GatewayOptions, LogLimits};

use crate::gateway_rig::{ALL_INTENTS, quick, rig, rig_with};

#[tokio::test]
async fn a_resume_replays_what_was_missed_and_goes_on() {
    let rig = rig().await;
    let mut first = rig.ready("bot", ALL_INTENTS).await;
    rig.say("general", "seen");
    assert_eq!(first.contents(1).await, ["seen"]);
    let (session, seq) = (first.session.clone(), first.seq);
    rig.say("general", "sent, but lost on the way");
    rig.faults.drop_sockets(&Target::All);
    assert_eq!(first.close_code().await, None, "no close frame");
    rig.say("general", "said while away");

    let mut second = rig.resume("bot", &session, seq).await;
    assert_eq!(second.contents(2).await, ["sent, but lost on the way", "said while away"]);
    assert_eq!(second.seq, seq + 2);
    second.dispatch("RESUMED").await;
    assert_eq!(second.seq, seq + 2);
    rig.say("general", "back");
    assert_eq!(second.contents(1).await, ["back"]);
    assert_eq!(second.seq, seq + 3);
}

#[tokio::test]
async fn the_whole_session_can_be_replayed_from_its_start() {
    let rig = rig().await;
    let mut first = rig.ready("bot", ALL_INTENTS).await;
    rig.faults.drop_sockets(&Target::Session(first.session.clone()));
    assert_eq!(first.close_code().await, None);
    let mut second = rig.resume("bot", &first.session, 0).await;
    second.dispatch("READY").await;
    second.dispatch("GUILD_CREATE").await;
    second.dispatch("RESUMED").await;
}

#[tokio::test]
async fn sessions_end_with_the_codes_that_say_so() {
    let rig = rig().await;
    for (code, resumable) in [(1000, false), (1001, false), (4000, true), (3000, true)] {
        let mut client = rig.ready("bot", 1).await;
        client.leave(code).await;
        let mut again = rig.resume("bot", &client.session, client.seq).await;
        if resumable {
            again.until("RESUMED").await;
        } else {
            assert_eq!(again.expect_op(9).await, false, "{code}");
        }
    }
}

#[tokio::test]
async fn strange_sessions_and_numbers_are_refused() {
    let rig = rig().await;
    let client = rig.ready("bot", 1).await;
    let mut stranger = rig.resume("bot", "nonsense", 1).await;
    assert_eq!(stranger.expect_op(9).await, false);
    let mut other_bot = rig.resume("plain", &client.session, 1).await;
    assert_eq!(other_bot.expect_op(9).await, false);
    let mut future = rig.resume("bot", &client.session, 1_000).await;
    assert_eq!(future.close_code().await, Some(4007));
    // After a refused RESUME the same socket may identify.
    stranger.identify(&rig.token("bot"), 1).await;
    stranger.dispatch("READY").await;
}

#[tokio::test]
async fn a_second_socket_takes_the_session_over() {
    let rig = rig().await;
    let mut first = rig.ready("bot", 1).await;
    let mut second = rig.resume("bot", &first.session, first.seq).await;
    second.dispatch("RESUMED").await;
    assert_eq!(first.close_code().await, Some(4000));
    second.heartbeat().await;
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_resume() {
    let rig = rig_with(GatewayOptions { resume_window: Duration::from_millis(20), ..quick() }).await;
    let mut watcher = rig.ready("bot", 1 | 1 << 8).await;
    let mut client = rig.ready("plain", 1).await;
    client.leave(4000).await;
    // The bot goes offline when its session does.
    while watcher.until("PRESENCE_UPDATE").await["status"] != "offline" {}
    let mut late = rig.resume("plain", &client.session, client.seq).await;
    assert_eq!(late.expect_op(9).await, false);
}

#[tokio::test]
async fn the_replay_is_bounded() {
    let log = LogLimits { replay: 3, backlog: 100 };
    let rig = rig_with(GatewayOptions { log, ..quick() }).await;
    let mut client = rig.ready("bot", ALL_INTENTS).await;
    for number in 0..10 {
        rig.say("general", &number.to_string());
        client.contents(1).await;
    }
    client.leave(4000).await;
    let mut late = rig.resume("bot", &client.session, client.seq - 5).await;
    assert_eq!(late.expect_op(9).await, false);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let log = LogLimits { replay: 10, backlog: 200 };
    let rig = rig_with(GatewayOptions { log, ..quick() }).await;
    let client = rig.ready("bot", ALL_INTENTS).await;
    // It keeps its socket but never reads: buffers fill, then the backlog, then the server lets go.
    let text = "x".repeat(2_000);
    while rig.faults.sockets().1 > 0 {
        rig.say("general", &text);
        tokio::task::yield_now().await;
    }
    drop(client);
}
