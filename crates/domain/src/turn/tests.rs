//! The turn against a small model of the world: a store, a channel, a member's patience, and crashes anywhere.

use proptest::prelude::*;

use super::*;
use crate::card;

fn cleaner() -> Cleaner {
    let mira = card::parse(
        br#"{"name":"Mira","description":"","personality":"","scenario":"","first_mes":"","mes_example":""}"#,
    );
    Cleaner::new(&mira.unwrap(), &["alice".to_owned()])
}

const START: Timestamp = Timestamp(1_000_000);

fn at(milliseconds: i64) -> Timestamp {
    Timestamp(START.0 + milliseconds)
}

fn answered() -> TurnEvent {
    TurnEvent::Answered { finish: Finish::Stop, usage: Usage::default() }
}

/// Feeds events and prints what comes out, one line an effect.
fn script(events: &[(i64, TurnEvent)]) -> String {
    let (mut turn, effects) = Turn::start(cleaner(), START);
    let mut lines: Vec<String> = effects.iter().map(|effect| format!("     0 {effect:?}")).collect();
    for (time, event) in events {
        for effect in turn.on(event.clone(), at(*time)) {
            lines.push(format!("{time:>6} {effect:?}"));
        }
    }
    lines.join("\n")
}

#[test]
fn a_quick_answer_is_settled_and_posted_once() {
    insta::assert_snapshot!(script(&[
        (100, TurnEvent::Delta("Good ".into())),
        (200, TurnEvent::Delta("evening.".into())),
        (300, answered()),
        (310, TurnEvent::Settled),
        (350, TurnEvent::Shown { part: 0, message: MessageId(7) }),
    ]));
}

#[test]
fn a_slow_answer_is_shown_while_it_grows() {
    insta::assert_snapshot!(script(&[
        (310, TurnEvent::Tick),
        (600, TurnEvent::Delta("One. ".into())),
        (710, TurnEvent::Delta("Two. ".into())),
        (750, TurnEvent::Delta("Three. ".into())),
        (800, TurnEvent::Shown { part: 0, message: MessageId(7) }),
        (900, TurnEvent::Tick),
        (1_950, TurnEvent::Tick),
        (2_000, TurnEvent::Shown { part: 0, message: MessageId(7) }),
        (2_100, TurnEvent::Delta("Four.".into())),
        (2_200, answered()),
        (2_210, TurnEvent::Settled),
        (2_300, TurnEvent::Shown { part: 0, message: MessageId(7) }),
    ]));
}

#[test]
fn a_cut_stream_is_asked_again_and_a_second_failure_keeps_what_was_said() {
    let cut = || TurnEvent::ModelFailed { retryable: true, cause: "cut".into() };
    insta::assert_snapshot!(script(&[
        (100, TurnEvent::Delta("Half an ans".into())),
        (200, cut()),
        (300, TurnEvent::Delta("Half of it".into())),
        (400, cut()),
        (410, TurnEvent::Settled),
        (450, TurnEvent::Shown { part: 0, message: MessageId(7) }),
    ]));
}

#[test]
fn a_model_that_says_nothing_gets_an_apology() {
    let effects = script(&[(100, TurnEvent::ModelFailed { retryable: false, cause: "no key".into() })]);
    assert!(effects.contains(APOLOGY), "{effects}");
}

#[test]
fn a_remark_that_nobody_waits_for_ends_without_a_word() {
    let failed = || TurnEvent::ModelFailed { retryable: false, cause: "no key".into() };
    let (mut turn, _) = Turn::start(cleaner(), START);
    turn.unasked();
    let ended = Effect::Complete(Ending::Failed("no key".into()));
    assert_eq!(turn.on(failed(), at(100)), [ended]);

    // What can be seen already is taken back.
    let part = PartState { shown: None, message: Some(MessageId(7)) };
    let (mut turn, _) = Turn::resume(cleaner(), vec![part], None, START);
    turn.unasked();
    assert_eq!(turn.on(failed(), at(100)), [Effect::Retract { part: 0, message: MessageId(7) }]);

    // What is on its way, too: the first answer breaks off, the second gives nothing.
    let (mut turn, _) = Turn::start(cleaner(), START);
    turn.unasked();
    turn.on(TurnEvent::Delta("Half a rem".into()), at(100));
    assert!(matches!(turn.on(TurnEvent::Tick, at(710))[..], [Effect::Show { .. }]));
    turn.on(TurnEvent::ModelFailed { retryable: true, cause: "cut".into() }, at(720));
    assert_eq!(turn.on(failed(), at(730)), []);
    let arrived = TurnEvent::Shown { part: 0, message: MessageId(8) };
    assert_eq!(turn.on(arrived, at(740)), [Effect::Retract { part: 0, message: MessageId(8) }]);
}

#[test]
fn a_question_that_changes_before_anything_is_shown_is_asked_anew() {
    let (mut turn, _) = Turn::start(cleaner(), START);
    turn.on(TurnEvent::Delta("Half an ans".into()), at(100));
    assert!(turn.may_be_revised());
    assert_eq!(turn.on(TurnEvent::Revised, at(200)), [Effect::Ask]);
    turn.on(TurnEvent::Delta("A whole answer.".into()), at(300));
    let shown = turn.on(TurnEvent::Tick, at(200 + 710));
    assert!(
        matches!(&shown[..], [Effect::Show { text, .. }] if text.as_str() == "A whole answer."),
        "{shown:?}"
    );
    assert!(!turn.may_be_revised());
    assert_eq!(turn.on(TurnEvent::Revised, at(950)), [], "too late");
}

#[test]
fn speaking_for_others_ends_the_answer() {
    let effects = script(&[(100, TurnEvent::Delta("I see.\nalice: tell me more\nMira: no".into()))]);
    assert!(effects.contains("Settle") && !effects.contains("tell me"), "{effects}");
}

#[test]
fn a_deleted_question_ends_the_turn_at_once() {
    insta::assert_snapshot!(script(&[
        (800, TurnEvent::Delta("Well, ".into())),
        (850, TurnEvent::Cancel(Cause::QuestionDeleted)),
        (900, TurnEvent::Shown { part: 0, message: MessageId(7) }),
    ]));
}

/// What outlives a crash.
#[derive(Default)]
struct World {
    /// Parts as the store has them: text, and the message once its receipt is there.
    staged: Vec<(String, Option<MessageId>)>,
    settled: bool,
    complete: bool,
    /// The channel: messages in order.
    channel: Vec<(MessageId, String)>,
    model_calls: u32,
}

/// Takes the turn up from what the store and the channel know.
fn wake_up(world: &mut World, clock: i64) -> (Turn, Vec<Effect>) {
    // What was staged without a receipt is looked up in the channel, as the bot does.
    for (text, message) in &mut world.staged {
        if message.is_none() {
            *message = world.channel.iter().find(|(_, shown)| shown == text).map(|(id, _)| *id);
        }
    }
    let parts =
        world.staged.iter().map(|(_, message)| PartState { shown: None, message: *message }).collect();
    let settled = world
        .settled
        .then(|| world.staged.iter().map(|(text, _)| MessageText::new(text.clone()).unwrap()).collect());
    Turn::resume(cleaner(), parts, settled, at(clock))
}

/// Runs the turn from what the store knows until it is complete or `crash_in` steps are done.
fn live(world: &mut World, answer: &[String], crash_in: usize, clock: &mut i64) {
    let (mut turn, effects) = wake_up(world, *clock);
    let mut effects: std::collections::VecDeque<Effect> = effects.into();
    let mut said = answer.iter();
    let mut in_flight = 0;
    let mut steps = crash_in;
    loop {
        // A crash can come before every effect and, for a post, between its three steps.
        let mut survive = || {
            steps = steps.saturating_sub(1);
            steps > 0
        };
        let event = match effects.pop_front() {
            None if turn.is_over() => return,
            None => match said.next() {
                Some(text) => TurnEvent::Delta(text.clone()),
                None => answered(),
            },
            Some(Effect::Ask) => {
                world.model_calls += 1;
                said = answer.iter();
                continue;
            }
            Some(Effect::ShowTyping) => continue,
            Some(Effect::Show { part, text, message }) => {
                in_flight += 1;
                assert_eq!(in_flight, 1);
                let id = if let Some(id) = message {
                    if !survive() {
                        return;
                    }
                    let shown = world.channel.iter_mut().find(|(known, _)| *known == id).unwrap();
                    shown.1 = text.to_string();
                    id
                } else {
                    {
                        if !world.settled {
                            // Staging again replaces the text; no part is ever skipped.
                            assert!(part <= world.staged.len());
                            world.staged.truncate(part);
                            world.staged.push((text.to_string(), None));
                        }
                        if !survive() {
                            return;
                        }
                        let id = MessageId(100 + world.channel.len() as u64);
                        world.channel.push((id, text.to_string()));
                        if !survive() {
                            return;
                        }
                        world.staged[part].1 = Some(id);
                        id
                    }
                };
                in_flight -= 1;
                TurnEvent::Shown { part, message: id }
            }
            Some(Effect::Retract { part, message }) => {
                world.channel.retain(|(id, _)| *id != message);
                TurnEvent::Retracted { part }
            }
            Some(Effect::Settle { parts, .. }) => {
                if !survive() {
                    return;
                }
                for (part, text) in parts.iter().enumerate() {
                    match world.staged.get_mut(part) {
                        Some(staged) => staged.0 = text.to_string(),
                        None => world.staged.push((text.to_string(), None)),
                    }
                }
                world.settled = true;
                TurnEvent::Settled
            }
            Some(Effect::Complete(ending)) => {
                if !survive() {
                    return;
                }
                assert_eq!(ending, Ending::Answered);
                world.complete = true;
                return;
            }
            Some(Effect::Abandon(cause)) => panic!("abandoned: {cause:?}"),
        };
        *clock += 500;
        effects.extend(turn.on(event, at(*clock)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However often the process dies, and wherever: the whole answer stands in the channel, once.
    #[test]
    fn crashes_lose_nothing_and_say_nothing_twice(
        words in proptest::collection::vec("[a-z]{1,90}[ .\n]", 1..80),
        crashes in proptest::collection::vec(1_usize..12, 0..6),
    ) {
        let mut world = World::default();
        let mut clock = 0;
        for crash in crashes {
            live(&mut world, &words, crash, &mut clock);
        }
        live(&mut world, &words, usize::MAX, &mut clock);
        prop_assert!(world.complete);
        let expected: Vec<String> =
            split::split(&cleaner().whole(&words.concat()).text).into_iter().map(String::from).collect();
        let shown: Vec<String> = world.channel.iter().map(|(_, text)| text.clone()).collect();
        prop_assert_eq!(shown, expected);
    }

    /// A settled reply is never asked for again.
    #[test]
    fn one_answer_is_paid_for_once_it_is_settled(crash in 4_usize..9) {
        let mut world = World::default();
        let words = ["A short answer.".to_owned()];
        let mut clock = 0;
        live(&mut world, &words, crash, &mut clock);
        let calls = world.model_calls;
        if world.settled {
            live(&mut world, &words, usize::MAX, &mut clock);
            prop_assert_eq!(world.model_calls, calls);
        }
    }
}
