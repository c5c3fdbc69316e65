//! The commands as Discord registers them.

use domain::{
    GuildId,
    command::{CommandSpec, OptionKind, OptionSpec},
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
    commands
        .iter()
        .map(|command| {
            json!({
                "name": command.name,
                "type": 1,
                "description": command.description,
                "options": command.options.iter().map(option).collect::<Vec<_>>(),
                // Installed to guilds; usable there and in direct messages with the bot.
                "integration_types": [0],
                "contexts": [0, 1],
            })
        })
        .collect()
}

fn option(option: &OptionSpec) -> Value {
    let mut value = Map::new();
    value.insert("name".into(), option.name.into());
    value.insert("description".into(), option.description.into());
    value.insert("required".into(), option.required.into());
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
        OptionKind::Channel => 7,
        OptionKind::Attachment => 11,
        OptionKind::Sub(_) => 1,
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
                ],
            ),
            CommandSpec::slash("help", "What can be done", Vec::new()),
        ];
        insta::assert_json_snapshot!(commands_payload(&commands));
    }
}
