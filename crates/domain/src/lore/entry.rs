//! What a lorebook says, checked and in our own words.

use serde::{Deserialize, Serialize};

use super::Key;
use crate::chat::Role;

/// World info: texts that enter a prompt when one of their keys comes up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lorebook {
    /// Its name.
    pub name: Option<String>,
    /// How many of the newest messages are searched for keys; `None` is [`super::Settings::scan_depth`].
    pub scan_depth: Option<u32>,
    /// Tokens of all entries together at most; `None` is [`super::Settings::budget`].
    pub token_budget: Option<u32>,
    /// Whether entries may wake others.
    pub recursive_scanning: bool,
    /// The entries in the file's order.
    pub entries: Vec<LoreEntry>,
}

/// One piece of lore. [`LoreEntry::default`] is an entry that is on, without keys, and with every rule at rest.
#[expect(clippy::struct_excessive_bools, reason = "the specification's own independent switches")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoreEntry {
    /// A short name for receipts: the entry's name or comment, else the first key, else its number.
    pub label: String,
    /// Any of these wakes the entry.
    pub keys: Vec<Key>,
    /// With [`LoreEntry::selective`], these are tested as [`LoreEntry::logic`] says.
    pub secondary_keys: Vec<Key>,
    /// Whether [`LoreEntry::secondary_keys`] count.
    pub selective: bool,
    /// How the secondary keys count.
    pub logic: Logic,
    /// What enters the prompt; V3 decorators are taken off.
    pub content: String,
    /// Switched off entries never fire.
    pub enabled: bool,
    /// Always in the prompt, keys or not.
    pub constant: bool,
    /// Whether likeness of meaning may wake it, too.
    pub vectorized: bool,
    /// Lower comes earlier in the prompt; when the budget is short, higher is kept.
    pub insertion_order: i64,
    /// Which of several books it is of, the most important first; see [`Lorebook::merged`].
    pub band: u8,
    /// What counts instead of the order when the budget is short.
    pub priority: Option<i64>,
    /// Whether `Mira` and `mira` differ; `None` is [`super::Settings::case_sensitive`].
    pub case_sensitive: Option<bool>,
    /// Whether a key must stand as a whole word; `None` is [`super::Settings::whole_words`].
    pub whole_words: Option<bool>,
    /// How many messages are searched for this entry; `None` is the book's number.
    pub scan_depth: Option<u32>,
    /// What else is searched besides the messages.
    pub sources: Sources,
    /// Where it goes.
    pub position: LorePosition,
    /// The name of the outlet, with [`LorePosition::Outlet`].
    pub outlet: String,
    /// Percent of its chances at which it fires: 0–100.
    pub probability: u8,
    /// Of all entries of a group that fire together, one is kept.
    pub groups: Vec<String>,
    /// The entry's weight when a group draws lots.
    pub group_weight: u32,
    /// Whether the group is decided by order instead of lots.
    pub group_override: bool,
    /// Whether entries with fewer matching keys lose; `None` is [`super::Settings::group_scoring`].
    pub group_scoring: Option<bool>,
    /// Whether the book's budget does not count for it. What the prompt has room for always counts.
    pub ignore_budget: bool,
    /// How it takes part in recursion.
    pub recursion: Recursion,
    /// How long it stays, rests and waits.
    pub timed: Timed,
    /// For whom it fires.
    pub filter: CharacterFilter,
    /// What kinds of answer it fires for; empty is all.
    pub triggers: Vec<Trigger>,
    /// The script that `SillyTavern` runs when the entry fires. We have none: `/why` tells it, nothing acts on it.
    pub automation_id: Option<String>,
    /// What the decorators of V3 ask for.
    pub rules: Rules,
    /// Decorators that are not acted on, by name.
    pub ignored: Vec<String>,
}

impl Default for LoreEntry {
    fn default() -> Self {
        Self {
            label: String::new(),
            keys: Vec::new(),
            secondary_keys: Vec::new(),
            selective: false,
            logic: Logic::AndAny,
            content: String::new(),
            enabled: true,
            constant: false,
            vectorized: false,
            insertion_order: 100,
            band: 0,
            priority: None,
            case_sensitive: None,
            whole_words: None,
            scan_depth: None,
            sources: Sources::default(),
            position: LorePosition::AfterChar,
            outlet: String::new(),
            probability: 100,
            groups: Vec::new(),
            group_weight: 100,
            group_override: false,
            group_scoring: None,
            ignore_budget: false,
            recursion: Recursion::default(),
            timed: Timed::default(),
            filter: CharacterFilter::default(),
            triggers: Vec::new(),
            automation_id: None,
            rules: Rules::default(),
            ignored: Vec::new(),
        }
    }
}

/// How secondary keys count once a key came up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logic {
    /// One of them must come up, too.
    #[default]
    AndAny,
    /// Not all of them may come up.
    NotAll,
    /// None of them may come up.
    NotAny,
    /// All of them must come up, too.
    AndAll,
}

/// Texts about the characters that are searched besides the messages.
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the format")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// What is known of the person who speaks.
    pub persona: bool,
    /// The character's description.
    pub description: bool,
    /// Its personality.
    pub personality: bool,
    /// Its note that stands at a depth of the chat.
    pub note: bool,
    /// Its scenario.
    pub scenario: bool,
    /// Its author's notes.
    pub creator_notes: bool,
}

/// Where a piece of lore stands in the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LorePosition {
    /// Before the character's definition.
    BeforeChar,
    /// After it.
    #[default]
    AfterChar,
    /// At the end of the personality; after the definition if there is none.
    Personality,
    /// At the end of the scenario; after the definition if there is none.
    Scenario,
    /// Before the example dialogues.
    BeforeExamples,
    /// After them.
    AfterExamples,
    /// At the top of the note within the chat.
    NoteTop,
    /// At the bottom of the note within the chat.
    NoteBottom,
    /// Within the chat.
    AtDepth {
        /// Before so many of the newest messages; 0 is behind the last.
        depth: u32,
        /// As whose message.
        role: Role,
    },
    /// Where `{{outlet::NAME}}` stands.
    Outlet,
}

/// How an entry takes part in recursion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recursion {
    /// Other entries cannot wake it.
    pub excluded: bool,
    /// It wakes no others.
    pub prevents: bool,
    /// It fires only while entries wake others, from this level on; levels open one by one.
    pub delay: Option<u32>,
}

/// Effects that last, counted in messages of the chat; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timed {
    /// Stays for so many messages after it fired.
    pub sticky: u32,
    /// Cannot fire for so many messages after it fired, or after it stopped being sticky.
    pub cooldown: u32,
    /// Cannot fire before the chat has so many messages.
    pub delay: u32,
}

/// For which characters an entry fires; without names and tags, for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CharacterFilter {
    /// Names of characters.
    pub names: Vec<String>,
    /// Tags of characters.
    pub tags: Vec<String>,
    /// Whether those named are the ones it does not fire for.
    pub exclude: bool,
}

/// The kind of answer that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// An answer to a message.
    #[default]
    Normal,
    /// The last answer goes on.
    Continue,
    /// Words for the person.
    Impersonate,
    /// Another version of the last answer.
    Swipe,
    /// The last answer anew.
    Regenerate,
    /// Something that is not shown.
    Quiet,
}

/// What decorators of V3 ask for and no field of an entry says.
#[expect(clippy::struct_excessive_bools, reason = "the specification's own independent switches")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `@@activate`: fires whatever comes up.
    pub activate: bool,
    /// `@@dont_activate`: never fires, unless there is an `@@activate`.
    pub dont_activate: bool,
    /// `@@activate_only_after`: messages of the character that must have been.
    pub only_after: Option<u32>,
    /// `@@activate_only_every`: fires when the number of the character's messages can be divided by this.
    pub only_every: Option<u32>,
    /// `@@keep_activate_after_match`: once fired, fires always.
    pub keep_after_match: bool,
    /// `@@dont_activate_after_match`: fires once.
    pub dont_after_match: bool,
    /// `@@is_greeting`: the number of the greeting that the chat began with.
    pub greeting: Option<u32>,
    /// `@@is_user_icon`: the name of the person's picture.
    pub user_icon: Option<String>,
    /// `@@additional_keys`: one of these must come up, too.
    pub additional_keys: Vec<Key>,
    /// `@@exclude_keys`: none of these may come up.
    pub exclude_keys: Vec<Key>,
    /// `@@ignore_on_max_context`: the first to go when there is no room.
    pub ignore_on_max_context: bool,
    /// `@@disable_ui_prompt`: leaves out the character's last instructions.
    pub without_post_history: bool,
    /// `@@disable_ui_prompt`: leaves out the character's system prompt.
    pub without_system_prompt: bool,
}
