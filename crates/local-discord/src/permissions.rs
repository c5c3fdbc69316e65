//! Permission bits and Discord's algorithm to compute them.
//! <https://docs.discord.com/developers/topics/permissions>

use serde::{Deserialize, Serialize};

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub u64);

impl Permissions {
    pub const NONE: Self = Self(0);
    pub const CREATE_INSTANT_INVITE: Self = Self(1);
    pub const KICK_MEMBERS: Self = Self(1 << 1);
    pub const BAN_MEMBERS: Self = Self(1 << 2);
    pub const ADMINISTRATOR: Self = Self(1 << 3);
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    pub const MANAGE_GUILD: Self = Self(1 << 5);
    pub const ADD_REACTIONS: Self = Self(1 << 6);
    pub const STREAM: Self = Self(1 << 9);
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    pub const SEND_TTS_MESSAGES: Self = Self(1 << 12);
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    pub const EMBED_LINKS: Self = Self(1 << 14);
    pub const ATTACH_FILES: Self = Self(1 << 15);
    pub const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    pub const MENTION_EVERYONE: Self = Self(1 << 17);
    pub const USE_EXTERNAL_EMOJIS: Self = Self(1 << 18);
    pub const CONNECT: Self = Self(1 << 20);
    pub const SPEAK: Self = Self(1 << 21);
    pub const MUTE_MEMBERS: Self = Self(1 << 22);
    pub const DEAFEN_MEMBERS: Self = Self(1 << 23);
    pub const MOVE_MEMBERS: Self = Self(1 << 24);
    pub const USE_VAD: Self = Self(1 << 25);
    pub const CHANGE_NICKNAME: Self = Self(1 << 26);
    pub const MANAGE_NICKNAMES: Self = Self(1 << 27);
    pub const MANAGE_ROLES: Self = Self(1 << 28);
    pub const MANAGE_WEBHOOKS: Self = Self(1 << 29);
    pub const USE_APPLICATION_COMMANDS: Self = Self(1 << 31);
    pub const MANAGE_THREADS: Self = Self(1 << 34);
    pub const CREATE_PUBLIC_THREADS: Self = Self(1 << 35);
    pub const CREATE_PRIVATE_THREADS: Self = Self(1 << 36);
    pub const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);
    pub const MODERATE_MEMBERS: Self = Self(1 << 40);
    pub const SET_VOICE_CHANNEL_STATUS: Self = Self(1 << 48);
    pub const PIN_MESSAGES: Self = Self(1 << 51);
    pub const BYPASS_SLOWMODE: Self = Self(1 << 52);

    /// Every permission that exists.
    pub const ALL: Self = Self((1 << 53) - 1);

    /// What `@everyone` may do in a fresh guild.
    pub const DEFAULT_EVERYONE: Self = Self(
        Self::CREATE_INSTANT_INVITE.0
            | Self::ADD_REACTIONS.0
            | Self::STREAM.0
            | Self::VIEW_CHANNEL.0
            | Self::SEND_MESSAGES.0
            | Self::SEND_TTS_MESSAGES.0
            | Self::EMBED_LINKS.0
            | Self::ATTACH_FILES.0
            | Self::READ_MESSAGE_HISTORY.0
            | Self::MENTION_EVERYONE.0
            | Self::USE_EXTERNAL_EMOJIS.0
            | Self::CONNECT.0
            | Self::SPEAK.0
            | Self::USE_VAD.0
            | Self::CHANGE_NICKNAME.0
            | Self::USE_APPLICATION_COMMANDS.0
            | Self::CREATE_PUBLIC_THREADS.0
            | Self::CREATE_PRIVATE_THREADS.0
            | Self::SEND_MESSAGES_IN_THREADS.0,
    );

    /// What a member in time-out keeps.
    pub const TIMED_OUT: Self = Self(Self::VIEW_CHANNEL.0 | Self::READ_MESSAGE_HISTORY.0);

    /// True if every bit of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if the sets share a bit.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Whose permissions an overwrite changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverwriteKind {
    Role,
    Member,
}

/// A channel's exception for a role or a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overwrite {
    pub id: u64,
    pub kind: OverwriteKind,
    pub allow: Permissions,
    pub deny: Permissions,
}

/// What the algorithm needs to know about a member.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub user_id: u64,
    pub guild_id: u64,
    pub owner: bool,
    pub roles: &'a [u64],
    pub timed_out: bool,
}

/// Guild-wide permissions: `@everyone` and the member's roles together.
pub fn base(
    subject: Subject<'_>,
    everyone: Permissions,
    roles: impl Iterator<Item = Permissions>,
) -> Permissions {
    if subject.owner {
        return Permissions::ALL;
    }
    let sum = roles.fold(everyone, |sum, role| sum | role);
    if sum.contains(Permissions::ADMINISTRATOR) {
        return Permissions::ALL;
    }
    if subject.timed_out { Permissions(sum.0 & Permissions::TIMED_OUT.0) } else { sum }
}

/// Applies a channel's overwrites: `@everyone`, then all roles together, then the member.
pub fn in_channel(subject: Subject<'_>, base: Permissions, overwrites: &[Overwrite]) -> Permissions {
    if base.contains(Permissions::ADMINISTRATOR) {
        return Permissions::ALL;
    }
    let mut result = base;
    let apply = |to: Permissions, allow: Permissions, deny: Permissions| to.without(deny) | allow;
    if let Some(everyone) = overwrites.iter().find(|o| o.id == subject.guild_id) {
        result = apply(result, everyone.allow, everyone.deny);
    }
    let (mut allow, mut deny) = (Permissions::NONE, Permissions::NONE);
    for overwrite in overwrites {
        let mine = overwrite.id != subject.guild_id && subject.roles.contains(&overwrite.id);
        if overwrite.kind == OverwriteKind::Role && mine {
            allow = allow | overwrite.allow;
            deny = deny | overwrite.deny;
        }
    }
    result = apply(result, allow, deny);
    let member = |o: &&Overwrite| o.kind == OverwriteKind::Member && o.id == subject.user_id;
    if let Some(own) = overwrites.iter().find(member) {
        result = apply(result, own.allow, own.deny);
    }
    if subject.timed_out {
        result = Permissions(result.0 & Permissions::TIMED_OUT.0);
    }
    implicit(result)
}

/// Permissions that mean nothing without `SEND_MESSAGES`.
const NEEDS_SEND: Permissions = Permissions(
    Permissions::MENTION_EVERYONE.0
        | Permissions::SEND_TTS_MESSAGES.0
        | Permissions::ATTACH_FILES.0
        | Permissions::EMBED_LINKS.0,
);

/// Permissions that are lost because another one is missing.
fn implicit(mut set: Permissions) -> Permissions {
    if !set.contains(Permissions::VIEW_CHANNEL) {
        return Permissions::NONE;
    }
    if !set.contains(Permissions::SEND_MESSAGES) {
        set = set.without(NEEDS_SEND);
    }
    set
}

/// In a thread, `SEND_MESSAGES_IN_THREADS` takes the place of `SEND_MESSAGES`; all else comes from the parent.
pub fn in_thread(subject: Subject<'_>, base: Permissions, parent_overwrites: &[Overwrite]) -> Permissions {
    if base.contains(Permissions::ADMINISTRATOR) {
        return Permissions::ALL;
    }
    // The implicit loss of attachments and embeds must follow the thread's own way to send.
    let lend: Vec<Overwrite> = parent_overwrites.iter().map(|o| thread_view(*o)).collect();
    in_channel(subject, thread_base(base), &lend)
}

fn thread_base(set: Permissions) -> Permissions {
    swap_send(set)
}

fn thread_view(overwrite: Overwrite) -> Overwrite {
    Overwrite { allow: swap_send(overwrite.allow), deny: swap_send(overwrite.deny), ..overwrite }
}

fn swap_send(set: Permissions) -> Permissions {
    let kept = set.without(Permissions::SEND_MESSAGES);
    if set.contains(Permissions::SEND_MESSAGES_IN_THREADS) { kept | Permissions::SEND_MESSAGES } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'static> =
        Subject { user_id: 7, guild_id: 1, owner: false, roles: &[10, 11], timed_out: false };

    fn overwrite(id: u64, kind: OverwriteKind, allow: Permissions, deny: Permissions) -> Overwrite {
        Overwrite { id, kind, allow, deny }
    }

    #[test]
    fn a_member_overwrite_wins_over_roles_and_a_role_allow_over_a_role_deny() {
        let base = Permissions::DEFAULT_EVERYONE;
        let send = Permissions::SEND_MESSAGES;
        let roles = [
            overwrite(10, OverwriteKind::Role, Permissions::NONE, send),
            overwrite(11, OverwriteKind::Role, send, Permissions::NONE),
        ];
        assert!(in_channel(SUBJECT, base, &roles).contains(send));
        let member = [roles[1], overwrite(7, OverwriteKind::Member, Permissions::NONE, send)];
        assert!(!in_channel(SUBJECT, base, &member).contains(send));
    }

    #[test]
    fn without_view_there_is_nothing_and_without_send_no_attachments() {
        let hide = [overwrite(1, OverwriteKind::Role, Permissions::NONE, Permissions::VIEW_CHANNEL)];
        assert_eq!(in_channel(SUBJECT, Permissions::DEFAULT_EVERYONE, &hide), Permissions::NONE);
        let mute = [overwrite(1, OverwriteKind::Role, Permissions::NONE, Permissions::SEND_MESSAGES)];
        assert!(
            !in_channel(SUBJECT, Permissions::DEFAULT_EVERYONE, &mute).contains(Permissions::ATTACH_FILES)
        );
    }

    #[test]
    fn administrators_and_owners_may_do_all_and_the_timed_out_only_read() {
        let hide = [overwrite(1, OverwriteKind::Role, Permissions::NONE, Permissions::VIEW_CHANNEL)];
        let admin = base(SUBJECT, Permissions::NONE, [Permissions::ADMINISTRATOR].into_iter());
        assert_eq!(in_channel(SUBJECT, admin, &hide), Permissions::ALL);
        let out = Subject { timed_out: true, ..SUBJECT };
        let all = base(out, Permissions::DEFAULT_EVERYONE, std::iter::empty());
        assert_eq!(in_channel(out, all, &[]), Permissions::TIMED_OUT);
    }

    #[test]
    fn a_thread_asks_for_its_own_send_permission() {
        let quiet = Permissions::DEFAULT_EVERYONE.without(Permissions::SEND_MESSAGES);
        let set = in_thread(SUBJECT, quiet, &[]);
        assert!(set.contains(Permissions::SEND_MESSAGES | Permissions::ATTACH_FILES));
    }

    /// The same rules, told for one permission at a time, the last word first.
    fn one_bit(bit: Permissions, base: Permissions, overwrites: &[Overwrite]) -> bool {
        let of = |wanted: &dyn Fn(&Overwrite) -> bool| -> Option<bool> {
            let mine: Vec<&Overwrite> = overwrites.iter().filter(|o| wanted(o)).collect();
            let allowed = mine.iter().any(|o| o.allow.contains(bit));
            let denied = mine.iter().any(|o| o.deny.contains(bit));
            if allowed { Some(true) } else { denied.then_some(false) }
        };
        let member = of(&|o| o.kind == OverwriteKind::Member && o.id == SUBJECT.user_id);
        let roles = of(&|o| o.kind == OverwriteKind::Role && SUBJECT.roles.contains(&o.id));
        let everyone = of(&|o| o.id == SUBJECT.guild_id);
        member.or(roles).or(everyone).unwrap_or(base.contains(bit))
    }

    #[test]
    fn any_mixture_of_overwrites_follows_the_order_of_precedence() {
        let mut dice = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let bits = |dice: &mut fastrand::Rng| {
                let random = Permissions(dice.u64(..) & dice.u64(..) & Permissions::ALL.0);
                random.without(Permissions::ADMINISTRATOR)
            };
            let base = bits(&mut dice);
            let kinds = [
                (1, OverwriteKind::Role),
                (10, OverwriteKind::Role),
                (11, OverwriteKind::Role),
                (12, OverwriteKind::Role),
                (7, OverwriteKind::Member),
                (8, OverwriteKind::Member),
            ];
            let overwrites: Vec<Overwrite> = kinds
                .into_iter()
                .map(|(id, kind)| overwrite(id, kind, bits(&mut dice), bits(&mut dice)))
                .collect();
            let result = in_channel(SUBJECT, base, &overwrites);
            let sees = one_bit(Permissions::VIEW_CHANNEL, base, &overwrites);
            for shift in (0..53).filter(|s| *s != 3) {
                let bit = Permissions(1 << shift);
                let told = sees && one_bit(bit, base, &overwrites);
                let silenced =
                    !one_bit(Permissions::SEND_MESSAGES, base, &overwrites) && NEEDS_SEND.contains(bit);
                assert_eq!(result.contains(bit), told && !silenced, "bit {shift}");
            }
        }
    }
}
