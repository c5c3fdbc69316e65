//! Nobody hears what they could not have seen: plans against Discord's rules as its documentation writes them down.

use domain::{
    ChannelId, GuildId, RoleId, UserId,
    audience::{GuildPlan, Overwrite, Shape, Whose},
    command::Permissions,
};
use proptest::prelude::*;

const GUILD: u64 = 1;
const OWNER: u64 = 900;
const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const HISTORY: Permissions = Permissions::READ_MESSAGE_HISTORY;
const CONNECT: Permissions = Permissions::CONNECT;

/// A server as Discord would keep it, to judge the plan by.
#[derive(Clone, Debug)]
struct Server {
    /// Everybody's first.
    roles: Vec<(u64, u64)>,
    channels: Vec<(u64, Shape, Vec<Overwrite>)>,
}

impl Server {
    fn plan(&self) -> GuildPlan {
        let mut plan = GuildPlan::new(GuildId(GUILD), Some(UserId(OWNER)));
        for &(role, bits) in &self.roles {
            plan.set_role(RoleId(role), Permissions(bits));
        }
        for (id, shape, overwrites) in &self.channels {
            plan.set_channel(ChannelId(*id), *shape, overwrites.iter().copied());
        }
        plan
    }

    fn channel(&self, id: u64) -> &(u64, Shape, Vec<Overwrite>) {
        self.channels.iter().find(|(known, ..)| *known == id).unwrap()
    }

    /// The pseudo code of "Permission Overwrites", step by step.
    fn may(&self, wanted: Permissions, user: u64, roles: &[u64], channel: u64) -> bool {
        let (_, shape, overwrites) = self.channel(channel);
        if let Some(parent) = shape.parent() {
            return self.may(wanted, user, roles, parent.get());
        }
        let held = |role: &u64| *role == GUILD || roles.contains(role);
        let base = self.roles.iter().filter(|(role, _)| held(role)).fold(0, |sum, (_, bits)| sum | bits);
        if user == OWNER || base & Permissions::ADMINISTRATOR.0 != 0 {
            return true;
        }
        let of =
            |whose| overwrites.iter().find(|o| o.whose == whose).map_or((0, 0), |o| (o.allow.0, o.deny.0));
        let everyone = of(Whose::Role(RoleId(GUILD)));
        let mut result = (base & !everyone.1) | everyone.0;
        let (mut allow, mut deny) = (0, 0);
        for role in roles {
            let one = of(Whose::Role(RoleId(*role)));
            allow |= one.0;
            deny |= one.1;
        }
        result = (result & !deny) | allow;
        let own = of(Whose::Member(UserId(user)));
        result = (result & !own.1) | own.0;
        result & wanted.0 == wanted.0
    }

    /// Whether everybody of `people` who sees the place could read the source.
    fn safe(&self, source: u64, place: u64, people: &[(u64, Vec<u64>)]) -> bool {
        let mut needed = VIEW.with(HISTORY);
        if self.channel(source).1 == Shape::Voice {
            needed = needed.with(CONNECT);
        }
        // Anybody can be moved into a voice channel.
        let moved = self.channel(place).1 == Shape::Voice;
        people.iter().all(|(user, roles)| {
            !(moved || self.may(VIEW, *user, roles, place)) || self.may(needed, *user, roles, source)
        })
    }

    /// Everybody who could ever be a member: each person of whom an overwrite speaks, and one of whom none does, with
    /// every set of roles.
    fn everybody(&self) -> Vec<(u64, Vec<u64>)> {
        let roles: Vec<u64> = self.roles.iter().skip(1).map(|(role, _)| *role).collect();
        let sets = (0..1_u32 << roles.len()).map(|set| -> Vec<u64> {
            roles.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0).map(|(_, role)| *role).collect()
        });
        sets.flat_map(|set| [801, 802, 803, 899, OWNER].map(|user| (user, set.clone()))).collect()
    }
}

fn bits() -> impl Strategy<Value = Permissions> {
    // What does not matter must not matter.
    prop::sample::subsequence(vec![VIEW, HISTORY, CONNECT, Permissions::SEND_MESSAGES], 0..=3)
        .prop_map(|set| set.into_iter().fold(Permissions::NONE, Permissions::with))
}

fn overwrites(roles: u64) -> impl Strategy<Value = Vec<Overwrite>> {
    let whose = prop_oneof![
        2 => Just(Whose::Role(RoleId(GUILD))),
        5 => (10..10 + roles.max(1)).prop_map(|role| Whose::Role(RoleId(role))),
        2 => (801_u64..804).prop_map(|user| Whose::Member(UserId(user))),
    ];
    prop::collection::vec((whose, bits(), bits()), 0..5).prop_map(move |all| {
        let mut kept: Vec<Overwrite> = Vec::new();
        for (whose, allow, deny) in all {
            let exists = match whose {
                Whose::Role(role) => role.get() < 10 + roles,
                Whose::Member(_) => true,
            };
            if exists && kept.iter().all(|known| known.whose != whose) {
                kept.push(Overwrite { whose, allow, deny });
            }
        }
        kept
    })
}

fn server(roles: std::ops::Range<u64>) -> impl Strategy<Value = Server> {
    roles.prop_flat_map(|roles| {
        let base = prop_oneof![
            6 => bits().prop_map(|bits| bits.0),
            1 => Just(Permissions::ADMINISTRATOR.0),
        ];
        let base = prop::collection::vec(base, roles as usize);
        let everyone = prop_oneof![
            3 => Just(VIEW.with(HISTORY).with(CONNECT)),
            2 => bits(),
        ];
        let shape = prop_oneof![3 => Just(Shape::Text), 1 => Just(Shape::Voice)];
        let channels = prop::collection::vec((shape, overwrites(roles)), 3);
        (everyone, base, channels).prop_map(|(everyone, base, channels)| {
            let mut server = Server {
                roles: std::iter::once((GUILD, everyone.0)).chain((10..).zip(base)).collect(),
                channels: (100..).zip(channels).map(|(id, (shape, set))| (id, shape, set)).collect(),
            };
            server.channels.push((200, Shape::PublicThread(ChannelId(100)), Vec::new()));
            server.channels.push((201, Shape::PrivateThread(ChannelId(100)), Vec::new()));
            server
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Exact: with every member that there could be, between channels.
    #[test]
    fn a_room_is_open_to_a_place_exactly_if_nobody_could_be_there_without_reading_it(server in server(0..5)) {
        let (plan, everybody) = (server.plan(), server.everybody());
        for source in 100..103 {
            for place in 100..103 {
                let told = plan.covers(ChannelId(source), ChannelId(place));
                let safe = source == place || server.safe(source, place, &everybody);
                prop_assert_eq!(told, safe, "{} in {}", source, place);
            }
        }
    }

    /// Sound: for members with any of many roles, and threads.
    #[test]
    fn no_member_of_a_big_server_hears_what_they_could_not_have_read(
        server in server(5..30),
        members in prop::collection::vec((800_u64..806, prop::collection::vec(10_u64..40, 0..6)), 1..24),
    ) {
        let plan = server.plan();
        let members: Vec<_> = members
            .into_iter()
            .map(|(user, roles)| {
                let real = |role: &u64| server.roles.iter().any(|(known, _)| known == role);
                (user, roles.into_iter().filter(real).collect::<Vec<_>>())
            })
            .collect();
        for place in [100, 101, 102, 200, 201] {
            let rooms = plan.rooms(ChannelId(place));
            prop_assert_eq!(rooms[0], plan.room(ChannelId(place)));
            for room in 100..103 {
                let told = rooms.contains(&ChannelId(room));
                prop_assert_eq!(told, plan.covers(ChannelId(room), ChannelId(place)));
                let own = plan.room(ChannelId(place)) == ChannelId(room);
                prop_assert!(!told || own || server.safe(room, place, &members), "{} in {}", room, place);
            }
            // Only who is in a private thread sees it.
            prop_assert_eq!(rooms.contains(&ChannelId(201)), place == 201);
        }
    }
}

const OPEN: u64 = 100;
const SECOND: u64 = 101;
const STAFF: u64 = 102;
const VOICE: u64 = 103;

fn allow(whose: Whose, bits: Permissions) -> Overwrite {
    Overwrite { whose, allow: bits, deny: Permissions::NONE }
}

fn deny(whose: Whose, bits: Permissions) -> Overwrite {
    Overwrite { whose, allow: Permissions::NONE, deny: bits }
}

const EVERYONE: Whose = Whose::Role(RoleId(GUILD));
const MODERATOR: Whose = Whose::Role(RoleId(10));

/// Two open channels, one for moderators, a voice channel; threads of the open one.
fn usual() -> GuildPlan {
    let server = Server {
        roles: vec![(GUILD, VIEW.with(HISTORY).with(CONNECT).0), (10, 0)],
        channels: vec![
            (OPEN, Shape::Text, vec![]),
            (SECOND, Shape::Text, vec![deny(EVERYONE, Permissions::SEND_MESSAGES)]),
            (STAFF, Shape::Text, vec![deny(EVERYONE, VIEW), allow(MODERATOR, VIEW)]),
            (VOICE, Shape::Voice, vec![]),
            (200, Shape::PublicThread(ChannelId(OPEN)), vec![]),
            (201, Shape::PrivateThread(ChannelId(OPEN)), vec![]),
            (202, Shape::PublicThread(ChannelId(STAFF)), vec![]),
        ],
    };
    server.plan()
}

fn rooms(plan: &GuildPlan, place: u64) -> Vec<u64> {
    plan.rooms(ChannelId(place)).into_iter().map(ChannelId::get).collect()
}

#[test]
fn what_is_public_is_known_among_the_staff_and_not_the_other_way_round() {
    let plan = usual();
    assert_eq!(rooms(&plan, OPEN), [OPEN, SECOND, VOICE]);
    assert_eq!(rooms(&plan, STAFF), [STAFF, OPEN, SECOND, VOICE]);
    assert_eq!(rooms(&plan, 202), [STAFF, 202, OPEN, SECOND, VOICE], "a thread of the staff's");
}

#[test]
fn a_public_thread_is_its_channels_room_and_a_private_one_its_own() {
    let plan = usual();
    assert_eq!([200, 201, 202].map(|id| plan.room(ChannelId(id)).get()), [OPEN, 201, STAFF]);
    assert_eq!(rooms(&plan, 200), [OPEN, 200, SECOND, VOICE]);
    assert_eq!(rooms(&plan, 201), [201, OPEN, SECOND, VOICE], "those inside see the channel above, too");
    assert!(!rooms(&plan, OPEN).contains(&201));
}

#[test]
fn anybody_can_be_moved_into_the_staffs_voice_channel() {
    let mut plan = usual();
    assert!(plan.set_channel(ChannelId(VOICE), Shape::Voice, [deny(EVERYONE, VIEW), allow(MODERATOR, VIEW)]));
    assert_eq!(rooms(&plan, VOICE), [VOICE, OPEN, SECOND]);
    assert_eq!(rooms(&plan, STAFF), [STAFF, OPEN, SECOND, VOICE], "the staff can read its chat");
}

#[test]
fn what_nobody_told_of_is_a_room_of_its_own() {
    let mut plan = usual();
    assert_eq!(rooms(&plan, 777), [777]);
    assert!(!plan.covers(ChannelId(777), ChannelId(OPEN)) && !plan.covers(ChannelId(OPEN), ChannelId(777)));
    assert_eq!(rooms(&GuildPlan::default(), OPEN), [OPEN]);
    assert!(plan.remove_channel(ChannelId(OPEN)) && !plan.remove_channel(ChannelId(OPEN)));
    assert_eq!(rooms(&plan, 200), [200], "the threads of a channel that is out of sight are, too");
}

#[test]
fn without_history_one_could_not_have_read_it() {
    let mut plan = usual();
    assert!(plan.set_channel(ChannelId(SECOND), Shape::Text, [deny(EVERYONE, HISTORY)]));
    assert_eq!(rooms(&plan, OPEN), [OPEN, VOICE]);
    assert_eq!(rooms(&plan, SECOND), [SECOND, OPEN, VOICE], "a place is one's own room, history or not");
    plan.set_channel(ChannelId(VOICE), Shape::Voice, [deny(EVERYONE, CONNECT)]);
    assert_eq!(rooms(&plan, OPEN), [OPEN], "the chat of a voice channel is for those who may enter");
}

#[test]
fn an_exception_for_one_person_counts() {
    let mut plan = usual();
    let guest = Whose::Member(UserId(801));
    assert!(plan.set_channel(ChannelId(SECOND), Shape::Text, [deny(guest, VIEW)]));
    assert_eq!(rooms(&plan, OPEN), [OPEN, VOICE], "the guest could be there");
    assert!(plan.set_channel(ChannelId(OPEN), Shape::Text, [deny(guest, VIEW)]));
    assert_eq!(rooms(&plan, OPEN), [OPEN, SECOND, VOICE], "the guest is out of both");
    assert!(plan.set_channel(ChannelId(SECOND), Shape::Text, [deny(Whose::Member(UserId(OWNER)), VIEW)]));
    assert_eq!(rooms(&plan, OPEN), [OPEN, SECOND, VOICE], "owners see everything");
    assert!(plan.set_owner(UserId(5)));
    assert_eq!(rooms(&plan, OPEN), [OPEN, VOICE], "and others do not");
}

#[test]
fn only_a_change_of_sight_is_a_change() {
    let mut plan = usual();
    let send = Permissions::SEND_MESSAGES;
    assert!(!plan.set_role(RoleId(10), send));
    assert!(!plan.set_channel(ChannelId(OPEN), Shape::Text, [allow(MODERATOR, send)]));
    assert!(!plan.set_owner(UserId(OWNER)));
    assert!(!plan.set_channel(ChannelId(200), Shape::PublicThread(ChannelId(OPEN)), []));
    assert!(plan.set_role(RoleId(10), Permissions::ADMINISTRATOR));
    assert!(plan.set_role(RoleId(11), Permissions::NONE));
    plan.set_channel(
        ChannelId(STAFF),
        Shape::Text,
        [deny(EVERYONE, VIEW), allow(Whose::Role(RoleId(11)), VIEW)],
    );
    assert!(plan.remove_role(RoleId(11)) && !plan.remove_role(RoleId(11)));
}
