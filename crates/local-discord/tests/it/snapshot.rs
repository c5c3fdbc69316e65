//! The snapshot file: what was said is there after a restart, and a broken file stops nobody.

use local_discord::clock::Clock;
use local_discord::world::{BotSeed, GuildSeed, World, WorldBuilder, channel_type};
use local_discord::{Loaded, LocalDiscord, Options, StartError};

fn seed() -> World {
    let guild = GuildSeed::new("home").member("you").channel("general", channel_type::TEXT);
    WorldBuilder::new().bot(BotSeed::new("acore")).guild(guild).build(Clock::system()).0
}

async fn start(file: &std::path::Path) -> LocalDiscord {
    LocalDiscord::start(Options::new(seed()).snapshot(Some(file.to_owned()))).await.expect("a server")
}

#[tokio::test]
async fn the_world_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/world.json");
    let first = start(&file).await;
    assert_eq!(*first.loaded(), Loaded::Fresh);
    let bot = first.bot("acore").unwrap();
    let said = first.member("you").says("#general", "remember me").await.unwrap();
    first.member("you").sends_file("#general", "", "a.bin", vec![0_u8, 255, 7]).await.unwrap();
    first.shutdown().await;

    let second = start(&file).await;
    assert_eq!(*second.loaded(), Loaded::Restored);
    assert_eq!(second.bot("acore").unwrap(), bot, "the token still works");
    let seen = second.channel("#general").unwrap().messages();
    assert_eq!((seen[0].id, seen[0].content.as_str()), (said.id, "remember me"));
    let url = seen[1].json["attachments"][0]["url"].as_str().unwrap();
    assert!(url.starts_with(&second.base()), "{url} is served at the new address");
    let next = second.member("you").says("#general", "still here").await.unwrap();
    assert!(next.id > seen[1].id, "ids go on");
}

#[tokio::test]
async fn changes_are_saved_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let local = start(&file).await;
    local.member("you").says("#general", "soon on disk").await.unwrap();
    local.saved().await;
    assert!(std::fs::read_to_string(&file).unwrap().contains("soon on disk"));
}

#[tokio::test]
async fn a_second_server_does_not_touch_the_file_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let first = start(&file).await;
    first.member("you").says("#general", "mine").await.unwrap();
    first.saved().await;
    let second = LocalDiscord::start(Options::new(seed()).snapshot(Some(file.clone()))).await;
    assert!(matches!(second, Err(StartError::SnapshotInUse { path }) if path == file));
    assert!(std::fs::read_to_string(&file).unwrap().contains("mine"));
    first.shutdown().await;
    assert_eq!(*start(&file).await.loaded(), Loaded::Restored);
}

#[tokio::test]
async fn a_broken_file_is_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    std::fs::write(&file, r#"{"ids": {"last": 5}, "cut of"#).unwrap();
    let local = start(&file).await;
    let Loaded::Broken { kept, why } = local.loaded().clone() else { panic!("{:?}", local.loaded()) };
    assert_eq!(kept, folder.path().join("world.json.broken"));
    assert!(std::fs::read_to_string(&kept).unwrap().ends_with("cut of"));
    assert!(why.contains("EOF"), "{why}");
    local.member("you").says("#general", "fresh").await.unwrap();
    local.shutdown().await;
    assert_eq!(*start(&file).await.loaded(), Loaded::Restored);
}
