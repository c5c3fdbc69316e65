//! Commands, buttons, selects and modals, as a person uses them.

use serde_json::{Value, json};

use super::options::{self, CommandSpec, ON_MESSAGE, ON_USER};
use super::running::{ANSWER_WITHIN, Choice, Modal, Running};
use super::{Member, MemberError, Post};
use crate::errors::ApiError;
use crate::world::{NewFile, NewInteraction, Use};

#[expect(clippy::unused_async, reason = "see the head of `members`: acting is awaited everywhere")]
impl Member {
    /// Runs a command: `/name`, `/name sub`, `/group sub` or an id, with options by name. Members, channels and roles
    /// may be named. Without options use [`super::NO_OPTIONS`].
    pub async fn runs<K: AsRef<str>, V: Into<Value>>(
        &self,
        command: &str,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Running, MemberError> {
        let flat = options.into_iter().map(|(k, v)| json!({"name": k.as_ref(), "value": v.into()})).collect();
        self.runs_spec(&CommandSpec::flat(command, flat), None)
    }

    /// As [`Member::runs`], with files for options that take attachments.
    pub async fn runs_with_files<K: AsRef<str>, V: Into<Value>, F: AsRef<str>>(
        &self,
        command: &str,
        options: impl IntoIterator<Item = (K, V)>,
        files: impl IntoIterator<Item = (F, NewFile)>,
    ) -> Result<Running, MemberError> {
        let flat = options.into_iter().map(|(k, v)| json!({"name": k.as_ref(), "value": v.into()})).collect();
        let mut spec = CommandSpec::flat(command, flat);
        for (option, file) in files {
            spec.add(option.as_ref(), self.uploads(file)?.to_string());
        }
        self.runs_spec(&spec, None)
    }

    /// Sends a file ahead, as the client does for an option of a command; gives the attachment's id.
    pub fn uploads(&self, file: NewFile) -> Result<u64, MemberError> {
        let channel = self.here()?;
        Ok(self.world.with(|core| core.upload(self.id, channel, file))?)
    }

    /// Runs a user command on somebody.
    pub async fn runs_on_user(&self, command: &str, target: &str) -> Result<Running, MemberError> {
        let id = self.world.read(|s| s.anybody(target));
        let id = id.ok_or_else(|| MemberError::UnknownUser(target.to_owned()))?;
        self.runs_spec(&CommandSpec::of_menu(command, &[ON_USER]), Some(id))
    }

    /// Runs a message command (“Apps ▸ …” of a message) by its name, which may have spaces.
    pub async fn runs_on_message(&self, command: &str, target: &Post) -> Result<Running, MemberError> {
        let here = self.clone().at(target);
        here.runs_spec(&CommandSpec::of_menu(command, &[ON_MESSAGE]), Some(target.id))
    }

    /// A command of whichever context menu, as a page gives it.
    pub(crate) fn runs_of_menu(&self, command: &str, target_id: u64) -> Result<Running, MemberError> {
        self.runs_spec(&CommandSpec::of_menu(command, &[ON_USER, ON_MESSAGE]), Some(target_id))
    }

    /// Runs a command whose options are given as a person or a page gave them.
    pub fn runs_spec(&self, spec: &CommandSpec, target_id: Option<u64>) -> Result<Running, MemberError> {
        let channel = self.here()?;
        let found = self.world.read(|s| options::resolve(s, channel, spec, None))?;
        let what = Use::Command { command_id: found.command_id, options: found.options, target_id };
        self.starts(found.application_id, channel, what)
    }

    /// Types into an option with autocomplete and gives what the application offers.
    pub async fn autocompletes(
        &self,
        command: &str,
        option: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, MemberError> {
        let flat = vec![json!({"name": option, "value": typed})];
        let running = self.autocompletes_spec(&CommandSpec::flat(command, flat), option)?;
        running.choices(ANSWER_WITHIN).await
    }

    /// As [`Member::autocompletes`], with the other options' values too.
    pub fn autocompletes_spec(&self, spec: &CommandSpec, focused: &str) -> Result<Running, MemberError> {
        let channel = self.here()?;
        let found = self.world.read(|s| options::resolve(s, channel, spec, Some(focused)))?;
        let what = Use::Autocomplete { command_id: found.command_id, options: found.options };
        self.starts(found.application_id, channel, what)
    }

    /// Presses a button by its custom id. Disabled ones refuse.
    pub async fn presses(&self, message: &Post, custom_id: &str) -> Result<Running, MemberError> {
        self.uses_component(message, custom_id, Vec::new())
    }

    /// Presses the button that bears this text or this emoji, on the message as it is now.
    pub async fn presses_labelled(&self, message: &Post, label: &str) -> Result<Running, MemberError> {
        let now = self.world.look(message).ok_or(ApiError::UNKNOWN_MESSAGE)?;
        let found = now.buttons().into_iter().find(|b| b.label == label || b.emoji == label);
        let button = found.ok_or_else(|| MemberError::NoButton(label.to_owned()))?;
        self.uses_component(message, &button.custom_id, Vec::new())
    }

    /// Chooses values from a select menu.
    pub async fn selects<V: Into<String>>(
        &self,
        message: &Post,
        custom_id: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Running, MemberError> {
        self.uses_component(message, custom_id, values.into_iter().map(Into::into).collect())
    }

    fn uses_component(
        &self,
        on: &Post,
        custom_id: &str,
        values: Vec<String>,
    ) -> Result<Running, MemberError> {
        let application = self.world.with(|core| {
            let message = core.message(on.channel_id, on.id)?;
            core.application_behind(message).ok_or(ApiError::UNKNOWN_APPLICATION)
        })?;
        let what = Use::Component { message_id: on.id, custom_id: custom_id.to_owned(), values };
        self.starts(application, on.channel_id, what)
    }

    /// Fills in a modal's fields by custom id and submits it; several values for a select are a list. What a field
    /// does not allow is refused.
    pub async fn submits<K: AsRef<str>, V: Into<Value>>(
        &self,
        modal: &Modal,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Running, MemberError> {
        let fields = fields.into_iter().map(|(k, v)| (k.as_ref().to_owned(), v.into())).collect();
        let what = Use::ModalSubmit { opened_by: modal.opened_by, components: modal.filled(&fields) };
        self.starts(modal.application_id, modal.channel_id, what)
    }

    fn starts(&self, application_id: u64, channel_id: u64, what: Use) -> Result<Running, MemberError> {
        let new = NewInteraction { application_id, user_id: self.id, channel_id, what };
        let id = self.world.with(|core| core.start_interaction(&new))?;
        Ok(Running::new(self.world.clone(), id, channel_id))
    }
}
