//! Plays a story: every message is decided on as the bot would.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    ApplicationId, CharacterId, MessageId, Timestamp, UserId, WebhookId,
    attention::{Control, Reason, Verdict, control, decide},
    character::Character,
    event::{Activity, ActivityKind, Attachment, AuthorKind, ChannelKind, Message, ReplyTo},
    pace::Paces,
    rules::{Rules, RulesPatch},
    scene::{Budget, Line, Scene, Speaker, Standing, Standings},
};
use fastrand::Rng;

use super::{
    Told,
    script::{Script, What},
};
use crate::stage::{BOT, message};

/// What the program in front of attention would know.
struct World<'a> {
    cast: &'a [Arc<Character>],
    now: Timestamp,
    next_message: u64,
    history: Vec<Line>,
    patch: RulesPatch,
    kind: ChannelKind,
    thread_of: Option<CharacterId>,
    age_restricted: bool,
    local_minute: Option<u16>,
    budget: Budget,
    pending: usize,
    paces: Paces,
    unasked_at: Option<Timestamp>,
    picture_at: Option<Timestamp>,
    doing: BTreeMap<String, Vec<Activity>>,
    relations: BTreeMap<(CharacterId, String), i8>,
    dice: Rng,
}

pub(super) fn told(script: &Script) -> Result<Vec<Told<'_>>, String> {
    let mut world = World::new(&script.cast);
    let mut told = Vec::new();
    for step in &script.steps {
        world.now = world.now.plus(step.after);
        let actual = match &step.what {
            What::Rule(name, value) => {
                world.patch.set(name, value).map_err(|error| error.to_string())?;
                None
            }
            What::Here(what) => {
                world.here(what)?;
                None
            }
            What::Does { who, kind, what } => {
                let kind = if kind == "playing" { ActivityKind::Playing } else { ActivityKind::Listening };
                let activity = Activity { kind, name: what.as_str().into(), details: None };
                world.doing.entry(who.clone()).or_default().push(activity);
                None
            }
            What::Says { who, how, text } => world.says(who, how, text)?,
        };
        let fits = match (&step.expected, &actual) {
            (None, _) => true,
            (Some(expected), Some(actual)) => fits(expected, actual),
            (Some(_), None) => false,
        };
        told.push(Told { step, actual, fits });
    }
    Ok(told)
}

/// Whether an outcome is as written. Written parts of a score, in brackets, must be among the real ones.
fn fits(expected: &str, actual: &str) -> bool {
    let (verdict, parts) = actual.split_once(" (").unwrap_or((actual, ""));
    let (wanted, wanted_parts) = expected.split_once(" (").unwrap_or((expected, ""));
    let parts: Vec<_> = parts.trim_end_matches(')').split(", ").collect();
    wanted == verdict
        && wanted_parts.trim_end_matches(')').split(", ").all(|part| part.is_empty() || parts.contains(&part))
}

impl<'a> World<'a> {
    fn new(cast: &'a [Arc<Character>]) -> Self {
        Self {
            cast,
            now: Timestamp(1_800_000_000_000),
            next_message: 5_000,
            history: Vec::new(),
            patch: RulesPatch::default(),
            kind: ChannelKind::Text,
            thread_of: None,
            age_restricted: false,
            local_minute: None,
            budget: Budget::Free,
            pending: 0,
            paces: Paces::default(),
            unasked_at: None,
            picture_at: None,
            doing: BTreeMap::new(),
            relations: BTreeMap::new(),
            dice: Rng::with_seed(7),
        }
    }

    fn here(&mut self, what: &str) -> Result<(), String> {
        match what {
            "a direct message" => self.kind = ChannelKind::Direct,
            "an age-restricted channel" => self.age_restricted = true,
            "the budget is spent" => self.budget = Budget::Spent,
            _ => {
                let words: Vec<_> = what.split(' ').collect();
                match words.as_slice() {
                    ["a", "thread", "on", name, "message"] => {
                        self.kind = ChannelKind::Thread;
                        self.thread_of = Some(self.member(name.trim_end_matches("'s"))?);
                    }
                    ["it", "is", clock] => {
                        let (hour, minute) = clock.split_once(':').ok_or("no time of day")?;
                        let number = |text: &str| text.parse::<u16>().map_err(|error| error.to_string());
                        self.local_minute = Some(number(hour)? * 60 + number(minute)?);
                    }
                    [count, "answers", "are", "on", "their", "way"] => {
                        self.pending = count.parse().map_err(|_| "no number")?;
                    }
                    [name, "is", "close", "to", person] => {
                        self.relations.insert((self.member(name)?, (*person).to_owned()), 100);
                    }
                    [name, "dislikes", person] => {
                        self.relations.insert((self.member(name)?, (*person).to_owned()), -100);
                    }
                    _ => return Err(format!("here: {what}?")),
                }
            }
        }
        Ok(())
    }

    /// Somebody says something: one of the cast because it was told to, or somebody who may be answered.
    fn says(&mut self, who: &str, how: &[String], text: &str) -> Result<Option<String>, String> {
        if let Ok(character) = self.member(who) {
            self.remember(Speaker::Character(character), text);
            return Ok(None);
        }
        let message = self.message(who, how, text)?;
        let outcome = self.outcome(who, how, &message)?;
        let speaker = match message.author.kind {
            AuthorKind::Human => Speaker::Person { id: message.author.id, name: message.author.name.clone() },
            _ => Speaker::OtherBot { id: message.author.id, name: message.author.name.clone() },
        };
        if how.iter().any(|how| how == "picture") {
            self.picture_at = Some(self.now);
        }
        self.remember(speaker, text);
        Ok(Some(outcome))
    }

    fn remember(&mut self, who: Speaker, text: &str) {
        let message = Some(MessageId(self.next_message));
        self.next_message += 1;
        self.history.push(Line { who, text: text.into(), message, at: self.now });
    }

    fn message(&self, who: &str, how: &[String], text: &str) -> Result<Message, String> {
        let mut message = message(text);
        message.id = MessageId(self.next_message);
        message.sent_at = self.now;
        message.place.kind = self.kind;
        message.age_restricted = self.age_restricted;
        if self.kind == ChannelKind::Direct {
            message.place.guild = None;
        }
        (message.author.id, message.author.kind) = author(who)?;
        message.author.name = who.into();
        let mut content = text.to_owned();
        for name in ["bot", "alice", "bob", "carol"] {
            let at = format!("@{name}");
            if content.contains(&at) {
                let user = if name == "bot" { BOT.user } else { author(name)?.0 };
                message.mentions.push(user);
                content = content.replace(&at, &format!("<@{user}>"));
            }
        }
        message.content = content.into();
        for how in how {
            if let Some(to) = how.strip_prefix("replies to ") {
                message.reply_to = Some(self.reply(to)?);
            } else if how == "picture" {
                message.attachments.push(file("cat.png", "image/png"));
            } else if how == "file" {
                message.attachments.push(file("notes.txt", "text/plain"));
            } else if !how.starts_with("by command") {
                return Err(format!("how: {how}?"));
            }
        }
        Ok(message)
    }

    fn reply(&self, to: &str) -> Result<ReplyTo, String> {
        let by = |line: &&Line| match &line.who {
            Speaker::Character(id) => self.member(to).is_ok_and(|member| member == *id),
            Speaker::Person { name, .. } | Speaker::OtherBot { name, .. } => name.raw() == to,
        };
        let line = self.history.iter().rev().find(by).ok_or_else(|| format!("{to} said nothing yet"))?;
        Ok(ReplyTo { message: line.message.ok_or("no id")?, author: None })
    }

    fn outcome(&mut self, who: &str, how: &[String], message: &Message) -> Result<String, String> {
        match control(message, BOT) {
            Some(Control::Quiet(time)) => return Ok(format!("wish: quiet for {} min", time.as_secs() / 60)),
            Some(Control::QuietUntil { minute }) => {
                return Ok(format!("wish: quiet until {:02}:{:02}", minute / 60, minute % 60));
            }
            Some(Control::Talk) => return Ok("wish: talk again".to_owned()),
            None => {}
        }
        let rules = Rules::of(&Rules::default(), &RulesPatch::default(), &self.patch);
        let standings = self.standings(who);
        let replied = message.reply_to.map(|reply| Some(reply.message));
        let target = self.history.iter().find(|line| Some(line.message) == replied);
        let spoken_by = |line: &Line| match &line.who {
            Speaker::Character(id) => Some(id.clone()),
            _ => None,
        };
        let command = how.iter().find_map(|how| how.strip_prefix("by command"));
        let scene = Scene {
            reply_target: target.and_then(spoken_by),
            last_speaker: self.history.iter().rev().find_map(spoken_by),
            addressed: match command.and_then(|command| command.strip_prefix(" to ")) {
                Some(name) => Some(self.member(name)?),
                None => None,
            },
            by_command: command.is_some(),
            rules: &rules,
            age_restricted: self.age_restricted,
            local_minute: self.local_minute,
            pace: self.paces.of(&message.place, message.author.id, self.now),
            budget: self.budget,
            presence: self.doing.get(who).map_or(&[], Vec::as_slice),
            thread_of: self.thread_of.clone(),
            picture_near: self.picture_at.is_some_and(|at| self.now.since(at).as_secs() <= 120),
            pending: self.pending,
            unasked_at: self.unasked_at,
            standings: &standings,
            ..Scene::new(BOT, self.cast, &self.history, self.now)
        };
        let before = self.dice.clone();
        let verdict = decide(message, &scene, &mut self.dice);
        assert_eq!(decide(message, &scene, &mut before.clone()), verdict, "the same seed, another verdict");
        if let Verdict::Answer(chosen) = &verdict {
            for chosen in chosen {
                self.paces.note(&message.place, message.author.id, self.now);
                if chosen.reason == Reason::JoinIn {
                    self.unasked_at = Some(self.now);
                }
            }
        }
        Ok(self.in_words(&verdict))
    }

    fn in_words(&self, verdict: &Verdict) -> String {
        let Verdict::Answer(chosen) = verdict else { return verdict.to_string() };
        let name = |id: &CharacterId| {
            self.cast.iter().find(|member| member.id == *id).map_or("nobody", |member| member.name.as_str())
        };
        let names: Vec<_> = chosen.iter().map(|chosen| name(&chosen.character)).collect();
        let verb = if names.len() == 1 { "answers" } else { "answer" };
        let parts = chosen[0].score.parts.iter().map(|part| format!("{} {:+}", part.name, part.points));
        let parts: Vec<_> = parts.collect();
        format!("{} {verb}: {} ({})", names.join(", then "), chosen[0].reason, parts.join(", "))
    }

    fn standings(&self, who: &str) -> Standings {
        let of_writer = self.relations.iter().filter(|((_, person), _)| person == who);
        Standings(
            of_writer
                .map(|((character, _), relation)| {
                    (character.clone(), Standing { relation: *relation, ..Standing::default() })
                })
                .collect(),
        )
    }

    fn member(&self, name: &str) -> Result<CharacterId, String> {
        let member = self.cast.iter().find(|member| member.name == name);
        member.map(|member| member.id.clone()).ok_or_else(|| format!("{name} is not of the cast"))
    }
}

fn author(who: &str) -> Result<(UserId, AuthorKind), String> {
    let human = |id| Ok((UserId(id), AuthorKind::Human));
    match who {
        "alice" => human(10),
        "bob" => human(11),
        "carol" => human(12),
        "Discord" => Ok((UserId(3), AuthorKind::System)),
        "our account" => Ok((BOT.user, AuthorKind::Bot)),
        "our webhook" => Ok((UserId(70), AuthorKind::Webhook(WebhookId(70), Some(BOT.application)))),
        "bot echo" => Ok((UserId(501), AuthorKind::Bot)),
        "bot dice" => Ok((UserId(502), AuthorKind::Bot)),
        "webhook news" => Ok((UserId(601), AuthorKind::Webhook(WebhookId(601), None))),
        "webhook Mira" => Ok((UserId(602), AuthorKind::Webhook(WebhookId(602), Some(ApplicationId(4))))),
        _ => Err(format!("who is {who}?")),
    }
}

fn file(name: &str, kind: &str) -> Attachment {
    Attachment { filename: name.into(), url: "".into(), content_type: Some(kind.into()), size: 1 }
}
