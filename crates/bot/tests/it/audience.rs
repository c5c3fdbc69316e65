//! Who hears what is said where, as roles, exceptions and threads change; and servers that let the bot go.

use bot::jobs;
use domain::{
    ChannelId, CharacterId, GuildId, UserId,
    event::{ChannelKind, Place},
    rules::Percent,
};
use local_discord::{members::House, permissions::Permissions, world::channel_type};

use crate::town::{PATIENCE, Town};

/// Waits until something is so; nothing outside tells when it is.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let soon = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, soon).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

fn place(town: &Town, channel: u64, parent: Option<u64>) -> Place {
    Place {
        guild: Some(GuildId(town.guild())),
        channel: ChannelId(channel),
        parent: parent.map(ChannelId),
        kind: if parent.is_some() { ChannelKind::Thread } else { ChannelKind::Text },
    }
}

fn rooms(town: &Town, place: &Place) -> Vec<u64> {
    let ebba = CharacterId::new("ebba").unwrap();
    let audience = town.app().audiences.of(place, Some(UserId(town.alice().id())), &ebba);
    assert_eq!((audience.guild, audience.alone), (place.guild, None));
    audience.rooms.into_iter().map(ChannelId::get).collect()
}

/// Waits until a place is open to just these rooms.
async fn open(town: &Town, place: Place, wanted: &[u64]) {
    until(&format!("{place:?} is open to {wanted:?}"), async || rooms(town, &place) == wanted).await;
}

fn house(town: &Town) -> House {
    town.discord.house("Dryhithe").unwrap()
}

#[tokio::test]
async fn who_hears_follows_exceptions_roles_and_new_channels() {
    let town = Town::new().await;
    let (house, general, workshop) = (house(&town), town.channel("general"), town.channel("workshop"));
    let (here, there) = (place(&town, general, None), place(&town, workshop, None));
    open(&town, here, &[general, workshop]).await;
    house.makes_role("keepers", Permissions::NONE).unwrap();
    // The bot goes on seeing it, by a role of its own.
    house.shows("#workshop", "acore").unwrap();
    house.shows("#workshop", "keepers").unwrap();
    house.hides("#workshop", "@everyone").unwrap();
    open(&town, here, &[general]).await;
    open(&town, there, &[workshop, general]).await;
    let attic = house.makes_channel("attic", channel_type::TEXT).unwrap();
    house.hides("#attic", "bob").unwrap();
    open(&town, here, &[general]).await;
    open(&town, place(&town, attic, None), &[attic, general]).await;
    house.changes_role("keepers", Permissions::ADMINISTRATOR).unwrap();
    house.clears("#attic", "bob").unwrap();
    open(&town, here, &[general, attic]).await;
    house.clears("#workshop", "@everyone").unwrap();
    open(&town, here, &[general, workshop, attic]).await;
    let without_history = Permissions::DEFAULT_EVERYONE.without(Permissions::READ_MESSAGE_HISTORY);
    house.changes_role("@everyone", without_history).unwrap();
    open(&town, here, &[general]).await;
}

#[tokio::test]
async fn a_private_thread_is_a_room_of_its_own() {
    let town = Town::new().await;
    let (general, workshop) = (town.channel("general"), town.channel("workshop"));
    let public = town.alice().opens_thread("#general", "seeds").await.unwrap();
    let private = town.alice().opens_private_thread("#general", "surprise").await.unwrap();
    town.alice().adds_to_thread(private, "acore").await.unwrap();
    let inside = place(&town, private, Some(general));
    open(&town, inside, &[private, general, workshop]).await;
    let seeds = place(&town, public, Some(general));
    assert_eq!(rooms(&town, &seeds), [general, public, workshop]);
    let audiences = &town.app().audiences;
    assert_eq!((audiences.room_of(&seeds).get(), audiences.room_of(&inside).get()), (general, private));
}

#[tokio::test]
async fn a_channel_out_of_the_bots_sight_is_no_source_until_it_is_back() {
    let town = Town::new().await;
    let (house, general, workshop) = (house(&town), town.channel("general"), town.channel("workshop"));
    let here = place(&town, general, None);
    open(&town, here, &[general, workshop]).await;
    house.hides("#workshop", "acore").unwrap();
    open(&town, here, &[general]).await;
    house.clears("#workshop", "acore").unwrap();
    open(&town, here, &[general, workshop]).await;
}

const LEFT: &str = "left";

async fn since_when(town: &Town, guild: u64) -> Option<String> {
    town.app().store.setting(LEFT, &guild.to_string()).await.unwrap()
}

async fn forgets(town: &Town) {
    let job = jobs::all().into_iter().find(|job| job.name == "forgetting").unwrap();
    (job.run)(town.app()).await.unwrap();
}

async fn react(town: &Town, guild: u64) -> Percent {
    let place = Place { guild: Some(GuildId(guild)), ..place(town, 1, None) };
    town.app().rules.of(&place).await.unwrap().react
}

#[tokio::test]
async fn what_is_kept_of_a_server_goes_a_month_after_the_bot_was_thrown_out() {
    let town = Town::build().elsewhere().start().await;
    let house = town.discord.house("Elsewhere").unwrap();
    let (guild, scope) = (house.id(), bot::rules::Scope::Guild(GuildId(house.id())));
    town.app().rules.change(scope, |rules| rules.set("react", "10%")).await.unwrap();
    let usual = react(&town, 1).await;
    until("Elsewhere is known", async || town.app().audiences.knows(GuildId(guild))).await;
    house.throws_out("acore").unwrap();
    until("the leave is noted", async || since_when(&town, guild).await.is_some()).await;
    assert!(!town.app().audiences.knows(GuildId(guild)));
    forgets(&town).await;
    assert_eq!(react(&town, guild).await, Percent(10), "it was a moment ago");
    house.lets_in("acore").unwrap();
    until("the return is noted", async || since_when(&town, guild).await.is_none()).await;
    house.throws_out("acore").unwrap();
    until("the second leave is noted", async || since_when(&town, guild).await.is_some()).await;
    town.app().store.set_setting(LEFT, &guild.to_string(), Some("0")).await.unwrap();
    forgets(&town).await;
    assert_eq!((react(&town, guild).await, since_when(&town, guild).await), (usual, None));
    assert!(town.app().audiences.knows(GuildId(town.guild())), "the other server is untouched");
}

#[tokio::test]
async fn a_leave_while_nobody_listened_is_noticed_at_the_next_start() {
    let mut town = Town::build().elsewhere().start().await;
    let house = town.discord.house("Elsewhere").unwrap();
    until("Elsewhere is known", async || {
        town.app().store.setting("listening", &house.id().to_string()).await.unwrap().is_some()
    })
    .await;
    town.stop().await;
    house.throws_out("acore").unwrap();
    town.start().await;
    until("the leave is noted", async || since_when(&town, house.id()).await.is_some()).await;
    assert_eq!(since_when(&town, town.guild()).await, None);
}
