//! Several characters, several people: who waits for whom, and what each has heard.

use testkit::{Gate, Reply};

use crate::town::{PATIENCE, Town};

/// The whole prompt of a request, to look for words in.
fn prompt(town: &Town, request: usize) -> String {
    let asked = town.model.requests();
    let asked = asked.get(request).unwrap_or_else(|| panic!("no request {request} of {}", asked.len()));
    asked.messages().into_iter().map(|(_, content)| content + "\n").collect()
}

#[tokio::test]
async fn everybody_who_is_named_answers_in_turn_and_has_heard_the_ones_before() {
    let town = Town::new().await;
    town.model.script([
        Reply::text("I swore to guard the brass key."),
        Reply::text("It opens the potting shed."),
        Reply::text("Then oil the hinges first."),
    ]);
    town.alice().says("#general", "Osbert, Ebba and Imke: what about that door?").await.unwrap();
    town.comes_to(
        "#general",
        &[
            "Osbert: I swore to guard the brass key.",
            "Ebba: It opens the potting shed.",
            "Imke: Then oil the hinges first.",
        ],
    )
    .await;
    for (request, heard) in [(0, [false, false]), (1, [true, false]), (2, [true, true])] {
        let prompt = prompt(&town, request);
        assert!(prompt.contains("what about that door?"), "{prompt}");
        assert_eq!([prompt.contains("brass key"), prompt.contains("potting shed")], heard, "{prompt}");
    }
}

#[tokio::test]
async fn of_four_who_are_named_three_answer() {
    let town = Town::new().await;
    town.model.script(["One.", "Two.", "Three."].map(Reply::text));
    let four = "Zibbik! Pasko! Sidony! Hazlit! Who ate the cake?";
    town.alice().says("#general", four).await.unwrap();
    town.comes_to("#general", &["Zibbik: One.", "Pasko: Two.", "Sidony: Three."]).await;
    // A channel is worked on in order: a fourth answer would stand before this one.
    let next = "Hello from the scripted model.";
    let mut endings = town.endings();
    let question = town.bob().says("#general", "Hazlit, was it you?").await.unwrap();
    endings.of(question.id).await;
    let hazlit = format!("Hazlit: {next}");
    assert_eq!(town.lines("#general"), ["Zibbik: One.", "Pasko: Two.", "Sidony: Three.", &hazlit]);
    assert_eq!(town.model.requests_seen(), 4);
}

#[tokio::test]
async fn in_a_direct_message_several_answer_in_turn_under_their_names() {
    let town = Town::new().await;
    town.model.script([Reply::text("Soup is on."), Reply::text("Snacks too!")]);
    let question = town.alice().dm("acore", "Pasko and Zibbik, what is for dinner?").await.unwrap();
    let place = question.channel_id.to_string();
    town.comes_to(&place, &["acore: **Pasko**: Soup is on.", "acore: **Zibbik**: Snacks too!"]).await;
    assert!(prompt(&town, 1).contains("Soup is on."));
}

#[tokio::test]
async fn two_people_with_two_characters_do_not_wait_for_each_other() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("Two turns, left.")]);
    let mut endings = town.endings();
    let slow = town.alice().says("#general", "Ebba, how do I prune a rose?").await.unwrap();
    gate.reached().await;
    let quick = town.bob().says("#general", "Imke, how do I loosen this bolt?").await.unwrap();
    endings.of(quick.id).await;
    assert_eq!(town.lines("#general"), ["Imke: Two turns, left."], "while Ebba thinks");
    gate.open();
    endings.of(slow.id).await;
    assert_eq!(town.lines("#general"), ["Imke: Two turns, left.", "Ebba: Finally."]);
}

#[tokio::test]
async fn one_character_answers_two_people_in_the_order_in_which_they_asked() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let mut endings = town.endings();
    let first = town.alice().says("#general", "Ebba, how do I prune a rose?").await.unwrap();
    gate.reached().await;
    let second = town.bob().says("#general", "Ebba, how deep do I plant garlic?").await.unwrap();
    // Whatever was said before this one has been decided on when this one has its answer.
    let other = town.discord.member("olga").says("#general", "Imke, hello").await.unwrap();
    endings.of(other.id).await;
    assert_eq!(town.model.requests_seen(), 2, "Ebba thinks about one question at a time");
    town.model.script([Reply::text("As deep as your thumb.")]);
    gate.open();
    endings.of_all([first.id, second.id]).await;
    assert_eq!(town.lines("#general")[1..], ["Ebba: Finally.", "Ebba: As deep as your thumb."]);
    let prompt = prompt(&town, 2);
    assert!(prompt.contains("garlic"), "{prompt}");
}

#[tokio::test]
async fn one_persons_questions_to_two_characters_are_answered_in_their_order() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    let mut endings = town.endings();
    let first = town.alice().says("#general", "Ebba, how do I prune a rose?").await.unwrap();
    gate.reached().await;
    let second = town.alice().says("#general", "Imke, how do I sharpen shears?").await.unwrap();
    let other = town.bob().says("#general", "Osbert, hello").await.unwrap();
    endings.of(other.id).await;
    assert_eq!(town.model.requests_seen(), 2);
    town.model.script([Reply::text("With a stone.")]);
    gate.open();
    endings.of_all([first.id, second.id]).await;
    assert_eq!(town.lines("#general")[1..], ["Ebba: Finally.", "Imke: With a stone."]);
}

#[tokio::test]
async fn a_question_to_two_is_answered_by_both_before_the_persons_next_one() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([
        Reply::slow_first_token(&gate),
        Reply::text("Hello, sprat."),
        Reply::text("Among the beans."),
        Reply::text("Below, oiling."),
    ]);
    let mut endings = town.endings();
    town.alice().says("#general", "Osbert, Ebba: where were you?").await.unwrap();
    gate.reached().await;
    // Ebba is free for Bob until it is her turn with Alice.
    let quick = town.bob().says("#general", "Ebba, hello").await.unwrap();
    let next = town.alice().says("#general", "Imke, and you?").await.unwrap();
    endings.of(quick.id).await;
    gate.open();
    endings.of(next.id).await;
    let said = ["Ebba: Hello, sprat.", "Osbert: Finally.", "Ebba: Among the beans.", "Imke: Below, oiling."];
    assert_eq!(town.lines("#general"), said);
}

#[tokio::test]
async fn a_question_deleted_while_the_second_of_three_speaks_ends_it_there() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::text("I was on watch."), Reply::paused("I was in ", &gate, "the garden.")]);
    let mut watch = town.discord.watch();
    let question = town.alice().says("#general", "Osbert, Ebba, Imke: where were you?").await.unwrap();
    let half = watch.message(PATIENCE, |post| post.author == "Ebba").await.unwrap();
    assert_eq!(half.content, "I was in");
    town.alice().deletes(&question).await.unwrap();
    let gone = half.id.to_string();
    watch
        .event(PATIENCE, |event| event.name == "MESSAGE_DELETE" && event.data["id"] == gone.as_str())
        .await
        .unwrap();
    tokio::time::timeout(PATIENCE, town.model.hang_ups(1)).await.unwrap();

    // Whom the question has yet to reach it does not reach; what was said stays said.
    let mut endings = town.endings();
    let next = town.bob().says("#general", "Imke, and you?").await.unwrap();
    endings.of(next.id).await;
    assert_eq!(town.lines("#general"), ["Osbert: I was on watch.", "Imke: Hello from the scripted model."]);
    assert_eq!(town.model.requests_seen(), 3);
    assert!(!prompt(&town, 2).contains("where were you?"), "what is deleted is forgotten");
}

#[tokio::test]
async fn a_question_deleted_while_the_second_waits_for_their_turn_is_not_answered_by_them() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate), Reply::text("I was on watch.")]);
    let mut endings = town.endings();
    let other = town.bob().says("#general", "Ebba, take your time").await.unwrap();
    gate.reached().await;
    let question = town.alice().says("#general", "Osbert, Ebba: where were you?").await.unwrap();
    endings.of(question.id).await;
    // Ebba's turn follows as soon as Osbert's is over, and waits for her own.
    let mut deleted = town.endings();
    town.alice().deletes(&question).await.unwrap();
    let marker = town.discord.member("olga").says("#general", "Imke?").await.unwrap();
    deleted.of(marker.id).await;
    gate.open();
    endings.of(other.id).await;
    let again = town.bob().says("#general", "Ebba, thank you").await.unwrap();
    endings.of(again.id).await;
    let hello = "Hello from the scripted model.";
    let (imke, ebba) = (format!("Imke: {hello}"), format!("Ebba: {hello}"));
    assert_eq!(town.lines("#general"), ["Osbert: I was on watch.", &imke, "Ebba: Finally.", &ebba]);
    assert_eq!(town.app().store.counts().await.unwrap().cancelled, 1);
}

#[tokio::test]
async fn a_restart_between_the_first_and_the_second_loses_nobody() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::text("I was on watch."), Reply::slow_first_token(&gate)]);
    town.alice().says("#general", "Osbert, Ebba, Imke: where were you?").await.unwrap();
    gate.reached().await;
    town.breaks_off().await;
    assert_eq!(town.lines("#general"), ["Osbert: I was on watch."]);

    town.model.script([Reply::text("Among the beans."), Reply::text("Below, oiling.")]);
    town.start().await;
    town.comes_to("#general", &["Osbert: I was on watch.", "Ebba: Among the beans.", "Imke: Below, oiling."])
        .await;
    let last = prompt(&town, 3);
    assert!(last.contains("I was on watch.") && last.contains("Among the beans."), "{last}");
}

#[tokio::test]
async fn a_restart_while_the_first_speaks_loses_nobody_and_says_nothing_twice() {
    let mut town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::paused("I was ", &gate, "on watch.")]);
    let shown = town.discord.next_message(PATIENCE, |post| post.author == "Osbert");
    town.alice().says("#general", "Osbert, Ebba, Imke: where were you?").await.unwrap();
    shown.await.unwrap();
    town.breaks_off().await;
    assert_eq!(town.lines("#general"), ["Osbert: I was"]);

    town.model.script(["On the wall.", "Among the beans.", "Below, oiling."].map(Reply::text));
    town.start().await;
    town.comes_to("#general", &["Osbert: On the wall.", "Ebba: Among the beans.", "Imke: Below, oiling."])
        .await;
    assert_eq!(town.model.requests_seen(), 4);
}

#[tokio::test]
async fn whoever_may_not_speak_any_more_does_not_silence_those_behind_them() {
    let town = Town::new().await;
    let gate = Gate::new();
    town.model.script([Reply::slow_first_token(&gate)]);
    town.alice().says("#general", "Osbert, Ebba, Imke: where were you?").await.unwrap();
    gate.reached().await;
    let olga = town.discord.member("olga").at("#general");
    let set = [("rule", "silenced"), ("value", "Ebba")];
    olga.runs("/channel set", set).await.unwrap().message(PATIENCE).await.unwrap();
    gate.open();
    town.comes_to("#general", &["Osbert: Finally.", "Imke: Hello from the scripted model."]).await;
    assert_eq!(town.model.requests_seen(), 2);
}
