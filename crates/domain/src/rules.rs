//! The rules of a channel: what its server and it set over the program's own values.
//!
//! One table, [`table!`] below, names every rule with its type, the value that holds when nobody set anything, how a
//! channel's value meets its server's, and its meaning. Everything else follows from the table: the effective
//! [`Rules`], the part that a server or a channel keeps ([`RulesPatch`]), reading and checking it, and showing which
//! value comes from where.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CharacterId, Timestamp, UserId};

mod value;

pub use value::{Cast, Hops, Muted, Percent, QuietHours, Rates, Seconds, Weights};

use value::Value;
pub(crate) use value::minute_of_day;

/// Bytes of a patch as JSON at most: far more than all lists at their caps.
pub const PATCH_BYTES: usize = 256 * 1024;

/// A rule is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not JSON, or not the JSON of rules.
    #[error("the rules cannot be read: {0}")]
    NotRules(String),
    /// More bytes than any set of rules needs.
    #[error("the rules have {0} bytes; at most {PATCH_BYTES} are read")]
    TooLarge(usize),
    /// No rule has this name.
    #[error("there is no rule `{0}`")]
    Unknown(String),
    /// The value of a rule is refused.
    #[error("`{rule}`: {problem}")]
    Value {
        /// Which rule.
        rule: &'static str,
        /// What is wrong with its value, as a sentence.
        problem: String,
    },
}

/// Who set the value that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody: the program's own value.
    Default,
    /// The server.
    Guild,
    /// The channel.
    Channel,
    /// Both: what server and channel set is joined.
    Both,
}

/// A rule as it is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub rule: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The value that holds.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
}

/// How a channel's value meets its server's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meeting {
    /// The channel's value holds.
    Replaces,
    /// Both hold: [`Value::both`].
    Joins,
}

/// The table of rules. See the module's documentation.
macro_rules! table {
    ($($meeting:ident $field:ident: $type:ty = $default:expr, $meaning:literal;)+) => {
        /// The rules that hold in a channel.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Rules {
            $(#[doc = $meaning] pub $field: $type,)+
        }

        impl Default for Rules {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        /// What a server or a channel sets; what is absent is as above it.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct RulesPatch {
            $(
                #[doc = $meaning]
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )+
        }

        /// The names of all rules, with their meanings.
        pub const NAMES: &[(&str, &str)] = &[$((stringify!($field), $meaning),)+];

        impl Rules {
            /// The rules of a channel: the program's values, over them its server's, over them its own.
            pub fn of(defaults: &Self, guild: &RulesPatch, channel: &RulesPatch) -> Self {
                Self {
                    $($field: effective(
                        Meeting::$meeting, &defaults.$field, guild.$field.as_ref(), channel.$field.as_ref(),
                    ),)+
                }
            }

            /// Every rule with the value that holds and who set it.
            pub fn shown(defaults: &Self, guild: &RulesPatch, channel: &RulesPatch) -> Vec<Shown> {
                let rules = Self::of(defaults, guild, channel);
                vec![$(Shown {
                    rule: stringify!($field),
                    meaning: $meaning,
                    value: rules.$field.show(),
                    origin: origin(Meeting::$meeting, guild.$field.is_some(), channel.$field.is_some()),
                },)+]
            }
        }

        impl RulesPatch {
            /// Whether nothing is set.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            /// Sets a rule from a text as a person writes it: `on`, `25%`, `22:00-07:30`, `mira, tom`.
            pub fn set(&mut self, rule: &str, text: &str) -> Result<(), RulesError> {
                match rule {
                    $(stringify!($field) => {
                        let refused = |problem| RulesError::Value { rule: stringify!($field), problem };
                        let value = <$type>::read(text).map_err(refused)?;
                        value.check().map_err(refused)?;
                        self.$field = Some(value);
                        Ok(())
                    })+
                    other => Err(RulesError::Unknown(other.chars().take(40).collect())),
                }
            }

            /// Forgets what is set for a rule.
            pub fn clear(&mut self, rule: &str) -> Result<(), RulesError> {
                match rule {
                    $(stringify!($field) => { self.$field = None; Ok(()) })+
                    other => Err(RulesError::Unknown(other.chars().take(40).collect())),
                }
            }

            /// Whether every value is within its bounds.
            pub fn check(&self) -> Result<(), RulesError> {
                $(if let Some(value) = &self.$field {
                    value.check().map_err(|problem| RulesError::Value { rule: stringify!($field), problem })?;
                })+
                Ok(())
            }
        }
    };
}

table! {
    Replaces cast: Cast = Cast::Everybody, "The characters who may speak here.";
    Joins silenced: Vec<CharacterId> = Vec::new(), "Characters who are muted here.";
    Replaces weights: Weights = Weights::default(),
        "How readily a character is chosen when nobody is named, in percent; 0 is only when called.";
    Joins muted: Muted = Muted::No, "Whether all characters are silent, and until when.";
    Replaces quiet_hours: QuietHours = QuietHours::None, "The hours of each day in which nobody speaks.";
    Replaces time_zone: String = "UTC".to_owned(), "The time zone of the quiet hours, as in `Europe/Vienna`.";
    Joins ignored_users: Vec<UserId> = Vec::new(), "People whom nobody answers.";
    Replaces prefixes: Vec<String> = vec!["!".to_owned()],
        "What other bots' commands begin with: `!play` is left to them.";
    Replaces listen_on: bool = true,
        "Whether the person who was just answered may go on without a name.";
    Replaces image_questions: bool = true,
        "Whether a question about a picture is answered unasked where characters are in the conversation.";
    Replaces join_in: Percent = Percent(0), "How likely a character joins in where nobody called it.";
    Replaces join_in_pause: Seconds = Seconds(180), "How long nobody joins in after a character spoke.";
    Replaces react: Percent = Percent(0), "How likely a character reacts with an emoji.";
    Replaces follow_up: Percent = Percent(0), "How likely a character asks about what somebody told of.";
    Replaces ambient: Percent = Percent(0), "How likely a character says something after a long silence.";
    Replaces ambient_after: Seconds = Seconds(3_600), "How long that silence is.";
    Replaces greet: Percent = Percent(0), "How likely coming and going is remarked on.";
    Replaces remark_activities: Percent = Percent(0), "How likely games and music of people are remarked on.";
    Replaces banter: Percent = Percent(0),
        "How likely a second character adds to what the first one answered a person.";
    Replaces unasked_pause: Seconds = Seconds(600), "How long nobody speaks unasked after somebody did.";
    Replaces unasked_per_day: u16 = 24, "How often a day characters speak unasked.";
    Replaces rates: Rates = Rates::DEFAULT, "How many answers a minute a person, a channel and the server get.";
    Replaces sticky: Seconds = Seconds(300), "How long whoever answered somebody stays the one who answers.";
    Replaces heard_bots: Vec<UserId> = Vec::new(), "Other programs' bots and webhooks that may be answered.";
    Replaces keep_days: u16 = 0,
        "For how many days what was said is kept and remembered; 0 is as long as there is room.";
    Replaces bot_hops: Hops = Hops(2), "How many answers other bots get between two messages of people.";
}

impl Rules {
    /// Whether a character may speak here, as far as the channel's settings go.
    pub fn admits(&self, character: &CharacterId) -> bool {
        self.cast.holds(character) && !self.silenced.contains(character)
    }

    /// Whether everybody is muted at a time.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted.holds(now)
    }
}

impl RulesPatch {
    /// Reads and checks what [`RulesPatch::to_json`] wrote.
    pub fn from_json(json: &str) -> Result<Self, RulesError> {
        if json.len() > PATCH_BYTES {
            return Err(RulesError::TooLarge(json.len()));
        }
        let patch: Self =
            serde_json::from_str(json).map_err(|error| RulesError::NotRules(error.to_string()))?;
        patch.check()?;
        Ok(patch)
    }

    /// The patch as JSON; what is not set is absent.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| unreachable!("rules hold only texts and numbers"))
    }
}

fn effective<T: Value>(meeting: Meeting, default: &T, guild: Option<&T>, channel: Option<&T>) -> T {
    match (guild, channel) {
        (Some(guild), Some(channel)) if meeting == Meeting::Joins => guild.both(channel),
        (_, Some(channel)) => channel.clone(),
        (Some(guild), None) => guild.clone(),
        (None, None) => default.clone(),
    }
}

fn origin(meeting: Meeting, guild: bool, channel: bool) -> Origin {
    match (guild, channel) {
        (true, true) if meeting == Meeting::Joins => Origin::Both,
        (_, true) => Origin::Channel,
        (true, false) => Origin::Guild,
        (false, false) => Origin::Default,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "as delivered",
            Self::Guild => "set for the server",
            Self::Channel => "set for this channel",
            Self::Both => "set for the server and for this channel",
        })
    }
}
