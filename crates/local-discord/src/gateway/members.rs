//! REQUEST GUILD MEMBERS (op 8) and its chunks.
//! <https://docs.discord.com/developers/events/gateway-events#request-guild-members>

use std::sync::Arc;

use serde_json::{Value, json};

use super::protocol::RequestGuildMembers;
use super::session::Session;
use crate::intents::Intents;
use crate::world::{State, render};

/// Members in one chunk.
const CHUNK: usize = 1_000;
/// Ids or matches that may be asked for without asking for everybody.
const SOME: usize = 100;
/// Longest nonce that comes back, bytes.
const NONCE: usize = 32;

/// The chunks that answer a request; none if the session may not ask or the bot is not there.
pub(super) fn answer(state: &State, session: &Session, ask: &RequestGuildMembers) -> Vec<Arc<str>> {
    let info = &session.info;
    let [guild_id] = ask.guild_id[..] else { return Vec::new() };
    let Some(guild) = state.guilds.get(&guild_id) else { return Vec::new() };
    if !info.serves(Some(guild_id)) || !guild.members.contains_key(&info.bot_user_id) {
        return Vec::new();
    }
    let Some((found, missing)) = select(state, session, guild_id, ask) else { return Vec::new() };
    let count = found.len().div_ceil(CHUNK).max(1);
    let chunk = |index: usize| {
        let ids = &found[index * CHUNK..found.len().min((index + 1) * CHUNK)];
        let members: Value =
            ids.iter().filter_map(|id| guild.members.get(id)).map(|m| state.member_json(m)).collect();
        let mut data = json!({
            "guild_id": guild_id.to_string(),
            "members": members,
            "chunk_index": index,
            "chunk_count": count,
            "not_found": missing,
        });
        if ask.presences == Some(true) && info.intents.contains(Intents::GUILD_PRESENCES) {
            data["presences"] = ids
                .iter()
                .filter_map(|id| guild.presences.get(id).map(|p| render::presence(*id, guild_id, p)))
                .collect();
        }
        if let Some(nonce) = ask.nonce.as_ref().filter(|n| n.len() <= NONCE) {
            data["nonce"] = Value::from(nonce.clone());
        }
        Arc::from(data.to_string())
    };
    (0..count).map(chunk).collect()
}

/// True if the whole list is wanted, which Discord allows once per guild and 30 seconds.
pub(super) fn wants_everybody(ask: &RequestGuildMembers) -> bool {
    ask.user_ids.is_empty() && ask.limit == 0 && ask.query.as_deref().unwrap_or("").is_empty()
}

/// Ids of the members found, and the ids that were asked for in vain. `None`: not allowed.
fn select(
    state: &State,
    session: &Session,
    guild_id: u64,
    ask: &RequestGuildMembers,
) -> Option<(Vec<u64>, Vec<String>)> {
    let members = &state.guilds.get(&guild_id)?.members;
    if !ask.user_ids.is_empty() {
        let wanted = &ask.user_ids[..ask.user_ids.len().min(SOME)];
        let (found, missing): (Vec<u64>, Vec<u64>) = wanted.iter().partition(|id| members.contains_key(*id));
        return Some((found, missing.iter().map(u64::to_string).collect()));
    }
    if wants_everybody(ask) {
        let allowed = session.info.intents.contains(Intents::GUILD_MEMBERS);
        return allowed.then(|| (members.keys().copied().collect(), Vec::new()));
    }
    let prefix = ask.query.as_deref().unwrap_or("").to_lowercase();
    let limit = if ask.limit == 0 { SOME } else { (ask.limit as usize).min(SOME) };
    let begins = |text: &str| text.to_lowercase().starts_with(&prefix);
    let matches = members.values().filter(|member| {
        let user = state.users.get(&member.user_id);
        user.is_some_and(|u| begins(&u.username)) || member.nick.as_deref().is_some_and(begins)
    });
    Some((matches.take(limit).map(|m| m.user_id).collect(), Vec::new()))
}
