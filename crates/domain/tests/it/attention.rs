use std::sync::Arc;

use domain::{
    ApplicationId, ChannelId, MessageId, UserId, WebhookId,
    attention::{Chosen, Gate, Reason, Score, Verdict, decide},
    character::Character,
    event::{Attachment, AuthorKind, ChannelKind, Message},
    limits,
    rules::{Percent, Rules},
    scene::{Scene, Standing, Standings},
};
use fastrand::Rng;
use proptest::prelude::*;

use crate::stage::{BOT, cast, character, id, message, person, scene, spoken};

mod burst;
mod choice;
mod control;
mod pace;
mod page;
mod rules;

/// The verdict without its scores.
fn verdict(message: &Message, scene: &Scene<'_>) -> Verdict {
    match decide(message, scene, &mut Rng::with_seed(7)) {
        Verdict::Answer(mut chosen) => {
            for chosen in &mut chosen {
                chosen.score = Score::default();
            }
            Verdict::Answer(chosen)
        }
        silent @ Verdict::Silent { .. } => silent,
    }
}

fn answers(slug: &str, reason: Reason) -> Verdict {
    answer(&[slug], reason)
}

fn answer(slugs: &[&str], reason: Reason) -> Verdict {
    let chosen = |slug: &&str| Chosen { character: id(slug), reason, score: Score::default() };
    Verdict::Answer(slugs.iter().map(chosen).collect())
}

fn silent(gate: Gate) -> Verdict {
    Verdict::Silent { gate }
}

fn three() -> Vec<Arc<Character>> {
    cast(&[("Mira", &["lamp lady"]), ("Old Tom", &[]), ("Tom", &["Tommy"])])
}

#[test]
fn gates_come_before_everything() {
    let cast = three();
    let mut scene = scene(&cast, &[]);
    scene.addressed = Some(id("mira"));
    let by = |kind: AuthorKind, author: u64| {
        let mut message = message("Mira?");
        message.author.kind = kind;
        message.author.id = UserId(author);
        message.mentions = vec![BOT.user];
        message
    };
    let hook = |owner: Option<u64>| AuthorKind::Webhook(WebhookId(5), owner.map(ApplicationId));
    for (kind, author, gate) in [
        (AuthorKind::Bot, BOT.user.get(), Gate::OwnAccount),
        (hook(Some(BOT.application.get())), 5, Gate::OwnWebhook),
        (AuthorKind::Bot, 77, Gate::ForeignBot),
        (hook(Some(1)), 5, Gate::ForeignWebhook),
        (hook(None), 5, Gate::ForeignWebhook),
        (AuthorKind::System, 3, Gate::System),
    ] {
        assert_eq!(verdict(&by(kind, author), &scene), silent(gate));
    }
    assert_eq!(verdict(&message("  \n"), &scene), silent(Gate::Empty));
    for text in ["Mira #ignore", "#IGNORE Mira", "Mira (#ignore)"] {
        assert_eq!(verdict(&message(text), &scene), silent(Gate::IgnoreTag), "{text}");
    }
    assert_eq!(verdict(&message("Mira, who #ignored me?"), &scene), answers("mira", Reason::Addressed));
}

#[test]
fn a_file_alone_is_something() {
    let cast = three();
    let mut message = message("");
    message.mentions = vec![BOT.user];
    message.attachments =
        vec![Attachment { filename: "a.png".into(), url: "".into(), content_type: None, size: 1 }];
    let mut scene = scene(&cast, &[]);
    scene.last_speaker = Some(id("tom"));
    assert_eq!(verdict(&message, &scene), answers("tom", Reason::Mention));
}

#[test]
fn reasons_have_an_order() {
    let cast = three();
    let mut scene = scene(&cast, &[]);
    let mut message = message("tommy, hi");
    message.mentions = vec![BOT.user];
    message.place.kind = ChannelKind::Direct;
    scene.last_speaker = Some(id("mira"));
    assert_eq!(verdict(&message, &scene), answers("tom", Reason::Named));
    scene.reply_target = Some(id("old-tom"));
    assert_eq!(verdict(&message, &scene), answers("old-tom", Reason::Reply));
    scene.addressed = Some(id("mira"));
    assert_eq!(verdict(&message, &scene), answers("mira", Reason::Addressed));
    (scene.addressed, scene.reply_target) = (None, None);
    message.content = "hi there".into();
    assert_eq!(verdict(&message, &scene), answers("mira", Reason::Mention));
    message.mentions.clear();
    assert_eq!(verdict(&message, &scene), answers("mira", Reason::Direct));
    message.place.kind = ChannelKind::Text;
    assert_eq!(verdict(&message, &scene), silent(Gate::NotAddressed));
}

#[test]
fn whoever_was_just_answered_may_go_on_without_a_name() {
    let cast = three();
    let history = [person(10, "alice", "hi Tom"), spoken("tom", "Hm?")];
    let now = history[1].at;
    let follow_up = |history, now| {
        let mut scene = scene(&cast, history);
        scene.now = now;
        scene
    };
    let soon = now.plus(limits::FOLLOW_UP);
    let message = message("what is for dinner?");
    assert_eq!(verdict(&message, &follow_up(&history, soon)), answers("tom", Reason::FollowUp));

    let late = soon.plus(std::time::Duration::from_millis(1));
    assert_eq!(verdict(&message, &follow_up(&history, late)), silent(Gate::NotAddressed));
    let mut to_bob = message.clone();
    to_bob.mentions = vec![UserId(11)];
    assert_eq!(verdict(&to_bob, &follow_up(&history, now)), silent(Gate::NotAddressed));
    let mut of_bob = message.clone();
    of_bob.author.id = UserId(11);
    assert_eq!(verdict(&of_bob, &follow_up(&history, now)), silent(Gate::NotAddressed));
    let chatter = [&history[..], &[person(11, "bob", "so anyway")]].concat();
    assert_eq!(verdict(&message, &follow_up(&chatter, now)), silent(Gate::NotAddressed));
}

#[test]
fn what_was_written_before_the_answer_could_be_read_does_not_follow_it() {
    let cast = three();
    let mut history = [person(10, "alice", "hi Tom"), spoken("tom", "Hm?")];
    let message = message("no rush");
    history[1].at = message.sent_at;
    for (answer, verdict_of) in [
        (Some(MessageId(message.id.0 - 1)), answers("tom", Reason::FollowUp)),
        (Some(MessageId(message.id.0 + 1)), silent(Gate::NotAddressed)),
        (None, answers("tom", Reason::FollowUp)),
    ] {
        history[1].message = answer;
        assert_eq!(verdict(&message, &scene(&cast, &history)), verdict_of, "{answer:?}");
    }
    history[1].at = message.sent_at.plus(std::time::Duration::from_millis(1));
    assert_eq!(verdict(&message, &scene(&cast, &history)), silent(Gate::NotAddressed), "not even posted");
}

#[test]
fn a_mood_draws_a_character_in_or_keeps_it_out() {
    let cast = three();
    let message = message("the harbour was empty today");
    let joins = |chance: u8, sociability: i8| {
        let rules = Rules { join_in: Percent(chance), ..Rules::default() };
        let standing = Standing { sociability, ..Standing::default() };
        let standings = Standings(cast.iter().map(|c| (c.id.clone(), standing)).collect());
        let scene = Scene { rules: &rules, standings: &standings, ..scene(&cast, &[]) };
        let joined = |seed| matches!(decide(&message, &scene, &mut Rng::with_seed(seed)), Verdict::Answer(_));
        (0..500).filter(|seed| joined(*seed)).count()
    };
    let (sad, even, excited) = (joins(50, -20), joins(50, 0), joins(50, 20));
    assert!(sad + 60 < even && even + 60 < excited, "{sad} {even} {excited}");
    assert_eq!(joins(100, -20), 500, "always is always");
    assert_eq!(joins(0, 20), 0, "never is never");
}

#[test]
fn everybody_who_is_called_answers_in_the_order_of_the_text() {
    let cast = three();
    let scene = scene(&cast, &[]);
    for (text, slugs) in [
        ("tom and mira", &["tom", "mira"][..]),
        ("Mira, tell Tom; Mira?", &["mira", "tom"]),
        ("old tom, hello", &["old-tom"]),
        ("Old Tom and Tom", &["old-tom", "tom"]),
        ("the lamp lady!", &["mira"]),
        ("is that tom's?", &["tom"]),
        ("Tom, Mira, Old Tom", &["tom", "mira", "old-tom"]),
    ] {
        assert_eq!(verdict(&message(text), &scene), answer(slugs, Reason::Named), "{text}");
    }
    for text in ["a miracle", "tomorrow", "atom", "custom", "> Mira said", "https://mira.example"] {
        assert_eq!(verdict(&message(text), &scene), silent(Gate::NotAddressed), "{text}");
    }
}

#[test]
fn a_shared_name_goes_to_the_last_speaker_or_to_the_dice() {
    let mut twin = character("Mira", &[]);
    twin.id = id("mira-two");
    let cast = vec![Arc::new(character("Mira", &[])), Arc::new(twin)];
    let mut scene = scene(&cast, &[]);
    let drawn: std::collections::HashSet<_> = (0..40)
        .map(|seed| decide(&message("mira?"), &scene, &mut Rng::with_seed(seed)).to_string())
        .collect();
    assert_eq!(drawn.len(), 2, "{drawn:?}");
    scene.last_speaker = Some(id("mira-two"));
    assert_eq!(verdict(&message("mira?"), &scene), answers("mira-two", Reason::Named));
}

#[test]
fn channels_have_different_hosts_who_stay() {
    let cast = three();
    let scene = scene(&cast, &[]);
    let host = |channel: u64| {
        let mut message = message("hello?");
        message.place.channel = ChannelId(channel);
        message.mentions = vec![BOT.user];
        verdict(&message, &scene).to_string()
    };
    let hosts: std::collections::HashSet<_> = (0..30).map(|n| host(1_300_000_000_000_000_000 + n)).collect();
    assert_eq!(hosts.len(), 3);
    assert_eq!(host(42), host(42));
}

#[test]
fn nobody_outside_the_cast_answers() {
    let mut scene = scene(&[], &[]);
    let mut message = message("hi");
    message.mentions = vec![BOT.user];
    for slug in ["gone", "mira"] {
        scene.addressed = Some(id(slug));
        scene.reply_target = Some(id(slug));
        scene.last_speaker = Some(id(slug));
        assert_eq!(verdict(&message, &scene), silent(Gate::NotAddressed));
    }
}

#[test]
fn verdicts_read_as_phrases() {
    assert_eq!(answers("mira", Reason::Named).to_string(), "mira answers: called by name");
    assert_eq!(silent(Gate::IgnoreTag).to_string(), "silent: marked #ignore");
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("Mira".to_owned()),
        Just("tom".to_owned()),
        Just("Old Tom".to_owned()),
        Just("<@900>".to_owned()),
        "[a-z]{1,8}",
        any::<String>(),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn bots_are_never_answered(text in any_text(), kind in 0..5, mentioned: bool, direct: bool) {
        let cast = three();
        let mut scene = scene(&cast, &[]);
        scene.addressed = Some(id("mira"));
        scene.reply_target = Some(id("tom"));
        let mut message = message(&text);
        match kind {
            0 => message.author.id = BOT.user,
            1 => message.author.kind = AuthorKind::Bot,
            2 => message.author.kind = AuthorKind::Webhook(WebhookId(1), Some(BOT.application)),
            3 => message.author.kind = AuthorKind::Webhook(WebhookId(1), None),
            _ => message.author.kind = AuthorKind::System,
        }
        if mentioned {
            message.mentions = vec![BOT.user];
        }
        if direct {
            message.place.kind = ChannelKind::Direct;
        }
        let silent = matches!(verdict(&message, &scene), Verdict::Silent { .. });
        prop_assert!(silent);
    }

    #[test]
    fn whoever_answers_is_of_the_cast(
        text in any_text(), members in 0_usize..4, channel: u64, seed: u64, mentioned: bool,
        who in prop::option::of("[a-z]{1,3}|mira|tom|old-tom"),
    ) {
        let cast = three();
        let cast = &cast[..members.min(3)];
        let mut scene = scene(cast, &[]);
        scene.last_speaker = who.as_deref().map(id);
        scene.addressed = who.as_deref().map(id).filter(|_| seed % 2 == 0);
        let mut message = message(&text);
        message.place.channel = ChannelId(channel);
        if mentioned {
            message.mentions = vec![BOT.user];
        }
        let verdict = decide(&message, &scene, &mut Rng::with_seed(seed));
        if let Verdict::Answer(chosen) = &verdict {
            prop_assert!((1..=limits::ANSWERERS).contains(&chosen.len()));
            for chosen in chosen {
                prop_assert!(cast.iter().any(|member| member.id == chosen.character));
            }
        }
        prop_assert_eq!(&decide(&message, &scene, &mut Rng::with_seed(seed)), &verdict);
    }
}
