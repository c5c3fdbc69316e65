use std::{collections::BTreeMap, sync::Arc};

use domain::{
    ChannelId, Timestamp, UserId,
    attention::{About, Gate, Part, Reason, Verdict, banter, choose, decide, hush, refusal},
    character::Character,
    event::{Activity, ActivityKind},
    limits,
    pace::Pace,
    rules::{Muted, Percent, QuietHours, Rules, Weights},
    scene::{Budget, Line, Scene, Speaker, Standing, Standings},
};
use fastrand::Rng;
use proptest::prelude::*;

use crate::stage::{BOT, cast, character, id, message, person, scene, spoken};

fn crew() -> Vec<Arc<Character>> {
    let mut crew = cast(&[("Mira", &[]), ("Tom", &[]), ("Juno", &[])]);
    Arc::make_mut(&mut crew[0]).topics = vec!["storms".to_owned(), "night sky".to_owned(), "灯台".to_owned()];
    Arc::make_mut(&mut crew[1]).topics = vec!["games".to_owned()];
    Arc::make_mut(&mut crew[2]).age_restricted = true;
    crew
}

fn about(text: &str) -> About<'_> {
    About { text, writer: Some(UserId(10)), channel: ChannelId(2), but: &[] }
}

fn part(text: &str, scene: &Scene<'_>, name: Part) -> (String, i32) {
    let chosen = choose(Reason::Mention, &about(text), scene, &mut Rng::with_seed(1)).unwrap();
    (chosen.character.to_string(), chosen.score.part(name))
}

#[test]
fn the_parts_of_a_score_add_up_and_are_told() {
    let crew = crew();
    let history = [person(10, "alice", "hi"), spoken("mira", "Hm.")];
    let mut scene = scene(&crew[..2], &history);
    scene.last_speaker = Some(id("mira"));
    scene.now = history[1].at;
    let chosen = choose(Reason::Mention, &about("a storm"), &scene, &mut Rng::with_seed(1)).unwrap();
    let sum: i32 = chosen.score.parts.iter().map(|part| part.points).sum();
    assert_eq!(chosen.score.total, sum);
    assert!(chosen.score.parts.iter().all(|part| part.points != 0));
    for (name, points) in [(Part::AnsweredWriter, 40), (Part::SpokeLast, 20), (Part::Interests, 15)] {
        assert_eq!(chosen.score.part(name), points, "{name}");
    }
    let told = chosen.score.to_string();
    assert!(told.contains("answered this person just now +40"), "{told}");
    let json = serde_json::to_string(&Verdict::Answer(vec![chosen.clone()])).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), Verdict::Answer(vec![chosen]));
}

#[test]
fn stickiness_fades_with_time() {
    let crew = crew();
    let history = [person(10, "alice", "hi"), spoken("tom", "Hm.")];
    let mut scene = scene(&crew[1..2], &history);
    let mut points = Vec::new();
    for seconds in [0, 75, 150, 225, 299] {
        scene.now = Timestamp(seconds * 1_000);
        points.push(part("", &scene, Part::AnsweredWriter).1);
    }
    assert_eq!(points, [40, 30, 20, 10, 0]);
    // What the store remembers counts where the history does not reach.
    let known = Standing { answered_writer_at: Some(Timestamp(290_000)), ..Standing::default() };
    let standings = Standings(BTreeMap::from([(id("mira"), known)]));
    scene.standings = &standings;
    scene.cast = &crew[..2];
    assert_eq!(part("", &scene, Part::AnsweredWriter), ("mira".to_owned(), 38));
}

#[test]
fn interests_are_whole_words_in_any_script_and_at_most_three_count() {
    let crew = crew();
    let scene = scene(&crew[..1], &[]);
    for (text, points) in [
        ("a storm", 15),
        ("STORMS!", 15),
        ("a brainstorm", 0),
        ("the night  sky", 15),
        ("古い灯台です", 15),
        ("> storms", 0),
        ("storms, storms, storms", 15),
        ("storms in the night sky, 灯台", 45),
    ] {
        assert_eq!(part(text, &scene, Part::Interests).1, points, "{text}");
    }
}

#[test]
fn what_somebody_does_counts_by_its_name_its_details_and_its_kind() {
    let crew = crew();
    let activity = |kind, name: &str, details: Option<&str>| Activity {
        kind,
        name: name.into(),
        details: details.map(Into::into),
    };
    let scene = scene(&crew[..2], &[]);
    for (doing, who) in [
        (activity(ActivityKind::Listening, "Radio", Some("Storms of the North")), "mira"),
        (activity(ActivityKind::Playing, "Whales", None), "tom"),
        (activity(ActivityKind::Watching, "Night Sky", None), "mira"),
    ] {
        let doing = [doing];
        let scene = Scene { presence: &doing, ..scene.clone() };
        assert_eq!(part("", &scene, Part::Presence), (who.to_owned(), 10));
    }
}

#[test]
fn nobody_is_chosen_who_may_not_speak_here() {
    let crew = crew();
    let rules = Rules { silenced: vec![id("mira")], ..Rules::default() };
    let mut scene = scene(&crew, &[]);
    scene.rules = &rules;
    assert_eq!(refusal(&crew[0], &scene), Some(Gate::NotHere));
    assert_eq!(refusal(&crew[1], &scene), None);
    assert_eq!(refusal(&crew[2], &scene), Some(Gate::AgeRestricted));
    let pick = |scene: &Scene<'_>, but: &[_]| {
        let about = About { but, ..about("storms") };
        choose(Reason::Ambient, &about, scene, &mut Rng::with_seed(3)).map(|chosen| chosen.character)
    };
    assert_eq!(pick(&scene, &[]), Ok(id("tom")));
    assert_eq!(pick(&scene, &[id("tom")]), Err(Gate::NotHere));
    assert_eq!(pick(&Scene { cast: &crew[2..], ..scene.clone() }, &[]), Err(Gate::AgeRestricted));
    assert_eq!(pick(&Scene { cast: &[], ..scene.clone() }, &[]), Err(Gate::NotAddressed));
    let without_weight = Rules { weights: Weights(BTreeMap::from([(id("tom"), 0)])), ..rules.clone() };
    scene.rules = &without_weight;
    assert_eq!(pick(&scene, &[]), Err(Gate::NotAddressed));
}

#[test]
fn a_second_character_adds_to_an_answer_to_a_person_only() {
    let crew = crew();
    let rules = Rules { banter: Percent(1), ..Rules::default() };
    let mut scene = scene(&crew[..2], &[]);
    let asked = message("storms?");
    let second = |scene: &Scene<'_>, reason| {
        banter(&id("mira"), reason, &asked, scene, &mut Rng::with_seed(1)).map(|chosen| chosen.character)
    };
    assert_eq!(second(&scene, Reason::Named), None, "it is off");
    scene.rules = &rules;
    assert_eq!(second(&scene, Reason::Named), Some(id("tom")));
    for reason in [Reason::Banter, Reason::Scene, Reason::GoOn, Reason::Ambient, Reason::Greeting] {
        assert_eq!(second(&scene, reason), None, "{reason}");
    }
}

#[test]
fn turns_of_our_own_keep_quiet_where_quiet_is_wanted() {
    let rules = [
        Rules { muted: Muted::Forever, ..Rules::default() },
        Rules { quiet_hours: QuietHours::Daily { from: 0, to: 60 }, ..Rules::default() },
    ];
    let base = Scene { local_minute: Some(30), ..Scene::new(BOT, &[], &[], Timestamp(0)) };
    assert_eq!(hush(&base), None);
    assert_eq!(hush(&Scene { rules: &rules[0], ..base.clone() }), Some(Gate::Muted));
    assert_eq!(hush(&Scene { rules: &rules[1], ..base.clone() }), Some(Gate::QuietHours));
    assert_eq!(hush(&Scene { budget: Budget::Spent, ..base.clone() }), Some(Gate::Budget));
    let pace = |user, channel, guild| Scene { pace: Pace { user, channel, guild }, ..base.clone() };
    assert_eq!(hush(&pace(999, 0, 0)), None, "a person's rate is a person's");
    assert_eq!(hush(&pace(0, 60, 0)), Some(Gate::ChannelRate));
    assert_eq!(hush(&pace(0, 0, 300)), Some(Gate::GuildRate));
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (0_u64..6, "[a-z ]{0,12}|Mira|Tom", 0_i64..600_000).prop_map(|(who, text, at)| Line {
        who: match who {
            0 => Speaker::Character(id("mira")),
            1 => Speaker::Character(id("tom")),
            2 => Speaker::OtherBot { id: UserId(500), name: "echo".into() },
            n => Speaker::Person { id: UserId(7 + n), name: "somebody".into() },
        },
        text: text.as_str().into(),
        message: None,
        at: Timestamp(at),
    });
    prop::collection::vec(line, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_and_the_same_events_give_the_same_verdict(
        history in lines(), text in "(Mira|Tom|Juno|storm|@|what|this|\\?| ){0,8}", seed: u64, join_in in 0_u8..=100,
        mentioned: bool, picture: bool, adult_channel: bool, minute in 0_u16..1_440, relation in -100_i8..=100,
    ) {
        let crew = crew();
        let rules = Rules {
            join_in: Percent(join_in),
            quiet_hours: QuietHours::Daily { from: 100, to: 200 },
            ..Rules::default()
        };
        let known = Standing { relation, ..Standing::default() };
        let standings = Standings(BTreeMap::from([(id("tom"), known)]));
        let mut asked = message(&text);
        if mentioned {
            asked.mentions = vec![BOT.user];
        }
        let world = Scene {
            rules: &rules,
            age_restricted: adult_channel,
            picture_near: picture,
            local_minute: Some(minute),
            standings: &standings,
            ..Scene::new(BOT, &crew, &history, Timestamp(600_000))
        };
        let verdict = decide(&asked, &world, &mut Rng::with_seed(seed));
        prop_assert_eq!(&decide(&asked, &world.clone(), &mut Rng::with_seed(seed)), &verdict);
        if let Verdict::Answer(chosen) = &verdict {
            prop_assert!((1..=limits::ANSWERERS).contains(&chosen.len()));
            for chosen in chosen {
                let member = crew.iter().find(|member| member.id == chosen.character).unwrap();
                prop_assert_eq!(refusal(member, &world), None);
                prop_assert_eq!(chosen.score.total, chosen.score.parts.iter().map(|part| part.points).sum::<i32>());
            }
            prop_assert!(!rules.quiet_hours.hold(minute));
        }
        let json = serde_json::to_string(&verdict).unwrap();
        prop_assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    }
}

#[test]
fn cards_say_who_is_for_adults_and_what_somebody_cares_for() {
    let read = |data: &str| {
        let card = format!(r#"{{"spec": "chara_card_v3", "data": {{"name": "Ruby", {data}}}}}"#);
        domain::card::parse(card.as_bytes()).unwrap()
    };
    assert!(read(r#""tags": ["elf", "NSFW"]"#).age_restricted);
    assert!(read(r#""extensions": {"acore": {"age_restricted": true}}"#).age_restricted);
    assert!(read(r#""tags": ["nsfw"], "extensions": {"acore": {"age_restricted": false}}"#).age_restricted);
    assert!(!read(r#""tags": ["sfw", "not nsfw at all"]"#).age_restricted);
    let games = read(r#""extensions": {"acore": {"activities": ["Chess", " "]}}"#).activities;
    assert_eq!(games, ["Chess"]);
    assert!(!character("Mira", &[]).age_restricted);
}
