//! What the decisions are about: a channel in which nine people, four characters and a bot have talked for a long
//! time, a cast, and a book of a hundred entries of every kind. The same each time: the dice have a seed.

use std::{fmt::Write as _, ops::Range, sync::Arc, time::Duration};

use anyhow::Context as _;
use domain::{
    ApplicationId, ChannelId, CharacterId, GuildId, MessageId, Timestamp, UserId,
    character::{Character, LoreEntry, LorePosition, Lorebook},
    chat::Role,
    event::{Activity, ActivityKind, Author, AuthorKind, ChannelKind, Identity, Message, Place},
    lore::{Key, Logic, Owner, Recursion, Strategy, Timed},
    pace::Pace,
    rules::{Percent, QuietHours, Rules},
    scene::{Line, Speaker, Standing, Standings},
    state::{Encounter, Exchange, Growth, Ties},
};

/// Who the bot is.
pub(crate) const BOT: Identity = Identity { user: UserId(900), application: ApplicationId(901) };

/// When the conversation began, and how long after each other lines come.
const BEGAN: Timestamp = Timestamp(1_800_000_000_000);
const BETWEEN: Duration = Duration::from_secs(17);

/// Entries of the character's own book and of the server's.
const OWN_ENTRIES: usize = 40;
const SERVER_ENTRIES: usize = 60;

/// People by id; two share a name, and one has a character's.
const PEOPLE: &[(u64, &str)] = &[
    (10, "alice"),
    (11, "Bo"),
    (12, "José Ramírez"),
    (13, "sam"),
    (14, "sam"),
    (15, "ねこ"),
    (16, "zibbik"),
    (17, "Марина"),
    (18, "the_real_kim"),
];

/// What lines are made of: as chats are, from a few words to a paragraph, in more than one language.
const PHRASES: &[&str] = &[
    "lol",
    "did anybody see the storm last night? the harbour lights were out until four",
    "I just finished the second book and I cannot believe what they did to the old captain",
    "my cat sat on the keyboard again, sorry for the noise",
    "what are we playing tonight",
    "honestly the soup was better last week",
    "ich habe mir gestern ein Fahrrad gekauft, morgen geht es an den See",
    "there is a clock in the tower that nobody has wound for forty years and it still strikes at noon",
    "https://example.org/some/long/path?with=query&and=more is the thing that I meant",
    "<@900> you promised to tell the rest of the story about the ferry",
    "haha yes <:grin:123456789012345678> exactly that",
    "she said: never again. and then she went back the very next day",
    "ok but what if the dragon is just shy and everybody has been rude to it for three hundred years",
    "I'm working on a small radio that can hear the weather ships, the antenna is the hard part",
    "не могу уснуть, расскажите что-нибудь",
    "so tired. work was terrible, two people ill and the delivery came at five",
    "今日は雨だから家で本を読む",
    "> you promised\nI did not promise anything, I said maybe",
    "the bakery at the corner has those rolls with poppy seeds again, get there before nine",
    "does the lighthouse keeper ever sleep, asking for a friend",
    "that is the best news all week, congratulations!! :tada:",
    "no idea, ask the archivist, the maps are in the third drawer on the left",
    "I keep a list of all the bridges that are not on any map, want to see it?",
    "brb",
];

/// What characters say: longer, with their manners.
const SPEECHES: &[&str] = &[
    "*sets the kettle down* The ferry, then. It left at six, as it always did, and that was the last ordinary thing \
     about it. Mind you, I only know what the cook told me, and the cook was asleep.",
    "Three hundred years of rudeness would make anybody shy. I'd knock first, and bring cake.",
    "You ask as if sleep were a matter of wanting. The light wants oil at two and at five; in between I read.\n\nIt \
     is a good life, if you like oil.",
    "The third drawer on the left is where I keep string. The maps are in the *second*, under the letters that \
     nobody has come for. Put them back in order, please: north on top.",
    "Ha! A radio that hears weather ships. When I was your age we had a bucket and an opinion.",
];

/// Words that keys are made of; some of them stand in the lines above, most do not.
const WORDS: &[&str] = &[
    "harbour",
    "captain",
    "soup",
    "clock",
    "tower",
    "ferry",
    "dragon",
    "radio",
    "bakery",
    "lighthouse",
    "maps",
    "bridges",
    "storm",
    "cook",
    "letters",
    "oil",
    "archivist",
    "poppy",
    "drawer",
    "cake",
    "glacier",
    "orchard",
    "smith",
    "lantern",
    "cellar",
    "raven",
    "mill",
    "guild",
    "oath",
    "sextant",
    "thaw",
    "barley",
    "quarry",
    "heron",
    "ledger",
    "compass",
    "moss",
    "gallows",
    "spindle",
    "marsh",
];

/// Sentences that entries are made of.
const SENTENCES: &[&str] = &[
    "{{char}} has known the place since before the wall was built, and says so when asked.",
    "It belongs to nobody, which is why everybody looks after it.",
    "People of the upper town pretend that it does not exist; those of the lower town charge a toll for it.",
    "In the winter of the long frost it was the only warm room for miles, and eleven people lived in it.",
    "What {{user}} would see first is the smoke, and then the dog.",
    "Its colour is that of wet slate, and it smells of tar, cloves and old paper.",
    "Nobody has ever written down the rules, but there are exactly seven, and the fourth is about bread.",
];

/// Everything that a decision needs but the line that is answered.
pub(crate) struct Parlour {
    pub(crate) cast: Vec<Arc<Character>>,
    pub(crate) rules: Rules,
    pub(crate) presence: Vec<Activity>,
    pub(crate) standings: Standings,
    pub(crate) pace: Pace,
    pub(crate) ties: Ties,
    pub(crate) growth: Growth,
    pub(crate) book: Lorebook,
    lines: Vec<Line>,
    dice: fastrand::Rng,
}

impl Parlour {
    /// A parlour in which so many lines were said; the first four of the cast speak.
    pub(crate) fn furnish(cast: Vec<Arc<Character>>, lines: usize) -> anyhow::Result<Self> {
        let mut dice = fastrand::Rng::with_seed(7);
        let voices = cast.get(..4).context("four characters")?.to_vec();
        let lines = (0..lines).map(|index| line(index, &voices, &mut dice)).collect();
        let own = Lorebook { scan_depth: Some(20), ..book(0..OWN_ENTRIES, &mut dice) };
        let server = book(OWN_ENTRIES..OWN_ENTRIES + SERVER_ENTRIES, &mut dice);
        let books = [(Owner::Character, &own), (Owner::Global, &server)];
        let listens = |name: &str| Activity {
            kind: ActivityKind::Listening,
            name: name.into(),
            details: Some("Three Herons – The Long Frost".into()),
        };
        Ok(Self {
            rules: Rules {
                join_in: Percent(20),
                quiet_hours: QuietHours::Daily { from: 120, to: 360 },
                ignored_users: (700..720).map(UserId).collect(),
                prefixes: ["!", "?", "$"].map(str::to_owned).to_vec(),
                ..Rules::default()
            },
            presence: vec![
                listens("Some Music"),
                Activity { kind: ActivityKind::Playing, ..listens("Harbour Town") },
            ],
            standings: standings(&cast),
            pace: Pace { user: 1, channel: 2, guild: 5 },
            ties: ties(&voices),
            growth: growth(&mut dice),
            book: Lorebook::merged(&books, Strategy::CharacterFirst),
            lines,
            dice,
            cast,
        })
    }

    /// Some of what was said.
    pub(crate) fn lines(&self, range: Range<usize>) -> anyhow::Result<&[Line]> {
        self.lines.get(range).context("nothing more was said")
    }

    /// What the line of this number would be as a message to somebody: half of them call a character by name, the
    /// others mention the bot and leave it to attention who answers.
    pub(crate) fn question(&self, number: usize) -> anyhow::Result<Message> {
        let mut dice = fastrand::Rng::with_seed(number as u64 ^ self.dice.get_seed());
        let (id, name) = pick(PEOPLE, &mut dice);
        let asked = phrase(&mut dice);
        let character = self.cast.get(dice.usize(0..4)).context("four characters")?;
        let named = number.is_multiple_of(2);
        let content = if named {
            format!("{}, {asked}?", character.called())
        } else {
            format!("<@900> {asked}, or not?")
        };
        let at = said_at(number);
        Ok(Message {
            id: message_id(number),
            place: Place {
                guild: Some(GuildId(1)),
                channel: ChannelId(2),
                parent: None,
                kind: ChannelKind::Text,
            },
            author: Author { id: UserId(id), name: name.into(), kind: AuthorKind::Human },
            content: content.into(),
            mentions: if named { Vec::new() } else { vec![BOT.user] },
            reply_to: None,
            attachments: Vec::new(),
            pictures: Vec::new(),
            replied_pictures: Vec::new(),
            age_restricted: false,
            sent_at: at,
        })
    }

    /// The other characters who spoke lately.
    pub(crate) fn others(&self, history: &[Line], but: &CharacterId) -> Vec<Arc<Character>> {
        let spoke = |other: &CharacterId| {
            history.iter().any(|line| matches!(&line.who, Speaker::Character(id) if id == other))
        };
        self.cast.iter().filter(|other| other.id != *but && spoke(&other.id)).cloned().collect()
    }
}

/// Which character spoke last.
pub(crate) fn last_speaker(history: &[Line]) -> Option<CharacterId> {
    history.iter().rev().find_map(|line| match &line.who {
        Speaker::Character(id) => Some(id.clone()),
        Speaker::Person { .. } | Speaker::OtherBot { .. } => None,
    })
}

fn said_at(number: usize) -> Timestamp {
    BEGAN.plus(BETWEEN * u32::try_from(number).unwrap_or(u32::MAX))
}

fn message_id(number: usize) -> MessageId {
    MessageId(1_000_000 + number as u64)
}

fn pick<T: Copy>(of: &[T], dice: &mut fastrand::Rng) -> T {
    of[dice.usize(0..of.len())]
}

/// One to three phrases, each told apart by a number so that no two long lines are equal.
fn phrase(dice: &mut fastrand::Rng) -> String {
    let mut text = pick(PHRASES, dice).to_owned();
    for _ in 0..dice.usize(0..3) {
        text.push(' ');
        text.push_str(pick(PHRASES, dice));
    }
    if text.len() > 20 {
        let _ = write!(text, " (that was {} days ago)", dice.u16(2..9_999));
    }
    text
}

fn line(number: usize, voices: &[Arc<Character>], dice: &mut fastrand::Rng) -> Line {
    let (who, text) = match number % 5 {
        3 => (
            Speaker::Character(voices[dice.usize(0..voices.len())].id.clone()),
            format!("{} {}", pick(SPEECHES, dice), number),
        ),
        4 if number % 4 == 1 => (
            Speaker::OtherBot { id: UserId(800), name: "Tide Table".into() },
            format!("High water at {number}"),
        ),
        _ => {
            let (id, name) = pick(PEOPLE, dice);
            (Speaker::Person { id: UserId(id), name: name.into() }, phrase(dice))
        }
    };
    Line { who, text: text.into(), message: Some(message_id(number)), at: said_at(number) }
}

/// Entries of every kind.
fn book(numbers: Range<usize>, dice: &mut fastrand::Rng) -> Lorebook {
    let entries = numbers.map(|number| entry(number, dice)).collect();
    Lorebook {
        name: Some("parlour".into()),
        token_budget: Some(1_500),
        recursive_scanning: true,
        entries,
        ..Lorebook::default()
    }
}

fn entry(number: usize, dice: &mut fastrand::Rng) -> LoreEntry {
    let mut content = format!("The {} of number {number}.", pick(WORDS, dice));
    for _ in 0..dice.usize(2..5) {
        content.push(' ');
        content.push_str(pick(SENTENCES, dice));
    }
    let keys: Vec<Key> = (0..dice.usize(2..5)).map(|_| Key::new(pick(WORDS, dice))).collect();
    let plain = LoreEntry {
        label: format!("entry {number}"),
        keys,
        content,
        insertion_order: dice.i64(0..200),
        ..LoreEntry::default()
    };
    let some = |dice: &mut fastrand::Rng| vec![Key::new(pick(WORDS, dice)), Key::new(pick(WORDS, dice))];
    match number % 20 {
        0 => LoreEntry { constant: true, ..plain },
        1..=3 => {
            let (one, other) = (pick(WORDS, dice), pick(WORDS, dice));
            let key = Key::new(&format!(r"/\b(?:{one}|{other})s?\b/i"));
            LoreEntry { keys: vec![key], ..plain }
        }
        4 => LoreEntry { keys: vec![Key::new(r"/the\s+(?:old|last|third)\s+\w+/i")], ..plain },
        5..=7 => {
            let logic = pick(&[Logic::AndAny, Logic::AndAll, Logic::NotAny, Logic::NotAll], dice);
            LoreEntry { selective: true, secondary_keys: some(dice), logic, ..plain }
        }
        8 | 9 => LoreEntry { groups: vec![format!("group {}", number % 3)], group_weight: 50, ..plain },
        10 => LoreEntry { recursion: Recursion { delay: Some(1), ..Recursion::default() }, ..plain },
        11 => LoreEntry { recursion: Recursion { prevents: true, ..Recursion::default() }, ..plain },
        12 => LoreEntry { position: LorePosition::AtDepth { depth: 3, role: Role::System }, ..plain },
        13 => LoreEntry { timed: Timed { sticky: 3, cooldown: 6, delay: 0 }, ..plain },
        14 => LoreEntry { probability: 50, scan_depth: Some(30), ..plain },
        15 => LoreEntry { keys: vec![Key::new("{{user}}"), Key::new("{{char}}")], probability: 20, ..plain },
        16 => LoreEntry { whole_words: Some(false), ..plain },
        17 => LoreEntry { keys: vec![Key::new("the long frost"), Key::new("old captain")], ..plain },
        _ => plain,
    }
}

fn standings(cast: &[Arc<Character>]) -> Standings {
    let of = |(index, character): (usize, &Arc<Character>)| {
        let standing = Standing {
            relation: i8::try_from(index).unwrap_or(0) * 5,
            answered_lately: 2,
            spoke_at: Some(BEGAN),
            answered_writer_at: Some(BEGAN),
            ..Standing::default()
        };
        (character.id.clone(), standing)
    };
    Standings(cast.iter().enumerate().map(of).collect())
}

fn ties(voices: &[Arc<Character>]) -> Ties {
    let mut ties = Ties::default();
    for turn in 0..60_usize {
        let (speaker, to) = (&voices[turn % voices.len()], &voices[(turn + 1) % voices.len()]);
        ties.met(&Encounter {
            turn: turn as u64,
            speaker,
            to,
            text: SPEECHES[turn % SPEECHES.len()],
            memory: Some("how the ferry was lost"),
            at: said_at(turn),
        });
    }
    ties
}

fn growth(dice: &mut fastrand::Rng) -> Growth {
    let mut growth = Growth::default();
    for turn in 0..600 {
        let text = phrase(dice);
        growth.answered(&Exchange {
            turn,
            person: Some(UserId(10)),
            text: &text,
            at: said_at(turn as usize),
        });
    }
    growth
}
