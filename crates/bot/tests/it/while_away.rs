//! What is deleted or edited while the bot is away, and channels that are no more.

use domain::{ChannelId, MessageId, Timestamp, memory::Source};
use local_discord::{
    members::{House, Post},
    permissions::Permissions,
};
use testkit::{Gate, Reply};

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

fn house(town: &Town) -> House {
    town.discord.house("Dryhithe").unwrap()
}

/// What the bot knows to have been said in a channel, oldest first.
async fn lines(town: &Town, channel: u64) -> Vec<String> {
    let scene = town.app().store.scene(ChannelId(channel), None, 100, None).await.unwrap();
    scene.history.into_iter().map(|line| line.text.into_raw()).collect()
}

/// Waits until the memory has looked at everything that was said.
async fn remembered(town: &Town) {
    until("all is remembered", async || town.app().store.unremembered(1).await.unwrap().is_empty()).await;
}

/// What is remembered of a message, in words.
async fn memory_of(town: &Town, message: u64) -> Vec<String> {
    let items = town.app().store.made_of(Source::Message(MessageId(message))).await.unwrap();
    items.into_iter().map(|item| item.draft.text.into_raw()).collect()
}

/// Somebody says something that nobody answers.
async fn mentions(town: &Town, place: &str, text: &str) -> Post {
    let mut endings = town.endings();
    let post = town.bob().says(place, text).await.unwrap();
    endings.of(post.id).await;
    post
}

/// Whether any file of the bot's holds these words.
fn holds(town: &Town, words: &str) -> bool {
    let files = std::fs::read_dir(town.data.path().join("data")).unwrap();
    files.map(|file| file.unwrap().path()).filter(|path| path.is_file()).any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

#[tokio::test]
async fn what_was_deleted_or_edited_while_nobody_listened_is_forgotten_and_changed() {
    let mut town = Town::new().await;
    let (general, workshop) = (town.channel("general"), town.channel("workshop"));
    town.model.script([Reply::text("A fine boat."), Reply::text("At noon."), Reply::text("Soup.")]);
    let boat = town.asks("#general", "Ebba, my boat is the Quiet Heron").await;
    let tide = town.asks("#general", "Ebba, when is high tide?").await;
    let meeting = mentions(&town, "#general", "we meet at the old mill").await;
    let mut endings = town.endings();
    let alice = town.alice().at("#general");
    let dinner = alice.runs("/chat", [("message", "what is for dinner?"), ("character", "pasko")]).await;
    let dinner = dinner.unwrap().id();
    endings.of(dinner).await;
    let elsewhere = mentions(&town, "#workshop", "the lathe is oiled").await;
    remembered(&town).await;
    assert_eq!(memory_of(&town, boat.question.id).await, ["Ebba, my boat is the Quiet Heron"]);
    assert_eq!(memory_of(&town, meeting.id).await, ["we meet at the old mill"]);
    town.stop().await;

    town.alice().deletes(&boat.question).await.unwrap();
    town.discord.member("olga").deletes(tide.one()).await.unwrap();
    town.bob().edits(&meeting, "we meet at the quay").await.unwrap();
    town.start().await;
    let left =
        ["A fine boat.", "Ebba, when is high tide?", "we meet at the quay", "what is for dinner?", "Soup."];
    until("all of it is known", async || lines(&town, general).await == left).await;
    remembered(&town).await;
    assert_eq!(memory_of(&town, boat.question.id).await, [""; 0]);
    assert_eq!(memory_of(&town, meeting.id).await, ["we meet at the quay"]);
    assert_eq!(memory_of(&town, dinner).await, ["what is for dinner?"]);
    assert_eq!(town.app().store.receipt(MessageId(tide.one().id)).await.unwrap(), None);

    // Once more, and something in the channel that is looked at after it.
    town.stop().await;
    assert!(!holds(&town, "Quiet Heron") && !holds(&town, "old mill"), "not a byte");
    town.bob().deletes(&elsewhere).await.unwrap();
    town.start().await;
    until("the other channel is known", async || lines(&town, workshop).await.is_empty()).await;
    assert_eq!(lines(&town, general).await, left);
}

#[tokio::test]
async fn a_question_that_was_deleted_meanwhile_takes_its_half_answer_with_it() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("The tide ", &gate, "turns at noon."), Reply::text("By the bell.")]);
    let half = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let deleted = town.bob().says("#general", "Ebba, when is high tide?").await.unwrap();
    half.await.unwrap();
    town.breaks_off().await;
    town.bob().deletes(&deleted).await.unwrap();
    town.start().await;
    let empty =
        |state: &local_discord::world::State| state.messages[&deleted.channel_id].is_empty().then_some(());
    town.discord.until(PATIENCE, empty).await.unwrap();
    town.rests().await;
    assert_eq!(town.model.requests_seen(), 1, "nobody is asked again");
    assert_eq!(lines(&town, deleted.channel_id).await, [""; 0]);
    gate.open();
}

#[tokio::test]
async fn a_question_that_was_edited_meanwhile_is_answered_as_it_stands() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("By the bell.")]);
    let question = town.bob().says("#general", "Ebba, where is the flange?").await.unwrap();
    gate.reached().await;
    town.breaks_off().await;
    town.bob().edits(&question, "Ebba, where is the gasket?").await.unwrap();
    let answer = town.discord.next_message(PATIENCE, |post| post.content == "By the bell.");
    town.start().await;
    answer.await.unwrap();
    let asked = town.model.requests().pop().unwrap().json().to_string();
    assert!(asked.contains("gasket") && !asked.contains("flange"), "{asked}");
    gate.open();
}

#[tokio::test]
async fn a_channel_that_was_deleted_is_forgotten_with_its_threads() {
    let channels = ["attic", "cellar"].map(str::to_owned);
    let mut town = Town::build().channels(channels).start().await;
    let [attic, cellar, general] = ["attic", "cellar", "general"].map(|name| town.channel(name));
    let kept = mentions(&town, "#general", "the kettle is on").await;
    let root = mentions(&town, "#attic", "a trunk of letters").await;
    mentions(&town, "#cellar", "a cask of plum wine").await;
    let thread = town.bob().opens_thread_on(&root, "letters").await.unwrap();
    let mut endings = town.endings();
    let below = town.bob().says(thread, "they are all from Piet").await.unwrap();
    endings.of(below.id).await;
    remembered(&town).await;
    let known = async |town: &Town| {
        let cursors = town.app().store.cursors().await.unwrap();
        cursors.into_iter().map(|(place, _)| place.channel.get()).collect::<Vec<_>>()
    };
    assert_eq!(known(&town).await.len(), 4);

    // In sight.
    house(&town).deletes_channel("#cellar").unwrap();
    until("the cellar is forgotten", async || !known(&town).await.contains(&cellar)).await;
    assert_eq!(lines(&town, cellar).await, [""; 0]);
    assert_eq!(lines(&town, attic).await, ["a trunk of letters"]);

    // And out of sight.
    town.stop().await;
    house(&town).deletes_channel("#attic").unwrap();
    town.start().await;
    until("the attic is forgotten", async || known(&town).await == [general]).await;
    for (channel, message) in [(attic, root.id), (thread, below.id)] {
        assert_eq!(lines(&town, channel).await, [""; 0]);
        assert_eq!(memory_of(&town, message).await, [""; 0]);
    }
    assert_eq!(lines(&town, general).await, ["the kettle is on"]);
    assert_eq!(memory_of(&town, kept.id).await, ["the kettle is on"]);
    town.stop().await;
    for words in ["plum wine", "trunk of letters", "from Piet"] {
        assert!(!holds(&town, words), "{words}");
    }
}

#[tokio::test]
async fn nothing_is_concluded_from_what_may_not_be_read() {
    let mut town = Town::new().await;
    let (general, workshop) = (town.channel("general"), town.channel("workshop"));
    let oiled = mentions(&town, "#workshop", "the lathe is oiled").await;
    mentions(&town, "#general", "the kettle is on").await;
    town.stop().await;
    let history = Permissions::READ_MESSAGE_HISTORY;
    house(&town).excepts("#general", "acore", Permissions::NONE, history).unwrap();
    town.bob().deletes(&oiled).await.unwrap();
    town.start().await;
    // The channel in which something was said last comes first.
    until("the other channel is known", async || lines(&town, workshop).await.is_empty()).await;
    assert_eq!(lines(&town, general).await, ["the kettle is on"]);
    town.stop().await;
    house(&town).hides("#general", "acore").unwrap();
    let oiled = town.bob().says("#workshop", "the lathe squeaks").await.unwrap();
    town.start().await;
    until("it was heard", async || lines(&town, workshop).await == ["the lathe squeaks"]).await;
    town.stop().await;
    town.bob().deletes(&oiled).await.unwrap();
    town.start().await;
    until("it is forgotten", async || lines(&town, workshop).await.is_empty()).await;
    assert_eq!(lines(&town, general).await, ["the kettle is on"], "out of sight is not gone");
    assert!(town.app().started_at > Timestamp(0));
}
