//! The commands as Discord registers them.

use domain::{
    GuildId,
    command::{CommandKind, CommandSpec, OptionKind, OptionSpec, Permissions},
};
use serde_json::{Map, Value, json};

use super::Speaker;
use crate::{
    error::SpeakError,
    rest::{Body, route::Route},
};

impl Speaker {
    /// Replaces all global commands. Discord counts 200 creations a day: call it only when
    /// [`commands_payload`] changed.
    pub async fn register(&self, commands: &[CommandSpec]) -> Result<(), SpeakError> {
        self.put_commands(None, commands).await
    }

    /// Replaces all commands of one guild.
    pub async fn register_in(&self, guild: GuildId, commands: &[CommandSpec]) -> Result<(), SpeakError> {
        self.put_commands(Some(guild), commands).await
    }

    async fn put_commands(&self, guild: Option<GuildId>, commands: &[CommandSpec]) -> Result<(), SpeakError> {
        let route = Route::put_commands(self.inner.identity.application, guild);
        self.inner.rest.send(&route, Body::json(&commands_payload(commands))?).await.map(drop)
    }
}

/// What is sent to Discord to register the commands: the same commands always give the same text.
///
/// Source: Discord documentation, "Bulk Overwrite Global Application Commands".
pub fn commands_payload(commands: &[CommandSpec]) -> Value {
    commands.iter().map(command).collect()
}

fn command(command: &CommandSpec) -> Value {
    let mut value = Map::new();
    value.insert("name".into(), command.name.into());
    match command.kind {
        CommandKind::Slash => {
            value.insert("type".into(), 1.into());
            value.insert("description".into(), command.description.into());
            value.insert("options".into(), command.options.iter().map(option).collect());
        }
        // Discord takes neither a description nor options for it.
        CommandKind::Message => {
            value.insert("type".into(), 3.into());
        }
    }
    if command.needs != Permissions::NONE {
        value.insert("default_member_permissions".into(), command.needs.0.to_string().into());
    }
    // Installed to guilds; usable there and, unless it is of no use, in direct messages with the bot.
    value.insert("integration_types".into(), json!([0]));
    value.insert("contexts".into(), if command.guild_only { json!([0]) } else { json!([0, 1]) });
    Value::Object(value)
}

/// Channels in which people can write: text, voice, announcements and their threads, public and private threads,
/// stages, and forums, whose posts are threads.
///
/// Source: Discord documentation, "Channel Types".
const WRITABLE: [u8; 8] = [0, 2, 5, 10, 11, 12, 13, 15];

/// Source: Discord documentation, "Application Command Option Type".
fn option(option: &OptionSpec) -> Value {
    let mut value = Map::new();
    value.insert("name".into(), option.name.into());
    value.insert("description".into(), option.description.into());
    if !matches!(option.kind, OptionKind::Sub(_)) {
        value.insert("required".into(), option.required.into());
    }
    let kind = match &option.kind {
        OptionKind::Text { max_length } => {
            value.insert("max_length".into(), (*max_length).into());
            3
        }
        OptionKind::Autocompleted => {
            value.insert("autocomplete".into(), true.into());
            3
        }
        OptionKind::Choice(choices) => {
            let choices = choices.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            value.insert("choices".into(), choices.collect());
            3
        }
        OptionKind::Integer { min, max } => {
            value.insert("min_value".into(), (*min).into());
            value.insert("max_value".into(), (*max).into());
            4
        }
        OptionKind::Boolean => 5,
        OptionKind::User => 6,
        OptionKind::Channel => {
            value.insert("channel_types".into(), json!(WRITABLE));
            7
        }
        OptionKind::Attachment => 11,
        OptionKind::Sub(inner) => {
            value.insert("options".into(), inner.iter().map(self::option).collect());
            let is_group = inner.iter().any(|inner| matches!(inner.kind, OptionKind::Sub(_)));
            if is_group { 2 } else { 1 }
        }
    };
    value.insert("type".into(), kind.into());
    Value::Object(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_option_is_declared_as_discord_wants_it() {
        let option = |name, kind, required| OptionSpec { name, description: "what", kind, required };
        let commands = [
            CommandSpec::slash(
                "chat",
                "Talk to a character",
                vec![
                    option("character", OptionKind::Autocompleted, true),
                    option("text", OptionKind::Text { max_length: 2_000 }, true),
                    option("mood", OptionKind::Choice(vec![("Merry".into(), "merry".into())]), false),
                    option("count", OptionKind::Integer { min: 1, max: 5 }, false),
                    option("loud", OptionKind::Boolean, false),
                    option("who", OptionKind::User, false),
                    option("where", OptionKind::Channel, false),
                    option("card", OptionKind::Attachment, false),
                ],
            ),
            CommandSpec::slash("help", "What can be done", Vec::new()),
        ];
        insta::assert_json_snapshot!(commands_payload(&commands));
    }

    #[test]
    fn subcommands_groups_message_commands_and_who_may_use_them() {
        let option = |name, kind| OptionSpec { name, description: "what", kind, required: true };
        let add = option("add", OptionKind::Sub(vec![option("file", OptionKind::Attachment)]));
        let lore = option("lore", OptionKind::Sub(vec![add, option("list", OptionKind::Sub(Vec::new()))]));
        let view = option("view", OptionKind::Sub(vec![option("character", OptionKind::Autocompleted)]));
        let commands = [
            CommandSpec::slash("character", "The cast", vec![view, lore]).needing(Permissions::MANAGE_GUILD),
            CommandSpec::slash("scene", "Two to five characters talk", Vec::new()).in_guilds(),
            CommandSpec::on_message("Why this?"),
        ];
        insta::assert_json_snapshot!(commands_payload(&commands));
    }
}
