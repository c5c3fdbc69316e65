use std::time::Duration;

use domain::{
    ChannelId, GuildId, Timestamp, UserId,
    event::{ChannelKind, Place},
    pace::{Pace, Paces, Window},
};
use proptest::prelude::*;

const SPAN: Duration = Duration::from_secs(10);

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + seconds * 1_000)
}

fn place(guild: Option<u64>, channel: u64) -> Place {
    Place { guild: guild.map(GuildId), channel: ChannelId(channel), parent: None, kind: ChannelKind::Text }
}

#[test]
fn a_window_slides() {
    let mut window = Window::new(SPAN, 10, 10);
    for second in [0, 1, 5] {
        window.note('a', at(second));
    }
    assert_eq!(window.count('a', at(5)), 3);
    assert_eq!(window.count('a', at(10)), 2);
    assert_eq!(window.count('a', at(14)), 1);
    assert_eq!(window.count('a', at(15)), 0);
    assert_eq!(window.count('b', at(5)), 0);
}

#[test]
fn answers_are_counted_per_person_channel_and_server() {
    let mut paces = Paces::default();
    paces.note(&place(Some(1), 2), UserId(10), at(0));
    paces.note(&place(Some(1), 3), UserId(10), at(1));
    paces.note(&place(Some(1), 3), UserId(11), at(2));
    paces.note(&place(None, 4), UserId(10), at(3));
    let of = |guild, channel, user| paces.of(&place(guild, channel), UserId(user), at(4));
    assert_eq!(of(Some(1), 3, 10), Pace { user: 3, channel: 2, guild: 3 });
    assert_eq!(of(Some(1), 2, 11), Pace { user: 1, channel: 1, guild: 3 });
    assert_eq!(of(None, 4, 12), Pace { user: 0, channel: 1, guild: 0 });
    assert_eq!(paces.of(&place(Some(1), 3), UserId(10), at(64)), Pace::default());
}

#[test]
fn a_full_window_forgets_whoever_was_quiet_for_longest() {
    let mut window = Window::new(SPAN, 2, 3);
    window.note(1, at(0));
    window.note(2, at(1));
    window.note(1, at(2));
    window.note(3, at(3));
    assert_eq!([1, 2, 3].map(|key| window.count(key, at(3))), [2, 0, 1]);
    for second in 4..9 {
        window.note(1, at(second));
    }
    assert_eq!(window.count(1, at(9)), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_window_counts_what_a_list_would_and_stays_bounded(
        events in prop::collection::vec((0_u8..6, 0_i64..8), 0..60), keys in 1_usize..8, most in 1_usize..8,
    ) {
        let mut window = Window::new(SPAN, keys, most);
        let mut list: Vec<(u8, Timestamp)> = Vec::new();
        let mut now = 0;
        for (key, passed) in events {
            now += passed;
            window.note(key, at(now));
            list.push((key, at(now)));
            prop_assert!(window.len() <= keys);
            let real = list.iter().filter(|(k, t)| *k == key && at(now).since(*t) < SPAN).count();
            let counted = window.count(key, at(now));
            prop_assert!(counted <= real.min(most) && counted >= 1);
            if keys >= 6 {
                prop_assert_eq!(counted, real.min(most));
            }
        }
    }
}
