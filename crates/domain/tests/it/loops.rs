//! Characters, foreign bots and webhooks talk to each other in generated networks; without a person they fall silent.
//!
//! The world is as unkind as it can be. Every foreign talker answers everything it is wired to hear, calls characters
//! by name, mentions the bot and replies to what they said; our characters name each other and the bots in all they
//! say, add to each other's answers whenever they may, and their posts come back to us as messages. Answers are
//! decided on at once and posted in any order, any time later, as in a channel where several turns run.

use std::{collections::VecDeque, sync::Arc};

use domain::{
    ApplicationId, CharacterId, MessageId, Timestamp, UserId, WebhookId,
    attention::{Reason, Verdict, banter, decide},
    character::Character,
    event::{AuthorKind, Message, ReplyTo},
    limits,
    rules::{Hops, Percent, Rules},
    scene::{Line, Scene, Speaker},
};
use fastrand::Rng;
use proptest::prelude::*;

use crate::stage::{BOT, cast, message};

/// Foreign talkers of a network at most.
const TALKERS: usize = 5;

/// Foreign posts after which a run is cut: foreign bots may well talk to each other for ever, and it must not matter.
const FOREIGN_POSTS: usize = 200;

/// What one of our turns costs at most, in the model.
const TURN_TOKENS: u64 = 9_000;

/// Answers to a person's message, each with somebody who adds to it.
const PER_PERSON: usize = 2 * limits::ANSWERERS;

#[derive(Clone, Debug)]
struct Talker {
    kind: Kind,
    /// Whom it answers: everybody, or those it is wired to in a ring.
    hears: Hears,
    /// Posts for each post it hears.
    posts: usize,
    replies: bool,
    mentions: bool,
    names: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Bot,
    /// Under a name of its own.
    Webhook,
    /// Takes the name of one of ours.
    Impostor,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Hears {
    Everything,
    Characters,
    TheOneBefore,
}

#[derive(Clone, Debug)]
struct Network {
    talkers: Vec<Talker>,
    heard: bool,
    hops: u8,
    banter: bool,
    join_in: bool,
    /// The steps at which a person says something.
    people: Vec<usize>,
    seed: u64,
}

/// A post that everybody is about to hear.
struct Post {
    by: By,
}

#[derive(Clone, PartialEq)]
enum By {
    Person,
    Talker(usize),
    Character,
}

/// A turn of ours that is decided on and not posted yet.
struct Turn {
    character: CharacterId,
    reason: Reason,
    question: Message,
}

struct World {
    network: Network,
    cast: Vec<Arc<Character>>,
    rules: Rules,
    history: Vec<Line>,
    posts: VecDeque<Post>,
    turns: Vec<Turn>,
    now: Timestamp,
    next_id: u64,
    dice: Rng,
    foreign_posts: usize,
    own_turns: usize,
    tokens: u64,
}

/// What a run came to.
#[derive(Debug)]
struct End {
    own_turns: usize,
    tokens: u64,
    people: usize,
}

impl World {
    fn new(network: Network) -> Self {
        let heard_bots = if network.heard { (0..TALKERS).map(talker_id).collect() } else { Vec::new() };
        let rules = Rules {
            heard_bots,
            bot_hops: Hops(network.hops),
            banter: Percent(if network.banter { 100 } else { 0 }),
            join_in: Percent(if network.join_in { 100 } else { 0 }),
            ..Rules::default()
        };
        Self {
            cast: cast(&[("Mira", &[]), ("Tom", &[]), ("Juno", &[])]),
            rules,
            history: Vec::new(),
            posts: VecDeque::new(),
            turns: Vec::new(),
            now: Timestamp(1_800_000_000_000),
            next_id: 10_000,
            dice: Rng::with_seed(network.seed),
            foreign_posts: 0,
            own_turns: 0,
            tokens: 0,
            network,
        }
    }

    fn run(mut self) -> End {
        // One post sets the foreigners off.
        for talker in 0..self.network.talkers.len() {
            self.talk(talker);
        }
        let mut step = 0;
        let mut people = 0;
        loop {
            if self.network.people.contains(&step) {
                people += 1;
                self.person_speaks();
            }
            step += 1;
            assert!(step < 10_000, "it does not come to rest");
            self.now = self.now.plus(std::time::Duration::from_millis(self.dice.u64(50..4_000)));
            let post_a_turn = !self.turns.is_empty() && (self.posts.is_empty() || self.dice.bool());
            if post_a_turn {
                let turn = self.turns.swap_remove(self.dice.usize(0..self.turns.len()));
                self.perform(turn);
            } else if let Some(post) = self.posts.pop_front() {
                self.everybody_hears(&post);
            } else if self.network.people.iter().all(|at| *at < step) {
                return End { own_turns: self.own_turns, tokens: self.tokens, people };
            }
        }
    }

    fn person_speaks(&mut self) {
        let mut question =
            message(self.dice.choice(["Mira, Tom and Juno!", "hello there, everybody", "Tom?"]).unwrap());
        question.id = self.id();
        question.sent_at = self.now;
        self.decide(&question);
        self.remember(Speaker::Person { id: question.author.id, name: "alice".into() }, &question);
        self.posts.push_back(Post { by: By::Person });
    }

    fn everybody_hears(&mut self, post: &Post) {
        let ring = self.network.talkers.len();
        for index in 0..ring {
            let talker = &self.network.talkers[index];
            let hears = match talker.hears {
                Hears::Everything => post.by != By::Talker(index),
                Hears::Characters => post.by == By::Character,
                // The first of a ring is set off by our characters, so that the ring may go through us.
                Hears::TheOneBefore if index == 0 => {
                    post.by == By::Character || post.by == By::Talker(ring - 1)
                }
                Hears::TheOneBefore => post.by == By::Talker(index - 1),
            };
            let posts = if hears { talker.posts } else { 0 };
            for _ in 0..posts {
                self.talk(index);
            }
        }
    }

    /// A foreign talker posts; what it says is as tempting as can be.
    fn talk(&mut self, index: usize) {
        if self.foreign_posts >= FOREIGN_POSTS {
            return;
        }
        self.foreign_posts += 1;
        let talker = self.network.talkers[index].clone();
        let named = ["Mira", "Tom", "Juno"].iter().take(talker.names).copied();
        let mut said = message(&format!("{} what is this?", named.collect::<Vec<_>>().join(", ")));
        said.id = self.id();
        said.sent_at = self.now;
        said.author.id = talker_id(index);
        said.author.name = if talker.kind == Kind::Impostor { "Mira".into() } else { "echo".into() };
        said.author.kind = if talker.kind == Kind::Bot {
            AuthorKind::Bot
        } else {
            AuthorKind::Webhook(WebhookId(talker_id(index).get()), Some(ApplicationId(77)))
        };
        if talker.mentions {
            said.mentions.push(BOT.user);
        }
        if talker.replies {
            let own = self.history.iter().rev().find(|line| matches!(line.who, Speaker::Character(_)));
            said.reply_to =
                own.and_then(|line| line.message).map(|message| ReplyTo { message, author: None });
        }
        self.decide(&said);
        self.remember(Speaker::OtherBot { id: said.author.id, name: said.author.name.clone() }, &said);
        self.posts.push_back(Post { by: By::Talker(index) });
    }

    fn decide(&mut self, message: &Message) {
        let replied = message.reply_to.map(|reply| reply.message);
        let from = self.history.len().saturating_sub(limits::SCENE_MESSAGES);
        let spoken_by = |line: &Line| match &line.who {
            Speaker::Character(id) => Some(id.clone()),
            _ => None,
        };
        let target = self.history.iter().find(|line| replied.is_some() && line.message == replied);
        let scene = Scene {
            reply_target: target.and_then(spoken_by),
            last_speaker: self.history.iter().rev().find_map(spoken_by),
            rules: &self.rules,
            pending: self.turns.len(),
            ..Scene::new(BOT, &self.cast, &self.history[from..], self.now)
        };
        if let Verdict::Answer(chosen) = decide(message, &scene, &mut self.dice) {
            for chosen in chosen {
                self.turns.push(Turn {
                    character: chosen.character,
                    reason: chosen.reason,
                    question: message.clone(),
                });
            }
        }
    }

    /// One of ours speaks, its post comes back to us, and somebody adds to it who may.
    fn perform(&mut self, turn: Turn) {
        self.own_turns += 1;
        self.tokens += self.dice.u64(1..=TURN_TOKENS);
        let mut said = message("Mira, Tom, Juno, echo: what do you say to that?");
        said.id = self.id();
        said.sent_at = self.now;
        said.author.id = UserId(70);
        said.author.kind = AuthorKind::Webhook(WebhookId(70), Some(BOT.application));
        self.remember(Speaker::Character(turn.character.clone()), &said);
        let before = self.turns.len();
        self.decide(&said);
        assert_eq!(self.turns.len(), before, "our own post was answered");
        self.posts.push_back(Post { by: By::Character });
        let scene = Scene { rules: &self.rules, ..Scene::new(BOT, &self.cast, &self.history, self.now) };
        let second = banter(&turn.character, turn.reason, &turn.question, &scene, &mut self.dice);
        if let Some(chosen) = second {
            assert_eq!(chosen.reason, Reason::Banter);
            assert_ne!(chosen.character, turn.character);
            let question = turn.question;
            self.turns.push(Turn { character: chosen.character, reason: chosen.reason, question });
        }
    }

    fn remember(&mut self, who: Speaker, message: &Message) {
        let line = Line { who, text: message.content.clone(), message: Some(message.id), at: self.now };
        self.history.push(line);
    }

    fn id(&mut self) -> MessageId {
        self.next_id += 1;
        MessageId(self.next_id)
    }
}

fn talker_id(index: usize) -> UserId {
    UserId(500 + index as u64)
}

fn talker() -> impl Strategy<Value = Talker> {
    let hears = prop_oneof![Just(Hears::Everything), Just(Hears::Characters), Just(Hears::TheOneBefore)];
    let kind = prop_oneof![Just(Kind::Bot), Just(Kind::Webhook), Just(Kind::Impostor)];
    (kind, hears, 1_usize..=2, any::<bool>(), any::<bool>(), 0_usize..=3).prop_map(
        |(kind, hears, posts, replies, mentions, names)| Talker {
            kind,
            hears,
            posts,
            replies,
            mentions,
            names,
        },
    )
}

fn network() -> impl Strategy<Value = Network> {
    (
        prop::collection::vec(talker(), 0..=TALKERS),
        any::<bool>(),
        0..=Hops::MOST,
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(0_usize..60, 0..4),
        any::<u64>(),
    )
        .prop_map(|(talkers, heard, hops, banter, join_in, people, seed)| Network {
            talkers,
            heard,
            hops,
            banter,
            join_in,
            people,
            seed,
        })
}

/// A ring of talkers, each of which answers the one before and the first of which answers our characters.
fn ring(length: usize, heard: bool, hops: u8) -> Network {
    let talker = Talker {
        kind: Kind::Bot,
        hears: Hears::TheOneBefore,
        posts: 1,
        replies: true,
        mentions: true,
        names: 3,
    };
    let talkers = vec![talker; length];
    Network { talkers, heard, hops, banter: true, join_in: true, people: vec![2], seed: length as u64 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_to_rest_without_a_person(network in network()) {
        let hops = if network.heard { usize::from(network.hops) } else { 0 };
        let end = World::new(network).run();
        let most = end.people * (PER_PERSON + hops);
        prop_assert!(end.own_turns <= most, "{end:?}, at most {most} turns");
        prop_assert!(end.tokens <= most as u64 * TURN_TOKENS);
    }

    #[test]
    fn where_no_person_speaks_none_of_ours_does(mut network in network()) {
        network.people.clear();
        prop_assert_eq!(World::new(network).run().own_turns, 0);
    }
}

#[test]
fn rings_of_up_to_five_bots_through_our_characters_come_to_rest() {
    for length in 1..=TALKERS {
        let closed = World::new(ring(length, false, Hops::MOST)).run();
        assert!(closed.own_turns <= PER_PERSON, "{length}: {closed:?}");
        for hops in 0..=Hops::MOST {
            let open = World::new(ring(length, true, hops)).run();
            assert!(open.own_turns <= PER_PERSON + usize::from(hops), "{length}, {hops} hops: {open:?}");
        }
    }
}

#[test]
fn the_model_does_let_bots_through_where_they_are_heard() {
    // Otherwise the laws above would hold for a bot that never speaks.
    let quiet = World::new(Network { banter: false, ..ring(1, false, 3) }).run();
    let heard: usize = (0..40)
        .map(|seed| World::new(Network { banter: false, seed, ..ring(1, true, 5) }).run().own_turns)
        .max()
        .unwrap();
    assert!(heard > quiet.own_turns, "{heard} > {quiet:?}");
}
