//! Which mentions of a message count.
//! <https://docs.discord.com/developers/resources/message#allowed-mentions-object>

use super::model::State;
use crate::permissions::Permissions;

/// `allowed_mentions` of a request. `None` in its place means: everything in the text counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "mirrors the switches of Discord's object")]
pub struct AllowedMentions {
    pub parse_users: bool,
    pub parse_roles: bool,
    pub parse_everyone: bool,
    pub users: Vec<u64>,
    pub roles: Vec<u64>,
    pub replied_user: bool,
}

/// What landed in `mentions`, `mention_roles` and `mention_everyone`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    pub(crate) users: Vec<u64>,
    pub(crate) roles: Vec<u64>,
    pub(crate) everyone: bool,
}

/// Finds the mentions in a text that count.
pub(crate) fn resolve(
    state: &State,
    guild_id: Option<u64>,
    content: &str,
    allowed: Option<&AllowedMentions>,
    rights: Permissions,
    replied_to: Option<u64>,
) -> Mentions {
    let mut found = Mentions::default();
    let may_user = |id: u64| allowed.is_none_or(|a| a.parse_users || a.users.contains(&id));
    let may_role = |id: u64| allowed.is_none_or(|a| a.parse_roles || a.roles.contains(&id));
    for (sigil, id) in tokens(content) {
        match sigil {
            Sigil::User if may_user(id) && state.users.contains_key(&id) => push_new(&mut found.users, id),
            Sigil::Role if may_role(id) && may_ping_role(state, guild_id, id, rights) => {
                push_new(&mut found.roles, id);
            }
            _ => {}
        }
    }
    if let Some(id) = replied_to.filter(|_| allowed.is_none_or(|a| a.replied_user)) {
        push_new(&mut found.users, id);
    }
    let everyone = content.contains("@everyone") || content.contains("@here");
    let allowed_everyone = allowed.is_none_or(|a| a.parse_everyone);
    found.everyone =
        everyone && allowed_everyone && guild_id.is_some() && rights.contains(Permissions::MENTION_EVERYONE);
    found
}

fn push_new(list: &mut Vec<u64>, id: u64) {
    if !list.contains(&id) {
        list.push(id);
    }
}

fn may_ping_role(state: &State, guild_id: Option<u64>, id: u64, rights: Permissions) -> bool {
    let role = guild_id.and_then(|g| state.guilds.get(&g)).and_then(|g| g.roles.get(&id));
    role.is_some_and(|r| r.mentionable || rights.contains(Permissions::MENTION_EVERYONE))
        && guild_id != Some(id)
}

#[derive(Debug, PartialEq, Eq)]
enum Sigil {
    User,
    Role,
}

/// `<@1>`, `<@!1>` and `<@&1>` in order.
fn tokens(content: &str) -> impl Iterator<Item = (Sigil, u64)> {
    content.split("<@").skip(1).filter_map(|rest| {
        let (sigil, rest) = match rest.strip_prefix('&') {
            Some(rest) => (Sigil::Role, rest),
            None => (Sigil::User, rest.strip_prefix('!').unwrap_or(rest)),
        };
        let (digits, _) = rest.split_once('>')?;
        Some((sigil, digits.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_users_and_roles() {
        let found: Vec<_> = tokens("hi <@1>, <@!22> and <@&333> but not <@x> or <@4").collect();
        assert_eq!(found, [(Sigil::User, 1), (Sigil::User, 22), (Sigil::Role, 333)]);
    }
}
