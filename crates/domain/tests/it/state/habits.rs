//! The habits of a channel.

use std::time::Duration;

use domain::{
    Timestamp,
    state::{LocalHour, Rhythm},
};

use super::ground::{Channel, HOUR, MINUTE, after};

const DAY: i64 = 24 * HOUR;

/// People write at these hours of the day (UTC), so many messages an hour, for so many days from a midnight on.
fn weeks(days: i64, by_hour: &[(i64, i64)]) -> Channel {
    let mut channel = Channel::default();
    for day in 0..days {
        for (hour, messages) in by_hour {
            for message in 0..*messages {
                // Noon is when tests begin: midnight is twelve hours later.
                channel.now = 12 * HOUR + day * DAY + hour * HOUR + message * (HOUR / (messages + 1));
                channel.says(1, "the train leaves at four", &[]);
            }
        }
    }
    channel
}

/// What a lively channel is like at an hour of the fifth day.
fn rhythm(channel: &Channel, hour: i64) -> Rhythm {
    let now = after(12 * HOUR + 4 * DAY + hour * HOUR);
    channel.mind.rhythm(now, LocalHour::of(now, 0))
}

const LIVELY: &[(i64, i64)] =
    &[(9, 1), (10, 2), (12, 3), (13, 4), (17, 9), (18, 9), (19, 9), (20, 9), (21, 3), (22, 1)];

#[test]
fn an_hour_is_the_hour_of_the_people() {
    assert_eq!(LocalHour::of(Timestamp(0), 0).of_day(), 0);
    assert_eq!(LocalHour::of(Timestamp(0), 2 * 3600).of_day(), 2);
    assert_eq!(LocalHour::of(Timestamp(0), -3600).of_day(), 23);
    assert_eq!(LocalHour::of(Timestamp(-1), 0).of_day(), 23);
    // Half-hour zones.
    assert_eq!(LocalHour::of(Timestamp(0), 19_800).of_day(), 5);
}

#[test]
fn busy_quiet_and_sleeping_hours_are_learned() {
    let channel = weeks(4, LIVELY);
    let (peak, quiet) = channel.mind.activity().peak_and_quiet(LocalHour::of(channel.now(), 0)).unwrap();
    assert_eq!(peak, [17, 18, 19, 20]);
    assert_eq!(quiet, [22, 9, 10, 21]);
    assert!(rhythm(&channel, 18).peak && rhythm(&channel, 9).quiet && rhythm(&channel, 4).asleep);
}

#[test]
fn nothing_is_learned_from_little() {
    let few = weeks(4, &[(9, 1), (18, 4)]);
    let short = weeks(2, &[(9, 10), (18, 40)]);
    for channel in [few, short] {
        let hour = LocalHour::of(channel.now(), 0);
        assert_eq!(channel.mind.activity().peak_and_quiet(hour), None);
        let rhythm = channel.mind.rhythm(channel.now(), hour);
        assert!(!rhythm.peak && !rhythm.quiet && !rhythm.asleep);
    }
}

#[test]
fn a_week_is_looked_back_on_and_no_further() {
    let mut channel = weeks(4, LIVELY);
    channel.now = 12 * HOUR + 8 * DAY;
    let hour = LocalHour::of(channel.now(), 0);
    let before: u32 = channel.mind.activity().by_hour(hour).iter().sum();
    assert!(before < 4 * 50, "the first day is out of sight: {before}");
    channel.says(1, "hello", &[]);
    channel.now += 7 * DAY;
    channel.says(1, "hello", &[]);
    let hour = LocalHour::of(channel.now(), 0);
    assert_eq!(channel.mind.activity().by_day(hour), [1]);
}

#[test]
fn characters_leave_no_trace_in_the_habits() {
    let mut channel = weeks(1, &[(9, 3)]);
    let before = channel.mind.activity().clone();
    channel.answers(&super::ground::character("Mira"), 5);
    assert_eq!(*channel.mind.activity(), before);
}

#[test]
fn the_threshold_is_twice_the_mean_silence_within_bounds() {
    let mut channel = Channel::default();
    assert_eq!(channel.mind.activity().silence_threshold(), Duration::from_hours(1));
    let mut pauses = |each: i64| {
        for _ in 0..60 {
            channel.passes(each);
            channel.says(1, "hello", &[]);
        }
        channel.mind.activity().silence_threshold().as_secs()
    };
    // Pauses below five minutes are a conversation.
    assert_eq!(pauses(MINUTE), 3600);
    assert_eq!(pauses(6 * MINUTE), 1800);
    assert_eq!(pauses(30 * MINUTE), 2 * (30 * 60 + 1));
    assert_eq!(pauses(20 * HOUR), 7200);
}

#[test]
fn what_is_done_unasked_takes_the_rhythm() {
    let pulse = rhythm(&weeks(4, LIVELY), 18).pulse();
    assert!((pulse.chance - 0.8).abs() < 1e-6 && (pulse.pause - 1.5).abs() < 1e-6);
    assert!(pulse.silence.is_some_and(|silence| silence >= Duration::from_mins(10)));
}

#[test]
fn each_habit_has_its_numbers() {
    let channel = weeks(4, LIVELY);
    let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
    // Between one and five an hour over the last hundred messages: only the hour itself counts.
    let (peak, quiet, plain, asleep) =
        (rhythm(&channel, 18), rhythm(&channel, 9), rhythm(&channel, 12), rhythm(&channel, 4));
    assert!((1.0..5.0).contains(&plain.per_hour), "{}", plain.per_hour);
    assert!(close(plain.chance, 0.0) && close(plain.cool_down, 1.0));
    assert!(close(peak.chance, -0.2) && close(peak.cool_down, 1.5));
    assert!(close(quiet.chance, 0.3) && close(quiet.cool_down, 0.7));
    assert!(close(asleep.chance, -0.5) && close(asleep.cool_down, 2.0));
    let times = |of: Rhythm| of.silence.as_secs_f64() / plain.silence.as_secs_f64();
    assert!((times(peak) - 1.2).abs() < 1e-3 && (times(quiet) - 0.8).abs() < 1e-3);

    let mut busy = Channel::default();
    for _ in 0..100 {
        busy.passes(MINUTE);
        busy.says(1, "hello", &[]);
    }
    let now = busy.mind.rhythm(busy.now(), LocalHour::of(busy.now(), 0));
    assert!(now.per_hour > 10.0);
    assert!(close(now.chance, -0.1) && close(now.cool_down, 1.5 * 1.2), "{now:?}");
    busy.passes(DAY * 5);
    let slept = busy.mind.rhythm(busy.now(), LocalHour::of(busy.now(), 0));
    assert!(slept.per_hour < 1.0);
    assert!(close(slept.chance, 0.2) && close(slept.cool_down, 0.7 * 0.8), "{slept:?}");
}
