//! Everything that can happen, read by the strictest parser: a dispatch that twilight cannot read fails the test.

use std::collections::BTreeSet;

use local_discord::errors::ApiError;
use local_discord::permissions::{Overwrite, OverwriteKind, Permissions};
use local_discord::world::{
    Actor, Callback, ChannelPatch, Core, Draft, DraftReference, Edit, Emoji, MemberPatch, NewChannel,
    NewCommand, NewFile, NewInteraction, NewThread, RolePatch, Use, VoicePatch, channel_type,
};
use serde_json::{Value, json};
use twilight_gateway::{Event, EventType, EventTypeFlags, StreamExt as _};
use twilight_model::gateway::payload::incoming::GuildCreate;

use crate::gateway_rig::{Rig, rig};
use crate::gateway_twilight::{PATIENCE, shard, until};

/// Said last, so that the test knows that it has seen everything.
const SENTINEL: &str = "that was all";

#[tokio::test]
async fn twilight_reads_every_kind_of_event() {
    let rig = rig().await;
    let mut shard = shard(&rig);
    until(&mut shard, |e| matches!(e, Event::GuildCreate(_)).then_some(())).await;
    let stage = Stage::new(&rig);
    rig.world
        .with(|core| {
            stage.messages(core)?;
            stage.threads(core)?;
            stage.channels(core)?;
            stage.roster(core)?;
            stage.interactions(core, &rig)
        })
        .expect("alice owns the guild");
    rig.say("general", SENTINEL);

    let mut kinds = BTreeSet::new();
    loop {
        let next =
            tokio::time::timeout(PATIENCE, shard.next_event(EventTypeFlags::all())).await.expect("in time");
        let event = next.expect("no end").expect("parses");
        kinds.insert(format!("{:?}", event.kind()));
        if matches!(&event, Event::MessageCreate(message) if message.content == SENTINEL) {
            break;
        }
    }
    let expected = [
        EventType::ChannelCreate,
        EventType::ChannelDelete,
        EventType::ChannelPinsUpdate,
        EventType::ChannelUpdate,
        EventType::InteractionCreate,
        EventType::MemberAdd,
        EventType::MemberRemove,
        EventType::MemberUpdate,
        EventType::MessageCreate,
        EventType::MessageDelete,
        EventType::MessageDeleteBulk,
        EventType::MessageUpdate,
        EventType::PresenceUpdate,
        EventType::ReactionAdd,
        EventType::ReactionRemove,
        EventType::ReactionRemoveAll,
        EventType::ReactionRemoveEmoji,
        EventType::RoleCreate,
        EventType::RoleDelete,
        EventType::RoleUpdate,
        EventType::ThreadCreate,
        EventType::ThreadDelete,
        EventType::ThreadMembersUpdate,
        EventType::ThreadUpdate,
        EventType::TypingStart,
        EventType::VoiceStateUpdate,
        EventType::WebhooksUpdate,
    ];
    let missing: Vec<String> =
        expected.iter().map(|k| format!("{k:?}")).filter(|k| !kinds.contains(k)).collect();
    assert!(missing.is_empty(), "never came: {missing:?}; came: {kinds:?}");
}

#[tokio::test]
async fn twilight_reads_a_guild_that_is_lived_in() {
    let rig = rig().await;
    let stage = Stage::new(&rig);
    let talk = rig.seeded.channels["talk"];
    rig.world
        .with(|core| {
            let open = NewThread {
                name: "open".into(),
                kind: Some(channel_type::PUBLIC_THREAD),
                ..NewThread::default()
            };
            core.thread_without_message(stage.alice, stage.general, open)?;
            let patch = VoicePatch { channel_id: Some(talk), ..VoicePatch::default() };
            core.set_voice_state(stage.alice, stage.guild, patch)?;
            core.set_presence(stage.alice, "dnd", &[json!({"name": "chess", "type": 0})]);
            let forum =
                NewChannel { name: "forum".into(), kind: channel_type::FORUM, ..NewChannel::default() };
            core.create_channel(stage.alice, stage.guild, forum)
        })
        .expect("alice owns the guild");
    let mut shard = shard(&rig);
    let created =
        until(&mut shard, |e| if let Event::GuildCreate(guild) = e { Some(guild) } else { None }).await;
    let GuildCreate::Available(guild) = *created else { panic!("an available guild") };
    assert_eq!(guild.threads.len(), 1);
    assert_eq!(guild.voice_states.len(), 1);
    assert_eq!(guild.presences.iter().filter(|p| !p.activities.is_empty()).count(), 1);
    assert_eq!(guild.channels.len(), 4, "{:?}", guild.channels);
    assert_eq!(guild.members.len(), 3);
}

struct Stage {
    alice: u64,
    guild: u64,
    general: u64,
}

impl Stage {
    fn new(rig: &Rig) -> Self {
        Self { alice: rig.seeded.users["alice"], guild: rig.guild(), general: rig.seeded.channels["general"] }
    }

    fn actor(&self) -> Actor {
        Actor::User(self.alice)
    }

    fn post(&self, core: &mut Core, draft: Draft) -> Result<u64, ApiError> {
        Ok(core.create_message(&self.actor(), self.general, draft)?.id)
    }

    fn messages(&self, core: &mut Core) -> Result<(), ApiError> {
        let (alice, general) = (self.alice, self.general);
        let rich = Draft {
            content: format!("<@{alice}> <#{general}>"),
            embeds: vec![json!({"type": "rich", "title": "t", "description": "d", "color": 5})],
            components: vec![json!({"type": 1, "components": [
                {"type": 2, "style": 1, "label": "press", "custom_id": "b"}]})],
            ..Draft::default()
        };
        let first = self.post(core, rich)?;
        let reference =
            DraftReference { kind: 0, message_id: first, channel_id: None, fail_if_not_exists: true };
        let reply =
            self.post(core, Draft { content: "re".into(), reference: Some(reference), ..Draft::default() })?;
        let edit = Edit { content: Some("edited".into()), ..Edit::default() };
        core.edit_message(&self.actor(), general, reply, edit)?;
        let heart = Emoji::parse("❤")?;
        core.add_reaction(alice, general, first, &heart)?;
        core.remove_reaction(alice, alice, general, first, &heart)?;
        core.add_reaction(alice, general, first, &heart)?;
        core.clear_reactions(alice, general, first, Some(&heart))?;
        core.clear_reactions(alice, general, first, None)?;
        core.pin(alice, general, first)?;
        core.unpin(alice, general, first)?;
        core.start_typing(alice, general)?;
        core.delete_message(&self.actor(), general, reply)?;
        let more = [self.say(core, "x")?, self.say(core, "y")?];
        core.bulk_delete(alice, general, &more)
    }

    fn say(&self, core: &mut Core, text: &str) -> Result<u64, ApiError> {
        self.post(core, Draft { content: text.into(), ..Draft::default() })
    }

    fn threads(&self, core: &mut Core) -> Result<(), ApiError> {
        let starter = self.say(core, "let us talk")?;
        let new = NewThread { name: "talk".into(), ..NewThread::default() };
        let thread = id(&core.thread_from_message(self.alice, self.general, starter, new)?);
        core.create_message(&self.actor(), thread, Draft { content: "inside".into(), ..Draft::default() })?;
        core.leave_thread(self.alice, self.alice, thread)?;
        core.join_thread(self.alice, self.alice, thread)?;
        let archived = ChannelPatch { archived: Some(true), ..ChannelPatch::default() };
        core.patch_channel(self.alice, thread, archived)?;
        core.delete_channel(self.alice, thread)?;
        Ok(())
    }

    fn channels(&self, core: &mut Core) -> Result<(), ApiError> {
        for kind in [channel_type::TEXT, channel_type::VOICE, channel_type::CATEGORY, channel_type::FORUM] {
            let new = NewChannel { name: format!("kind-{kind}"), kind, ..NewChannel::default() };
            let channel = id(&core.create_channel(self.alice, self.guild, new)?);
            let patch = ChannelPatch { name: Some("renamed".into()), ..ChannelPatch::default() };
            core.patch_channel(self.alice, channel, patch)?;
            let allow = Permissions::SEND_MESSAGES;
            let overwrite =
                Overwrite { id: self.guild, kind: OverwriteKind::Role, allow, deny: Permissions::NONE };
            core.put_overwrite(self.alice, channel, overwrite)?;
            core.delete_channel(self.alice, channel)?;
        }
        let hook = id(&core.create_webhook(self.alice, self.general, "Herald".into(), None)?);
        let draft = Draft { content: "hear ye".into(), ..Draft::default() };
        core.execute_webhook(hook, Some("Crier".into()), None, None, None, draft)?;
        core.delete_webhook(self.alice, hook)
    }

    fn roster(&self, core: &mut Core) -> Result<(), ApiError> {
        let guest = core.create_user("guest");
        core.join_guild(guest, self.guild)?;
        let patch = RolePatch { name: Some("guests".into()), ..RolePatch::default() };
        let role = id(&core.create_role(self.alice, self.guild, patch)?);
        let colour = RolePatch { color: Some(0xff_00_00), ..RolePatch::default() };
        core.patch_role(self.alice, self.guild, role, colour)?;
        core.set_role(self.alice, guest, self.guild, role, true)?;
        let nick = MemberPatch { nick: Some(Some("visitor".into())), ..MemberPatch::default() };
        core.patch_member(self.alice, guest, self.guild, nick)?;
        core.set_presence(guest, "idle", &[json!({"name": "chess", "type": 0})]);
        let talk = core.create_channel(
            self.alice,
            self.guild,
            NewChannel { name: "stairs".into(), kind: channel_type::VOICE, ..NewChannel::default() },
        )?;
        core.set_voice_state(
            guest,
            self.guild,
            VoicePatch { channel_id: Some(id(&talk)), ..VoicePatch::default() },
        )?;
        core.set_voice_state(guest, self.guild, VoicePatch::default())?;
        core.delete_role(self.alice, self.guild, role)?;
        core.leave_guild(guest, self.guild)
    }

    fn interactions(&self, core: &mut Core, rig: &Rig) -> Result<(), ApiError> {
        let application = rig.application("bot");
        let body = json!({"description": "asks", "options": [
            {"type": 3, "name": "what", "description": "what", "required": false, "autocomplete": true}]});
        let body = body.as_object().cloned().unwrap_or_default();
        let (_, command) =
            core.upsert_command(application, None, NewCommand { name: "ask".into(), kind: 1, body })?;
        let command_id = id(&command);
        let option = json!({"name": "what", "type": 3, "value": "x"});
        let mut focused = option.clone();
        focused["focused"] = json!(true);
        let button = self.post_as_bot(core, application)?;
        for what in [
            Use::Autocomplete { command_id, options: vec![focused] },
            Use::Command { command_id, options: vec![option], target_id: None },
            Use::Component { message_id: button, custom_id: "go".into(), values: Vec::new() },
        ] {
            let new = NewInteraction {
                application_id: application,
                user_id: self.alice,
                channel_id: self.general,
                what,
            };
            core.start_interaction(&new)?;
        }
        self.menus_and_modals(core, application, button)?;
        let dm = core.open_dm(self.alice, application)?;
        core.create_message(&self.actor(), dm, Draft { content: "psst".into(), ..Draft::default() })?;
        Ok(())
    }

    /// A message command, an uploaded file, a select of users, and modals of both generations.
    fn menus_and_modals(&self, core: &mut Core, application: u64, message: u64) -> Result<(), ApiError> {
        let menu = NewCommand { name: "Why this?".into(), kind: 3, body: serde_json::Map::new() };
        let why = id(&core.upsert_command(application, None, menu)?.1);
        let body = json!({"description": "takes", "options": [
            {"type": 11, "name": "card", "description": "card"},
            {"type": 7, "name": "where", "description": "where"}]});
        let body = body.as_object().cloned().unwrap_or_default();
        let take =
            id(&core.upsert_command(application, None, NewCommand { name: "take".into(), kind: 1, body })?.1);
        let file = core.upload(self.alice, self.general, NewFile::new("card.json", "{}"))?.to_string();
        let options = vec![
            json!({"name": "card", "type": 11, "value": file}),
            json!({"name": "where", "type": 7, "value": self.general.to_string()}),
        ];
        let users = json!({"type": 1, "components": [{"type": 5, "custom_id": "who"}]});
        let draft = Draft { content: "who?".into(), components: vec![users], ..Draft::default() };
        let select = core.create_message(&Actor::User(application), self.general, draft)?.id;
        let values = vec![self.alice.to_string()];
        let start = |core: &mut Core, what| {
            let new = NewInteraction {
                application_id: application,
                user_id: self.alice,
                channel_id: self.general,
                what,
            };
            core.start_interaction(&new)
        };
        start(core, Use::Command { command_id: why, options: Vec::new(), target_id: Some(message) })?;
        start(core, Use::Command { command_id: take, options, target_id: None })?;
        start(core, Use::Component { message_id: select, custom_id: "who".into(), values })?;
        let old = json!([{"type": 1, "components": [
            {"type": 4, "custom_id": "a", "style": 1, "label": "A"}]}]);
        let new = json!([{"type": 18, "label": "A", "component": {"type": 4, "custom_id": "a", "style": 1}}]);
        let filled = [
            json!([{"type": 1, "id": 1, "components": [{"type": 4, "id": 2, "custom_id": "a", "value": "x"}]}]),
            json!([{"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "a", "value": "x"}}]),
        ];
        for (components, filled) in [old, new].into_iter().zip(filled) {
            let press = Use::Component { message_id: message, custom_id: "go".into(), values: Vec::new() };
            let opened_by = start(core, press)?;
            let token = core.interaction_token(opened_by).expect("just started");
            let modal = json!({"custom_id": "m", "title": "M", "components": components});
            let callback = Callback {
                kind: 9,
                draft: Draft::default(),
                edit: Edit::default(),
                choices: Vec::new(),
                modal: Some(modal),
            };
            core.answer_interaction(opened_by, &token, callback)?;
            let components = filled.as_array().cloned().unwrap_or_default();
            start(core, Use::ModalSubmit { opened_by, components })?;
        }
        Ok(())
    }

    fn post_as_bot(&self, core: &mut Core, bot: u64) -> Result<u64, ApiError> {
        let row =
            json!({"type": 1, "components": [{"type": 2, "style": 1, "label": "go", "custom_id": "go"}]});
        let draft = Draft { content: "press".into(), components: vec![row], ..Draft::default() };
        Ok(core.create_message(&Actor::User(bot), self.general, draft)?.id)
    }
}

fn id(object: &Value) -> u64 {
    object["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}
