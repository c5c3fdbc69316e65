//! The air of a channel.

use domain::{UserId, state::AirKind};

use super::ground::{Channel, HOUR};

const SAD: &str = "I am so sad, I feel lonely";
const GLAD: &str = "amazing, I love it, so happy";

fn air(channel: &Channel) -> AirKind {
    channel.mind.air(channel.now()).kind
}

#[test]
fn five_messages_make_the_air() {
    let mut channel = Channel::default();
    for person in 1..=4 {
        channel.says(person, SAD, &[]);
        assert_eq!(air(&channel), AirKind::Balanced);
    }
    channel.says(5, SAD, &[]);
    assert_eq!(air(&channel), AirKind::Empathetic);
    assert!(channel.mind.air(channel.now()).intensity.get() > 0.5);
    let mut channel = Channel::default();
    for person in 1..=5 {
        channel.says(person, GLAD, &[]);
    }
    assert_eq!(air(&channel), AirKind::Enthusiastic);
}

#[test]
fn one_person_s_many_lines_are_one_person() {
    let mut channel = Channel::default();
    for _ in 0..6 {
        channel.says(1, GLAD, &[]);
    }
    for person in 2..=5 {
        channel.says(person, "the train leaves at four", &[]);
    }
    assert_eq!(air(&channel), AirKind::Balanced);
}

#[test]
fn only_the_last_ten_messages_of_the_last_hour_count() {
    let mut channel = Channel::default();
    for person in 1..=5 {
        channel.says(person, SAD, &[]);
    }
    let mut later = channel.clone();
    later.passes(HOUR + 1_000);
    assert_eq!(air(&later), AirKind::Balanced);
    for person in 11..=20 {
        channel.says(person, "the train leaves at four", &[]);
    }
    assert_eq!(air(&channel), AirKind::Balanced);
}

#[test]
fn a_person_can_be_forgotten() {
    let mut channel = Channel::default();
    for person in 1..=5 {
        channel.says(person, SAD, &[]);
    }
    channel.mind.forget_person(UserId(3));
    assert_eq!(air(&channel), AirKind::Balanced);
    assert!(!serde_json::to_string(&channel.mind).unwrap().contains("\"person\":3"));
}
