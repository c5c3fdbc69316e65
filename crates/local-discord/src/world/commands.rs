//! Application commands. <https://docs.discord.com/developers/interactions/application-commands>

use serde_json::{Map, Value};

use super::Core;
use super::model::{Application, Command};
use super::render;
use crate::errors::ApiError;

/// A command to be, already validated: see `validate::commands`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommand {
    pub name: String,
    /// 1 chat input, 2 user, 3 message.
    pub kind: u8,
    /// The rest of the object, with defaults filled in.
    pub body: Map<String, Value>,
}

/// How many commands of a type one scope holds.
pub(crate) fn limit_of(kind: u8) -> usize {
    if kind == 1 { 100 } else { 15 }
}

impl Core {
    pub fn list_commands(
        &self,
        application_id: u64,
        guild_id: Option<u64>,
        with_localizations: bool,
    ) -> Result<Vec<Value>, ApiError> {
        let application = self.application(application_id)?;
        let here = application.commands.iter().filter(|c| c.guild_id == guild_id);
        Ok(here.map(|c| render::command(application_id, c, with_localizations)).collect())
    }

    pub fn command(&self, application_id: u64, guild_id: Option<u64>, id: u64) -> Result<Value, ApiError> {
        let application = self.application(application_id)?;
        let found = application.commands.iter().find(|c| c.id == id && c.guild_id == guild_id);
        found.map(|c| render::command(application_id, c, true)).ok_or(ApiError::UNKNOWN_COMMAND)
    }

    /// Makes a command, or replaces the one of the same name and type. True if it is new.
    pub fn upsert_command(
        &mut self,
        application_id: u64,
        guild_id: Option<u64>,
        new: NewCommand,
    ) -> Result<(bool, Value), ApiError> {
        self.scope_exists(guild_id)?;
        let application = self.application(application_id)?;
        let here: Vec<&Command> = application.commands.iter().filter(|c| c.guild_id == guild_id).collect();
        let known = here.iter().find(|c| c.name == new.name && c.kind == new.kind).map(|c| c.id);
        if known.is_none() && here.iter().filter(|c| c.kind == new.kind).count() >= limit_of(new.kind) {
            return Err(ApiError::MAX_GLOBAL_COMMANDS);
        }
        let command = self.settle(application_id, guild_id, known, new);
        let object = render::command(application_id, &command, true);
        let commands = &mut self.application_mut(application_id)?.commands;
        match commands.iter_mut().find(|c| c.id == command.id) {
            Some(slot) => *slot = command,
            None => commands.push(command),
        }
        Ok((known.is_none(), object))
    }

    /// Replaces a command by id.
    pub fn replace_command(
        &mut self,
        application_id: u64,
        guild_id: Option<u64>,
        id: u64,
        new: NewCommand,
    ) -> Result<Value, ApiError> {
        let application = self.application(application_id)?;
        if !application.commands.iter().any(|c| c.id == id && c.guild_id == guild_id) {
            return Err(ApiError::UNKNOWN_COMMAND);
        }
        let command = self.settle(application_id, guild_id, Some(id), new);
        let object = render::command(application_id, &command, true);
        if let Some(slot) = self.application_mut(application_id)?.commands.iter_mut().find(|c| c.id == id) {
            *slot = command;
        }
        Ok(object)
    }

    /// A command's type and body, for a partial edit.
    pub fn command_parts(
        &self,
        application_id: u64,
        guild_id: Option<u64>,
        id: u64,
    ) -> Result<(String, u8, Map<String, Value>), ApiError> {
        let application = self.application(application_id)?;
        let found = application.commands.iter().find(|c| c.id == id && c.guild_id == guild_id);
        found.map(|c| (c.name.clone(), c.kind, c.body.clone())).ok_or(ApiError::UNKNOWN_COMMAND)
    }

    pub fn delete_command(
        &mut self,
        application_id: u64,
        guild_id: Option<u64>,
        id: u64,
    ) -> Result<(), ApiError> {
        let commands = &mut self.application_mut(application_id)?.commands;
        let before = commands.len();
        commands.retain(|c| !(c.id == id && c.guild_id == guild_id));
        if commands.len() == before { Err(ApiError::UNKNOWN_COMMAND) } else { Ok(()) }
    }

    /// Replaces all commands of a scope. Commands that stay the same keep their id and version.
    pub fn overwrite_commands(
        &mut self,
        application_id: u64,
        guild_id: Option<u64>,
        all: Vec<NewCommand>,
    ) -> Result<Vec<Value>, ApiError> {
        self.scope_exists(guild_id)?;
        self.application(application_id)?;
        let settled: Vec<Command> = all
            .into_iter()
            .map(|new| {
                let known = self.state.applications.get(&application_id).and_then(|a| {
                    let same =
                        |c: &&Command| c.guild_id == guild_id && c.name == new.name && c.kind == new.kind;
                    a.commands.iter().find(same).map(|c| c.id)
                });
                self.settle(application_id, guild_id, known, new)
            })
            .collect();
        let objects = settled.iter().map(|c| render::command(application_id, c, true)).collect();
        let commands = &mut self.application_mut(application_id)?.commands;
        commands.retain(|c| c.guild_id != guild_id);
        commands.extend(settled);
        Ok(objects)
    }

    pub(crate) fn application(&self, id: u64) -> Result<&Application, ApiError> {
        self.state.applications.get(&id).ok_or(ApiError::UNKNOWN_APPLICATION)
    }

    pub(crate) fn application_mut(&mut self, id: u64) -> Result<&mut Application, ApiError> {
        self.state.applications.get_mut(&id).ok_or(ApiError::UNKNOWN_APPLICATION)
    }

    fn scope_exists(&self, guild_id: Option<u64>) -> Result<(), ApiError> {
        match guild_id {
            Some(id) if !self.state.guilds.contains_key(&id) => Err(ApiError::UNKNOWN_GUILD),
            _ => Ok(()),
        }
    }

    /// Gives a command its id and version: the old ones where nothing changed.
    fn settle(
        &mut self,
        application_id: u64,
        guild_id: Option<u64>,
        known: Option<u64>,
        new: NewCommand,
    ) -> Command {
        let application = self.state.applications.get(&application_id);
        let old = application.and_then(|a| a.commands.iter().find(|c| Some(c.id) == known));
        let same = old.filter(|c| c.name == new.name && c.body == new.body).map(|c| c.version);
        let version = same.unwrap_or_else(|| self.next_id());
        let id = known.unwrap_or(version);
        Command { id, version, guild_id, kind: new.kind, name: new.name, body: new.body }
    }
}
