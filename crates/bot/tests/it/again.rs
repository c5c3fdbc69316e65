//! Other words in the place of an answer: said anew, chosen from those that there were, gone on from.

use local_discord::{
    members::{Member, Post},
    world::NewFile,
};
use testkit::{Asked, Gate, Reply};

use crate::town::{PATIENCE, Town, texts};

/// What the caller alone is told.
async fn told(member: &Member, command: &str, post: &Post) -> Post {
    let running = member.runs_on_message(command, post).await.unwrap();
    let told = running.message(PATIENCE).await.unwrap();
    assert!(told.ephemeral);
    told
}

fn title(panel: &Post) -> &str {
    panel.json["embeds"][0]["title"].as_str().unwrap_or_else(|| panic!("a panel, not {:?}", panel.content))
}

/// Presses a button of a panel and waits until it has this title.
async fn presses(town: &Town, member: &Member, panel: &Post, button: &str, becomes: &str) {
    let pressed = member.presses_labelled(panel, button).await.unwrap();
    let changed = |state: &local_discord::world::State| {
        let now = state.messages[&panel.channel_id].get(&panel.id)?;
        (now.embeds.first()?["title"] == becomes).then_some(())
    };
    town.discord
        .until(PATIENCE, changed)
        .await
        .unwrap_or_else(|error| panic!("{error}: {:#?} instead of {becomes}", pressed.messages()));
}

fn says(asked: &Asked, text: &str) -> bool {
    asked.messages().iter().any(|(_, content)| content.contains(text))
}

fn now(town: &Town, post: &Post) -> Option<String> {
    town.discord.look(post).map(|post| post.content)
}

#[tokio::test]
async fn another_answer_takes_the_place_of_the_first_and_only_that_one_was_said() {
    let town = Town::new().await;
    town.model.script(["Rising.", "Falling.", "Indeed."].map(Reply::text));
    let answered = town.asks("#general", "Ebba, how is the tide?").await;
    let answer = answered.one().clone();
    town.bob().says("#general", "nobody asked me").await.unwrap();

    let panel = told(&town.alice(), "Regenerate", &answer).await;
    assert_eq!(title(&panel), "Ebba: 2 of 2");
    assert_eq!(panel.json["embeds"][0]["description"], "Falling.");
    assert_eq!(now(&town, &answer).as_deref(), Some("Falling."));
    assert_eq!(town.said_after(&answered.question).len(), 1, "the same message");

    // The same question, as it was asked then, but with other dice.
    let asked = town.model.requests();
    assert!(says(&asked[1], "how is the tide?") && !says(&asked[1], "Rising."), "{:#?}", asked[1].messages());
    assert!(!says(&asked[1], "nobody asked me"));
    assert_ne!(asked[0].json()["seed"], asked[1].json()["seed"]);

    town.asks("#general", "Ebba, are you sure?").await;
    let asked = town.model.requests();
    assert!(says(&asked[2], "Falling.") && !says(&asked[2], "Rising."), "{:#?}", asked[2].messages());
    let counts = town.app().store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.pending), (2, 0));
}

#[tokio::test]
async fn earlier_answers_are_walked_through_and_stand_in_the_channel_at_once() {
    let mut town = Town::new().await;
    town.model.script(["One.", "Two.", "Three.", "Four."].map(Reply::text));
    let answer = town.asks("#general", "Ebba, count!").await.one().clone();
    let alice = town.alice().at("#general");
    let panel = told(&alice, "Alternatives", &answer).await;
    assert_eq!(title(&panel), "Ebba: 1 of 1");
    assert!(panel.buttons()[0].disabled && panel.buttons()[1].disabled && !panel.buttons()[2].disabled);
    presses(&town, &alice, &panel, "🔁", "Ebba: 2 of 2").await;
    presses(&town, &alice, &panel, "🔁", "Ebba: 3 of 3").await;
    presses(&town, &alice, &panel, "◀️", "Ebba: 2 of 3").await;
    assert_eq!(now(&town, &answer).as_deref(), Some("Two."));
    presses(&town, &alice, &panel, "◀️", "Ebba: 1 of 3").await;
    assert_eq!(now(&town, &answer).as_deref(), Some("One."));
    presses(&town, &alice, &panel, "▶️", "Ebba: 2 of 3").await;

    // What was chosen is what was said, also after a restart; and what comes then is the newest.
    town.stop().await;
    town.start().await;
    town.asks("#general", "Ebba, and on?").await;
    let asked = town.model.requests().pop().unwrap();
    assert!(
        says(&asked, "Two.") && !says(&asked, "Three.") && !says(&asked, "One."),
        "{:#?}",
        asked.messages()
    );
    let panel = told(&town.alice(), "Regenerate", &answer).await;
    assert_eq!(title(&panel), "Ebba: 4 of 4");
    assert_eq!(town.said_after(&answer).len(), 1);
}

#[tokio::test]
async fn the_character_goes_on_in_a_further_message() {
    let town = Town::new().await;
    town.model
        .script(["Once there was a heron", "that could not swim.", "that could not fly."].map(Reply::text));
    let answer = town.asks("#general", "Ebba, tell me a story").await.one().clone();
    let more = town.discord.next_message(PATIENCE, |post| post.author == "Ebba");
    let said = told(&town.alice(), "Continue", &answer).await;
    assert_eq!(said.content, "Ebba goes on.");
    let more = more.await.unwrap();
    assert_eq!(more.content, "that could not swim.");
    let asked = town.model.requests().pop().unwrap();
    assert!(says(&asked, "Once there was a heron"), "{:#?}", asked.messages());
    assert_eq!(now(&town, &answer).as_deref(), Some("Once there was a heron"));

    // Who asked for the story may have its end changed; what was said there before is not known any more.
    let panel = loop {
        // The post is seen a moment before its turn is over.
        let panel = told(&town.alice(), "Regenerate", &more).await;
        if !panel.json["embeds"].as_array().unwrap().is_empty() {
            break panel;
        }
    };
    assert_eq!(title(&panel), "Ebba: 2 of 2");
    assert_eq!(now(&town, &more).as_deref(), Some("that could not fly."));
    let asked = town.model.requests().pop().unwrap();
    assert!(
        says(&asked, "Once there was a heron") && !says(&asked, "that could not swim"),
        "{:#?}",
        asked.messages()
    );
}

#[tokio::test]
async fn only_who_asked_or_looks_after_the_channel_may_and_in_a_direct_message_anybody() {
    let town = Town::new().await;
    let answer = town.asks("#general", "Ebba, how is the tide?").await.one().clone();
    for command in ["Regenerate", "Alternatives", "Continue"] {
        let refused = told(&town.bob(), command, &answer).await;
        assert!(refused.content.contains("Only who asked"), "{}", refused.content);
    }
    // Discord does not show him her panel; should he press its buttons all the same, nothing happens.
    let panel = told(&town.alice(), "Alternatives", &answer).await;
    if let Ok(pressed) = town.bob().presses_labelled(&panel, "🔁").await {
        let refused = pressed.message(PATIENCE).await.unwrap();
        assert!(refused.content.contains("Only who asked"), "{}", refused.content);
    }
    assert_eq!(town.model.requests_seen(), 1);
    let panel = told(&town.discord.member("olga"), "Regenerate", &answer).await;
    assert_eq!(title(&panel), "Ebba: 2 of 2");

    let mut endings = town.endings();
    let question = town.alice().dm("acore", "Ebba, between us").await.unwrap();
    endings.of(question.id).await;
    let answer = town.said_after(&question).pop().unwrap();
    town.model.script([Reply::text("Not a word.")]);
    assert_eq!(title(&told(&town.alice(), "Regenerate", &answer).await), "Ebba: 2 of 2");
    assert!(now(&town, &answer).unwrap().contains("Not a word."));
}

#[tokio::test]
async fn what_was_never_an_answer_and_what_answers_something_deleted_is_not_said_anew() {
    let town = Town::new().await;
    town.model.script(["Rising.", "Falling."].map(Reply::text));
    let answered = town.asks("#general", "Ebba, how is the tide?").await;
    let answer = answered.one().clone();
    told(&town.alice(), "Regenerate", &answer).await;
    let refused = told(&town.alice(), "Regenerate", &answered.question).await;
    assert!(refused.content.contains("no character's answer"), "{}", refused.content);

    town.alice().deletes(&answered.question).await.unwrap();
    // A later turn: the channel has worked on the deletion then.
    town.asks("#general", "Imke?").await;
    let olga = town.discord.member("olga");
    let refused = told(&olga, "Regenerate", &answer).await;
    assert!(refused.content.contains("cannot find any more what that answered"), "{}", refused.content);
    assert_eq!(now(&town, &answer).as_deref(), Some("Falling."));
    // What there was can still be chosen from.
    let panel = told(&olga, "Alternatives", &answer).await;
    presses(&town, &olga, &panel, "◀️", "Ebba: 1 of 2").await;
    assert_eq!(now(&town, &answer).as_deref(), Some("Rising."));
    assert_eq!(town.model.requests_seen(), 3);
}

#[tokio::test]
async fn an_apology_never_takes_the_place_of_an_answer() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([
        Reply::text("Rising."),
        Reply::status(401),
        Reply::paused("Falling, and ", &gate, "so"),
        Reply::status(401),
    ]);
    let answer = town.asks("#general", "Ebba, how is the tide?").await.one().clone();
    let panel = told(&town.alice(), "Regenerate", &answer).await;
    assert_eq!(
        (title(&panel), &*panel.content),
        ("Ebba: 1 of 1", "No other answer came this time; the one before stays.")
    );
    assert_eq!(now(&town, &answer).as_deref(), Some("Rising."));

    // Half of it stands there already, then the program is told to end at once and the model is of no use any more.
    let mut town = town;
    let half = |state: &local_discord::world::State| {
        let now = &state.messages[&answer.channel_id][&answer.id];
        now.content.starts_with("Falling").then_some(())
    };
    town.alice().runs_on_message("Regenerate", &answer).await.unwrap();
    town.discord.until(PATIENCE, half).await.unwrap();
    town.breaks_off().await;
    gate.open();
    let whole = |state: &local_discord::world::State| {
        (state.messages[&answer.channel_id][&answer.id].content == "Rising.").then_some(())
    };
    town.start().await;
    town.discord.until(PATIENCE, whole).await.unwrap();
    assert_eq!(town.said_after(&answer).len(), 0);
    town.model.script([Reply::text("So it is.")]);
    town.asks("#general", "Ebba, really?").await;
    let asked = town.model.requests().pop().unwrap();
    assert!(says(&asked, "Rising.") && !says(&asked, "Falling"), "{:#?}", asked.messages());
    let counts = town.app().store.counts().await.unwrap();
    assert_eq!((counts.answered, counts.failed, counts.pending), (2, 0, 0));
}

#[tokio::test]
async fn a_new_answer_that_an_end_cut_off_is_finished_by_the_next_start() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model.script([
        Reply::text("Rising."),
        Reply::paused("Falling, ", &gate, "I think."),
        Reply::text("Falling, I am sure."),
    ]);
    let answer = town.asks("#general", "Ebba, how is the tide?").await.one().clone();
    town.alice().runs_on_message("Regenerate", &answer).await.unwrap();
    gate.reached().await;
    // Busy: nobody else has it said anew meanwhile, and nothing is told of what is not decided.
    for command in ["Regenerate", "Alternatives", "Continue"] {
        let refused = told(&town.alice(), command, &answer).await;
        assert!(refused.content.contains("said anew right now"), "{}", refused.content);
    }
    town.breaks_off().await;
    gate.open();
    town.start().await;
    town.comes_to("#general", &["Ebba: Falling, I am sure."]).await;
    town.asks("#workshop", "Imke?").await;
    let panel = told(&town.alice(), "Alternatives", &answer).await;
    assert_eq!(title(&panel), "Ebba: 2 of 2");
    let alice = town.alice().at("#general");
    presses(&town, &alice, &panel, "◀️", "Ebba: 1 of 2").await;
    assert_eq!(now(&town, &answer).as_deref(), Some("Rising."));
}

#[tokio::test]
async fn a_choice_that_an_end_cut_off_stands_there_after_the_next_start() {
    let mut town = Town::new().await;
    town.model.script(["Rising.", "Falling."].map(Reply::text));
    let answer = town.asks("#general", "Ebba, how is the tide?").await.one().clone();
    let alice = town.alice().at("#general");
    let panel = told(&alice, "Regenerate", &answer).await;
    town.discord.faults().hold_requests("PATCH", "/webhooks/*/*/messages/*", 1);
    alice.presses_labelled(&panel, "◀️").await.unwrap();
    town.discord.faults().requests_held(1).await;
    town.breaks_off().await;
    town.discord.faults().clear();
    assert_eq!(now(&town, &answer).as_deref(), Some("Falling."));
    town.start().await;
    town.comes_to("#general", &["Ebba: Rising."]).await;
    assert_eq!(town.model.requests_seen(), 2, "no model is asked for what was said already");
}

/// A text of so many messages, each of which is full.
fn long(messages: usize, word: &str) -> String {
    let sentence = format!("{word} is what the old keeper of the light says about it all. ");
    let paragraph = format!("{}\n\n", sentence.repeat(1_700 / sentence.len()).trim_end());
    paragraph.repeat(messages).trim_end().to_owned()
}

#[tokio::test]
async fn answers_of_four_messages_of_one_and_of_four_again() {
    let town = Town::new().await;
    for direct in [false, true] {
        let scripts = [long(4, "Red"), "Short.".to_owned(), long(4, "Blue"), "Other.".to_owned()];
        town.model.script(scripts.iter().map(|text| Reply::chunks([text.as_str()])));
        let mut endings = town.endings();
        let alice = town.alice();
        let question = if direct {
            alice.dm("acore", "Ebba, tell me everything").await.unwrap()
        } else {
            alice.says("#general", "Ebba, tell me everything").await.unwrap()
        };
        endings.of(question.id).await;
        let said = town.said_after(&question);
        assert_eq!(said.len(), 4, "{:#?}", texts(&said));
        assert!(said.iter().all(|post| post.content.contains("Red")));

        // From the menu of any of its messages.
        told(&alice, "Regenerate", &said[2]).await;
        let short = town.said_after(&question);
        assert!(short.len() == 1 && short[0].content.contains("Short."), "{:#?}", texts(&short));
        assert_eq!(short[0].id, said[0].id);

        let panel = told(&alice, "Regenerate", &short[0]).await;
        let blue = town.said_after(&question);
        assert_eq!(blue.len(), 4, "{:#?}", texts(&blue));
        assert!(blue.iter().all(|post| post.content.contains("Blue")));

        presses(&town, &alice, &panel, "◀️", "Ebba: 2 of 3").await;
        assert_eq!(town.said_after(&question).len(), 1);
        presses(&town, &alice, &panel, "◀️", "Ebba: 1 of 3").await;
        let red = town.said_after(&question);
        let same = red.iter().zip(&said).all(|(now, first)| now.content == first.content);
        assert!(red.len() == 4 && same, "{:#?}", texts(&red));

        // The panel of a message that goes away leads to the reply all the same.
        let panel = told(&alice, "Alternatives", &red[3]).await;
        presses(&town, &alice, &panel, "▶️", "Ebba: 2 of 3").await;
        presses(&town, &alice, &panel, "🔁", "Ebba: 4 of 4").await;
        let other = town.said_after(&question);
        assert!(other.len() == 1 && other[0].content.contains("Other."), "{:#?}", texts(&other));
    }
}

#[tokio::test]
async fn a_question_in_pieces_and_one_of_a_command_are_asked_again_whole() {
    let town = Town::new().await;
    let mut endings = town.endings();
    let name = town.alice().says("#general", "Ebba,").await.unwrap();
    let piece = town.alice().says("#general", "how are the beans?").await.unwrap();
    endings.of_all([name.id, piece.id]).await;
    let answer = town.said_after(&piece).pop().unwrap();
    for _ in 0..2 {
        told(&town.alice(), "Regenerate", &answer).await;
        let asked = town.model.requests().pop().unwrap();
        assert!(says(&asked, "Ebba,\n  how are the beans?"), "{:#?}", asked.messages());
    }

    let alice = town.alice().at("#workshop");
    let running = alice.runs("/chat", [("message", "and the basil?"), ("character", "pasko")]).await.unwrap();
    endings.of(running.id()).await;
    let answer = town.discord.channel("workshop").unwrap().messages().pop().unwrap();
    assert_eq!(title(&told(&alice, "Regenerate", &answer).await), "Pasko: 2 of 2");
    let asked = town.model.requests().pop().unwrap();
    assert!(says(&asked, "and the basil?"), "{:#?}", asked.messages());
}

#[tokio::test]
async fn the_second_of_two_characters_is_asked_again_and_an_answer_may_be_deleted_meanwhile() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([
        Reply::text("Tea."),
        Reply::text("Coffee."),
        Reply::text("Milk."),
        Reply::text("Water."),
        Reply::paused("Wine, ", &gate, "I say."),
    ]);
    let both = ["Ebba: Tea.", "Imke: Coffee."];
    town.alice().says("#general", "Ebba, Imke, tea or coffee?").await.unwrap();
    town.comes_to("#general", &both).await;
    let imke = town.discord.channel("general").unwrap().messages().pop().unwrap();
    // Its turn is over when something else of hers could begin.
    town.asks("#workshop", "Zibbik?").await;
    assert_eq!(title(&told(&town.alice(), "Regenerate", &imke).await), "Imke: 2 of 2");
    let asked = town.model.requests();
    let asked = asked.last().unwrap();
    assert!(
        says(asked, "tea or coffee?") && says(asked, "Tea.") && !says(asked, "Coffee."),
        "{:#?}",
        asked.messages()
    );

    let running = town.alice().runs_on_message("Regenerate", &imke).await.unwrap();
    gate.reached().await;
    town.alice().deletes(&imke).await.ok();
    town.discord.member("olga").deletes(&imke).await.ok();
    gate.open();
    let told = running.message(PATIENCE).await.unwrap();
    assert!(told.content.contains("deleted"), "{}", told.content);
    assert_eq!(town.lines("#general").len(), 1, "{:?}", town.lines("#general"));
}

#[tokio::test]
async fn what_hangs_on_the_question_is_read_again() {
    let town = Town::new().await;
    let mut endings = town.endings();
    let notes = NewFile::new("notes.md", "The wick is new.");
    let question = town.alice().sends_files("#general", "Ebba, read this", vec![notes]).await.unwrap();
    endings.of(question.id).await;
    let list = NewFile::new("list.md", "Oil for the lamp.");
    let posted = town.bob().sends_files("#workshop", "my list", vec![list]).await.unwrap();
    let about = town.alice().replies(&posted, "Imke, what is on it?").await.unwrap();
    endings.of(about.id).await;
    for (question, words) in [(question, "The wick is new."), (about, "Oil for the lamp.")] {
        let answer = town.said_after(&question).pop().unwrap();
        told(&town.alice(), "Regenerate", &answer).await;
        let asked = town.model.requests().pop().unwrap();
        assert!(says(&asked, words), "{:#?}", asked.messages());
    }
    assert_eq!(town.model.requests_seen(), 4);
}
