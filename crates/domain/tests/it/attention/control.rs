use std::time::Duration;

use domain::{
    UserId,
    attention::{Control, control},
    event::{AuthorKind, ChannelKind, Message},
};
use proptest::prelude::*;

use crate::stage::{BOT, message};

fn said(text: &str) -> Message {
    let mut message = message(&format!("<@{}> {text}", BOT.user));
    message.mentions = vec![BOT.user];
    message
}

fn wish(text: &str) -> Option<Control> {
    control(&said(text), BOT)
}

fn minutes(minutes: u64) -> Control {
    Control::Quiet(Duration::from_mins(minutes))
}

#[test]
fn a_wish_to_be_quiet_names_a_time_or_gets_an_hour() {
    for (text, time) in [
        ("quiet", 60),
        ("be quiet", 60),
        ("Please be quiet now!", 60),
        ("hush for a while", 60),
        ("quiet for 1 hour", 60),
        ("quiet for an hour", 60),
        ("quiet 10m", 10),
        ("be silent for 45 minutes, please", 45),
        ("shut up for half an hour", 30),
        ("stop talking for 2 hours and 15 minutes", 135),
        ("could you stay quiet for 1h30m?".trim_end_matches('?'), 90),
        ("mute for 3 days", 3 * 24 * 60),
        ("don’t talk for 5 min", 5),
        ("mute for 9999999999 weeks", 30 * 24 * 60),
    ] {
        assert_eq!(wish(text), Some(minutes(time)), "{text}");
    }
}

#[test]
fn a_wish_to_be_quiet_may_name_an_end() {
    for (text, minute) in [
        ("quiet until 18:00", 1_080),
        ("be quiet till 6pm", 1_080),
        ("be quiet until 6:30 pm", 1_110),
        ("quiet until 12 am", 0),
        ("quiet until 12pm", 720),
        ("quiet until midnight", 0),
        ("quiet until noon", 720),
        ("quiet until 24:00", 0),
        ("quiet until tomorrow", 0),
        ("quiet until 8", 480),
    ] {
        assert_eq!(wish(text), Some(Control::QuietUntil { minute }), "{text}");
    }
}

#[test]
fn who_may_talk_again_is_told_so() {
    for text in [
        "you can talk again",
        "you may speak again!",
        "talk again please",
        "unmute",
        "wake up",
        "you don't have to be quiet anymore",
    ] {
        assert_eq!(wish(text), Some(Control::Talk), "{text}");
    }
}

#[test]
fn what_only_sounds_like_it_is_conversation() {
    for text in [
        "",
        "why are you so quiet?",
        "quiet until when?",
        "quiet until 25:00",
        "quiet for 13 apples",
        "quiet for",
        "quiet until",
        "be quiet, I am on the phone",
        "a quiet place",
        "can you talk about whales",
        "talk to me",
        "you can talk to bob again",
        "tell <@11> to be quiet",
        "be quiet <@11>",
        "quiet for 0 minutes",
        "quiet for 18446744073709551615 hours",
        "quiet for 99999999999999999999 hours",
    ] {
        assert_eq!(wish(text), None, "{text}");
    }
}

#[test]
fn the_bot_must_be_spoken_to_by_a_person() {
    let mut unmentioned = message("quiet for 1 hour");
    assert_eq!(control(&unmentioned, BOT), None);
    unmentioned.place.kind = ChannelKind::Direct;
    assert_eq!(control(&unmentioned, BOT), None, "there it is said to a character");
    let mut direct = said("quiet for 1 hour");
    direct.place.kind = ChannelKind::Direct;
    assert_eq!(control(&direct, BOT), Some(minutes(60)));
    let mut by_bot = said("quiet for 1 hour");
    by_bot.author.kind = AuthorKind::Bot;
    assert_eq!(control(&by_bot, BOT), None);
    let mut to_other = message("<@11> quiet for 1 hour");
    to_other.mentions = vec![UserId(11)];
    assert_eq!(control(&to_other, BOT), None);
    let mut by_reply = message("quiet for 1 hour");
    by_reply.mentions = vec![BOT.user];
    assert_eq!(control(&by_reply, BOT), None, "a reply mentions without a word of it");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_trouble(text in any::<String>(), words in "(quiet|for|until|[0-9]{1,22}|h|and|half|an|[ 0-9:hm]){0,12}") {
        let _ = wish(&text);
        if let Some(Control::Quiet(time)) = wish(&words) {
            prop_assert!(!time.is_zero() && time <= Duration::from_hours(30 * 24));
        }
        if let Some(Control::QuietUntil { minute }) = wish(&words) {
            prop_assert!(minute < 1_440);
        }
    }

    #[test]
    fn any_whole_number_of_minutes_is_understood(count in 1_u64..40_000) {
        prop_assert_eq!(wish(&format!("be quiet for {count} minutes")), Some(minutes(count)));
    }
}
