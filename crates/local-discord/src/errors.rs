//! Discord's errors: HTTP status, JSON code, message, and the tree of form errors.
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>

use serde_json::{Value, json};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApiError {
    #[error("401: Unauthorized")]
    Unauthorized,
    #[error("404: Not Found")]
    NotFound,
    #[error("405: Method Not Allowed")]
    MethodNotAllowed,
    #[error("The request body contains invalid JSON.")]
    InvalidJson,
    #[error("Cannot send an empty message")]
    EmptyMessage,
    /// A field is wrong; the tree says which and why.
    #[error("Invalid Form Body")]
    Form(FormErrors),
    /// One of the numbered errors.
    #[error("{}", .0.message)]
    Known(Known),
}

/// A numbered error: `code` and `message` as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub status: u16,
    pub code: u32,
    pub message: &'static str,
}

macro_rules! known {
    ($($name:ident = $status:literal $code:literal $message:literal;)*) => {
        impl ApiError { $(#[doc = concat!("Code ", $code, ".")] pub const $name: Self =
            Self::Known(Known { status: $status, code: $code, message: $message });)* }
    };
}

known! {
    UNKNOWN_APPLICATION = 404 10002 "Unknown Application";
    UNKNOWN_CHANNEL = 404 10003 "Unknown Channel";
    UNKNOWN_GUILD = 404 10004 "Unknown Guild";
    UNKNOWN_INVITE = 404 10006 "Unknown Invite";
    UNKNOWN_MEMBER = 404 10007 "Unknown Member";
    UNKNOWN_MESSAGE = 404 10008 "Unknown Message";
    UNKNOWN_OVERWRITE = 404 10009 "Unknown Permission Overwrite";
    UNKNOWN_ROLE = 404 10011 "Unknown Role";
    UNKNOWN_USER = 404 10013 "Unknown User";
    UNKNOWN_EMOJI = 400 10014 "Unknown Emoji";
    UNKNOWN_WEBHOOK = 404 10015 "Unknown Webhook";
    UNKNOWN_INTERACTION = 404 10062 "Unknown interaction";
    UNKNOWN_COMMAND = 404 10063 "Unknown application command";
    UNKNOWN_VOICE_STATE = 404 10065 "Unknown Voice State";
    UNKNOWN_COMMAND_PERMISSIONS = 404 10066 "Unknown application command permissions";
    NOT_AUTHORIZED_FOR_APPLICATION = 403 20012 "You are not authorized to perform this action on this application";
    SLOWMODE = 429 20016 "This action cannot be performed due to slowmode rate limit";
    MAX_GUILD_ROLES = 400 30005 "Maximum number of guild roles reached (250)";
    MAX_PINS = 400 30003 "Maximum number of pins reached for the channel (250)";
    MAX_WEBHOOKS = 400 30007 "Maximum number of webhooks reached (15)";
    MAX_REACTIONS = 400 30010 "Maximum number of reactions reached (20)";
    MAX_GUILD_CHANNELS = 400 30013 "Maximum number of guild channels reached (500)";
    MAX_GLOBAL_COMMANDS = 400 30032 "Maximum number of application commands reached (100)";
    ENTITY_TOO_LARGE = 413 40005 "Request entity too large";
    CONNECTION_REVOKED = 403 40007 "The user is banned from this guild";
    NOT_IN_VOICE = 400 40032 "Target user is not connected to voice";
    ALREADY_ACKNOWLEDGED = 400 40060 "Interaction has already been acknowledged";
    MISSING_ACCESS = 403 50001 "Missing Access";
    CANNOT_EXECUTE_ON_DM = 403 50003 "Cannot execute action on a DM channel";
    CANNOT_EDIT_OTHERS = 403 50005 "Cannot edit a message authored by another user";
    CANNOT_SEND_EMPTY = 400 50006 "Cannot send an empty message";
    CANNOT_SEND_TO_USER = 403 50007 "Cannot send messages to this user";
    CANNOT_SEND_IN_NON_TEXT = 400 50008 "Cannot send messages in a non-text channel";
    MISSING_PERMISSIONS = 403 50013 "You lack permissions to perform that action";
    BULK_DELETE_COUNT = 400 50016 "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete";
    CANNOT_PIN_HERE = 400 50019 "A message can only be pinned in the channel it was sent in";
    SYSTEM_MESSAGE = 403 50021 "Cannot execute action on a system message";
    CANNOT_EXECUTE_ON_TYPE = 400 50024 "Cannot execute action on this channel type";
    INVALID_WEBHOOK_TOKEN = 401 50027 "Invalid Webhook Token";
    INVALID_ROLE = 400 50028 "Invalid Role";
    BULK_DELETE_TOO_OLD = 400 50034 "A message provided was too old to bulk delete";
    INVALID_FORM = 400 50035 "Invalid Form Body";
    THREAD_ARCHIVED = 400 50083 "Thread is archived";
    REACTION_BLOCKED = 403 90001 "Reaction was blocked";
    THREAD_EXISTS = 400 160_004 "A thread has already been created for this message";
    THREAD_LOCKED = 400 160_005 "Thread is locked";
    CANNOT_REPLY_WITHOUT_HISTORY = 400 160_002 "Cannot reply without permission to read message history";
    FORUM_NEEDS_THREAD = 400 220_001 "Webhooks posted to forum channels must have a thread_name or thread_id";
    FORUM_ONE_OF_THREAD = 400 220_002 "Webhooks posted to forum channels cannot have both a thread_name and thread_id";
    ONLY_FORUM_THREADS = 400 220_003 "Webhooks can only create threads in forum channels";
}

impl ApiError {
    /// A form error of one field. The path's parts are joined by dots: `embeds.0.title`.
    pub fn field(path: &str, code: &str, message: impl Into<String>) -> Self {
        let mut errors = FormErrors::default();
        errors.add(path, code, message);
        Self::Form(errors)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::InvalidJson | Self::EmptyMessage | Self::Form(_) => 400,
            Self::Known(known) => known.status,
        }
    }

    /// Discord's JSON error code; 0 for general errors.
    pub fn code(&self) -> u32 {
        match self {
            Self::Unauthorized | Self::NotFound | Self::MethodNotAllowed => 0,
            Self::InvalidJson => 50109,
            Self::EmptyMessage => 50006,
            Self::Form(_) => 50035,
            Self::Known(known) => known.code,
        }
    }

    /// The body that Discord would send.
    pub fn body(&self) -> Value {
        let mut body = json!({ "message": self.to_string(), "code": self.code() });
        if let Self::Form(errors) = self {
            body["errors"] = errors.tree();
        }
        body
    }
}

/// Form errors, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FormErrors {
    entries: Vec<(String, String, String)>,
}

impl FormErrors {
    /// Adds an error at a dotted path.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.entries.push((path.to_owned(), code.to_owned(), message.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Path, code and message of each error.
    pub fn into_entries(self) -> Vec<(String, String, String)> {
        self.entries
    }

    /// `Ok` if nothing was added.
    pub fn into_result(self) -> Result<(), ApiError> {
        if self.entries.is_empty() { Ok(()) } else { Err(ApiError::Form(self)) }
    }

    fn tree(&self) -> Value {
        let mut root = json!({});
        for (path, code, message) in &self.entries {
            // Indexing a JSON object by a missing key makes it; a path never crosses a list.
            let parts = path.split('.').filter(|p| !p.is_empty());
            let node = parts.fold(&mut root, |node, part| &mut node[part]);
            let error = json!({ "code": code, "message": message });
            match node["_errors"].as_array_mut() {
                Some(list) => list.push(error),
                None => node["_errors"] = json!([error]),
            }
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_errors_nest_like_discords() {
        let error =
            ApiError::field("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256 or fewer in length.");
        let expected = json!({
            "message": "Invalid Form Body", "code": 50035,
            "errors": {"embeds": {"0": {"title": {"_errors": [
                {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length."}]}}}}
        });
        assert_eq!(error.body(), expected);
    }
}
