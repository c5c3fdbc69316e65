//! The strictest of the strangers' clients: twilight, with zstd.

use std::time::Duration;

use local_discord::faults::Target;
use twilight_gateway::{ConfigBuilder, Event, EventTypeFlags, Intents, Shard, ShardId, StreamExt as _};

use crate::gateway_rig::{Rig, rig};

pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn shard(rig: &Rig) -> Shard {
    let config = ConfigBuilder::new(rig.token("bot"), Intents::all())
        .proxy_url(format!("ws://{}", rig.address))
        .build();
    Shard::with_config(ShardId::ONE, config)
}

/// The next event that `pick` wants. Everything on the way must parse.
pub async fn until<T>(shard: &mut Shard, pick: impl Fn(Event) -> Option<T>) -> T {
    let read = async {
        loop {
            let event = shard.next_event(EventTypeFlags::all()).await.expect("no end").expect("parses");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("in time")
}

fn message(event: Event) -> Option<String> {
    if let Event::MessageCreate(message) = event { Some(message.content.clone()) } else { None }
}

#[tokio::test]
async fn twilight_identifies_reads_everything_and_resumes() {
    let rig = rig().await;
    let mut shard = shard(&rig);
    let ready = until(&mut shard, |e| if let Event::Ready(ready) = e { Some(ready) } else { None }).await;
    assert_eq!(ready.user.name, "bot");
    let guild =
        until(&mut shard, |e| if let Event::GuildCreate(guild) = e { Some(guild) } else { None }).await;
    assert_eq!(guild.id().get(), rig.guild());

    let alice = rig.seeded.users["alice"];
    let general = rig.seeded.channels["general"];
    rig.world.with(|core| core.start_typing(alice, general)).expect("types");
    rig.say("general", "grüße, 世界");
    until(&mut shard, |e| matches!(e, Event::TypingStart(_)).then_some(())).await;
    assert_eq!(until(&mut shard, message).await, "grüße, 世界");

    // A cut line: twilight resumes by itself and reads what it missed.
    rig.faults.drop_sockets(&Target::All);
    rig.say("general", "while you were away");
    assert_eq!(until(&mut shard, message).await, "while you were away");
    until(&mut shard, |e| matches!(e, Event::Resumed).then_some(())).await;
    assert_eq!(rig.gateway.session_start_limit(rig.application("bot")).remaining, 999, "one identify only");

    // RECONNECT on demand: the same.
    rig.faults.reconnect(&Target::All);
    until(&mut shard, |e| matches!(e, Event::Resumed).then_some(())).await;

    // A session that was forgotten: a new one.
    rig.faults.forget_sessions();
    rig.faults.drop_sockets(&Target::All);
    until(&mut shard, |e| matches!(e, Event::Ready(_)).then_some(())).await;
}

#[tokio::test]
async fn many_messages_arrive_in_order_through_one_zstd_stream() {
    let rig = rig().await;
    let mut shard = shard(&rig);
    until(&mut shard, |e| matches!(e, Event::GuildCreate(_)).then_some(())).await;
    for number in 0..2_000 {
        rig.say("general", &number.to_string());
    }
    for number in 0..2_000 {
        assert_eq!(until(&mut shard, message).await, number.to_string());
    }
}
