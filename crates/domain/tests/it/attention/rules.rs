use domain::{
    Timestamp, UserId,
    rules::{
        Cast, Hops, Muted, NAMES, Origin, Percent, QuietHours, Rates, Rules, RulesError, RulesPatch, Seconds,
    },
};

use crate::stage::id;

fn set(pairs: &[(&str, &str)]) -> RulesPatch {
    let mut patch = RulesPatch::default();
    for (rule, text) in pairs {
        patch.set(rule, text).unwrap();
    }
    patch
}

fn of(guild: &RulesPatch, channel: &RulesPatch) -> Rules {
    Rules::of(&Rules::default(), guild, channel)
}

#[test]
fn a_channel_stands_over_its_server_and_the_server_over_the_program() {
    let nothing = RulesPatch::default();
    assert_eq!(of(&nothing, &nothing), Rules::default());
    let guild = set(&[("join_in", "10%"), ("sticky", "1 h"), ("prefixes", "?")]);
    let channel = set(&[("join_in", "off")]);
    let rules = of(&guild, &channel);
    assert_eq!((rules.join_in, rules.sticky), (Percent(0), Seconds(3_600)));
    assert_eq!(rules.prefixes, ["?"]);
    assert_eq!(of(&guild, &nothing).join_in, Percent(10));
}

#[test]
fn who_is_muted_or_ignored_in_the_server_is_so_in_all_its_channels() {
    let guild = set(&[("ignored_users", "<@1> <@2>"), ("silenced", "mira"), ("muted", "on")]);
    let channel = set(&[("ignored_users", "<@2>, 3"), ("silenced", "tom"), ("muted", "off")]);
    let rules = of(&guild, &channel);
    assert_eq!(rules.ignored_users, [1, 2, 3].map(UserId));
    assert_eq!(rules.silenced, [id("mira"), id("tom")]);
    assert_eq!(rules.muted, Muted::Forever);
    assert!(!rules.admits(&id("tom")) && rules.admits(&id("juno")));
}

#[test]
fn the_longer_mute_counts_and_ends_by_itself() {
    let at = Timestamp;
    let patch = |muted| RulesPatch { muted: Some(muted), ..RulesPatch::default() };
    let rules = of(&patch(Muted::Until(at(100))), &patch(Muted::Until(at(50))));
    assert!(rules.is_muted(at(99)));
    assert!(!rules.is_muted(at(100)));
    assert!(of(&patch(Muted::No), &patch(Muted::Until(at(50)))).is_muted(at(49)));
    assert!(of(&patch(Muted::Forever), &patch(Muted::No)).is_muted(at(i64::MAX)));
}

#[test]
fn it_is_shown_where_a_value_comes_from() {
    let guild = set(&[("ignored_users", "<@1>"), ("join_in", "25%"), ("quiet_hours", "22:00-7:30")]);
    let channel = set(&[("ignored_users", "<@2>"), ("weights", "mira 150%, tom 0")]);
    let shown = Rules::shown(&Rules::default(), &guild, &channel);
    let line = |rule: &str| {
        let shown = shown.iter().find(|shown| shown.rule == rule).unwrap();
        format!("{} ({})", shown.value, shown.origin)
    };
    assert_eq!(line("ignored_users"), "<@1>, <@2> (set for the server and for this channel)");
    assert_eq!(line("join_in"), "25% (set for the server)");
    assert_eq!(line("quiet_hours"), "22:00-07:30 (set for the server)");
    assert_eq!(line("weights"), "mira 150%, tom 0% (set for this channel)");
    assert_eq!(line("rates"), "20 per person, 60 per channel, 300 per server (as delivered)");
    assert_eq!(shown.len(), NAMES.len());
    assert!(shown.iter().all(|shown| shown.meaning.ends_with('.')));
    assert_eq!(shown.iter().filter(|shown| shown.origin == Origin::Default).count(), NAMES.len() - 4);
}

#[test]
fn what_speaks_unasked_is_off_until_somebody_turns_it_on() {
    let rules = Rules::default();
    let chances = [
        rules.join_in,
        rules.react,
        rules.follow_up,
        rules.ambient,
        rules.greet,
        rules.remark_activities,
        rules.banter,
    ];
    assert!(chances.iter().all(|chance| chance.is_off()));
    assert!(rules.heard_bots.is_empty());
}

#[test]
fn values_are_read_as_people_write_them() {
    let patch = set(&[
        ("cast", "Everybody"),
        ("join_in", " 30 % "),
        ("react", "never"),
        ("sticky", "90"),
        ("ambient_after", "2 hours"),
        ("quiet_hours", "10 pm – 6:30am"),
        ("rates", "5/10/20"),
        ("heard_bots", "<@!501>\n502"),
        ("bot_hops", "5"),
        ("listen_on", "No"),
        ("time_zone", "Europe/Vienna"),
        ("prefixes", "`!`, t!"),
    ]);
    let rules = of(&RulesPatch::default(), &patch);
    assert_eq!(rules.cast, Cast::Everybody);
    assert_eq!((rules.join_in, rules.react), (Percent(30), Percent(0)));
    assert_eq!((rules.sticky, rules.ambient_after), (Seconds(90), Seconds(7_200)));
    assert_eq!(rules.quiet_hours, QuietHours::Daily { from: 1_320, to: 390 });
    assert_eq!(rules.rates, Rates { user: 5, channel: 10, guild: 20 });
    assert_eq!(rules.heard_bots, [UserId(501), UserId(502)]);
    assert_eq!((rules.bot_hops, rules.listen_on), (Hops(5), false));
    assert_eq!(rules.prefixes, ["!", "t!"]);
    let mut patch = set(&[("cast", "mira, tom")]);
    assert_eq!(patch.cast, Some(Cast::Only(vec![id("mira"), id("tom")])));
    patch.set("cast", "nobody").unwrap();
    assert_eq!(patch.cast, Some(Cast::Only(Vec::new())));
    patch.clear("cast").unwrap();
    assert!(patch.is_empty());
}

#[test]
fn what_is_refused_is_said_in_a_sentence() {
    for (rule, text, sentence) in [
        ("join_in", "often", "`join_in`: write a chance like `25%`, or `off`"),
        ("join_in", "101%", "`join_in`: 101% is more than always"),
        ("rates", "0, 1, 1", "`rates`: rates go from 1 to 600 answers a minute; to silence everybody, mute"),
        (
            "rates",
            "5",
            "`rates`: write three numbers: answers a minute per person, channel and server, like `20, 60, 300`",
        ),
        ("quiet_hours", "at night", "`quiet_hours`: write the quiet hours like `22:00-07:30`, or `none`"),
        (
            "quiet_hours",
            "8-8",
            "`quiet_hours`: quiet hours must end at another time than they begin; to silence everybody, mute",
        ),
        ("bot_hops", "6", "`bot_hops`: 5 is the most"),
        ("sticky", "2 weeks", "`sticky`: write a time like `90 s`, `10 min` or `2 h`"),
        ("sticky", "8 days", "`sticky`: a week is the longest"),
        ("ignored_users", "alice", "`ignored_users`: `alice` is neither a mention nor a user id"),
        ("weights", "mira 500%", "`weights`: mira has 500%; weights go from 0 to 400%"),
        (
            "silenced",
            "Mira!",
            "`silenced`: `Mira!` cannot be a character id: use 1 to 64 of a-z, 0-9, - and _",
        ),
        ("time_zone", "my zone", "`time_zone`: write a time zone like `Europe/Vienna` or `UTC`"),
        ("volume", "11", "there is no rule `volume`"),
    ] {
        let refused = RulesPatch::default().set(rule, text).unwrap_err();
        assert_eq!(refused.to_string(), sentence, "{rule}: {text}");
    }
    let refused = RulesPatch::default().set("prefixes", "abc").unwrap_err().to_string();
    assert!(refused.contains("`abc` cannot be a prefix"), "{refused}");
}

#[test]
fn quiet_hours_may_go_over_midnight() {
    let night = QuietHours::Daily { from: 1_320, to: 420 };
    let noon = QuietHours::Daily { from: 720, to: 780 };
    for (minute, at_night, at_noon) in [
        (0, true, false),
        (419, true, false),
        (420, false, false),
        (720, false, true),
        (780, false, false),
        (1_320, true, false),
    ] {
        assert_eq!((night.hold(minute), noon.hold(minute)), (at_night, at_noon), "{minute}");
    }
    assert!((0..1_440).all(|minute| !QuietHours::None.hold(minute)));
}

#[test]
fn a_patch_is_kept_as_json_and_strangers_in_it_are_an_error() {
    let patch = set(&[
        ("cast", "mira"),
        ("muted", "on"),
        ("quiet_hours", "22-6"),
        ("weights", "mira 50%"),
        ("ignored_users", "7"),
        ("rates", "1 2 3"),
        ("join_in", "5"),
    ]);
    let json = patch.to_json();
    assert_eq!(RulesPatch::from_json(&json).unwrap(), patch);
    assert!(!json.contains("null") && !json.contains("sticky"), "{json}");
    assert_eq!(RulesPatch::from_json("{}").unwrap(), RulesPatch::default());
    for (bad, part) in [
        (r#"{"volume": 11}"#, "volume"),
        (r#"{"join_in": "often"}"#, "cannot be read"),
        (r#"{"join_in": 200}"#, "200% is more than always"),
        (r#"{"cast": {"only": ["Not An Id"]}}"#, "cannot be a character id"),
        ("[", "cannot be read"),
    ] {
        let refused = RulesPatch::from_json(bad).unwrap_err().to_string();
        assert!(refused.contains(part), "{bad}: {refused}");
    }
    let huge = format!(r#"{{"time_zone": "{}"}}"#, "x".repeat(300_000));
    assert!(matches!(RulesPatch::from_json(&huge), Err(RulesError::TooLarge(_))));
}

#[test]
fn every_value_that_is_shown_can_be_written_again() {
    // Lists, times and chances; what Discord draws itself (mentions, local times) is shown in its marks.
    let patch = set(&[
        ("quiet_hours", "22-6"),
        ("weights", "mira 50%, tom 150"),
        ("cast", "mira, tom"),
        ("sticky", "2 h"),
    ]);
    for shown in Rules::shown(&Rules::default(), &RulesPatch::default(), &patch) {
        let mut again = RulesPatch::default();
        if matches!(shown.rule, "rates") || shown.value == "all the same" {
            continue;
        }
        again.set(shown.rule, &shown.value).unwrap_or_else(|error| panic!("{}: {error}", shown.value));
        let rules = of(&RulesPatch::default(), &again);
        let same = Rules::shown(&rules, &RulesPatch::default(), &RulesPatch::default());
        let same = same.iter().find(|same| same.rule == shown.rule).unwrap();
        assert_eq!(same.value, shown.value);
    }
}
