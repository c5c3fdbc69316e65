//! What a character knows when it speaks: the prompt, and the receipt of how it came to be.

use std::sync::Arc;

use domain::{
    CharacterId, MessageId, Timestamp, Untrusted, UserId,
    attention::{self, Gate, Reason},
    character::Character,
    chat::ChatRequest,
    cue::Task,
    event::{Message, Place},
    lore::Timers,
    names::escape_name,
    prompt::{self, Attached, Known, Stage, StateNote},
    reply::Cleaner,
    scene::{Scene, Speaker},
    state::{self, Encounter, Exchange, FollowUp, Spoke, View},
};

use super::{
    again::Origin,
    queue::{Job, Occasion},
    setting::Setting,
};
use crate::{
    app::App,
    attachments::{self, Look},
    bonds, clock, lore,
    minds::{AfterTurn, Snapshot},
    recall,
};

/// Newest lines at a message's place among which it is looked for: behind it come the replies that were under way then.
const NEAR: u32 = 40;

/// What the model is asked, and what is kept of how that came to be.
pub(super) struct Briefing {
    pub(super) request: ChatRequest,
    pub(super) receipt: serde_json::Value,
    pub(super) cleaner: Cleaner,
    pub(super) follows: Follows,
}

/// What follows for the characters' state once the answer stands.
pub(super) struct Follows {
    character: Arc<Character>,
    /// Whom among the characters it speaks to.
    to: Option<Arc<Character>>,
    /// What they will remember of it.
    memory: Option<&'static str>,
    person: Option<UserId>,
    /// Whose message was answered for the first time by this character.
    met: Option<(UserId, MessageId)>,
    text: String,
    asked: Option<FollowUp>,
    timers: Timers,
}

/// Writes the prompt for a turn; or says why it may not be taken any more, which only holds for turns that no message
/// began: the channel was silenced meanwhile.
pub(super) async fn brief(
    app: &App,
    job: &Job,
    character: &Arc<Character>,
) -> store::Result<Result<Briefing, Gate>> {
    let question = asked(app, job).await?;
    let setting = setting_of(app, job, question.as_ref()).await?;
    let scene = setting.scene(app);
    if matches!(job.occasion, Occasion::Cue(_)) && job.record.is_none() {
        let wanted = job.reason == Reason::Again || job.reason == Reason::GoOn;
        let hush = if wanted { None } else { attention::hush(&scene) };
        if let Some(gate) = hush.or_else(|| attention::refusal(character, &scene)) {
            return Ok(Err(gate));
        }
        // What nobody's message began is an answer in the channel and the server all the same; what a command wants is
        // counted by the command.
        if !wanted {
            app.minds.answers(&job.place(), job.asker().unwrap_or(UserId(0)), clock::now());
        }
    }
    let around = app.minds.around(&job.place(), &character.id).await?;
    let now = clock::now();
    let text = question.as_ref().map_or("", |message| message.content.raw());
    let person = question.as_ref().map(|message| message.author.id);
    // What is not kept of somebody is not thought of either.
    let private = person.is_some_and(|person| app.opted_out.contains(person));
    let person = person.filter(|_| !private);
    let asked = person.and_then(|person| {
        let mut dice = fastrand::Rng::with_seed(job.salt());
        around.mind.wonder(character, Some(person), now, &mut dice)
    });
    let others = setting.others(&character.id);
    let view = view(character, &around, &others, text, asked.as_ref(), now);
    let lines = state::lines(&view);
    let bond = match (person, &question) {
        (Some(person), Some(message)) => {
            let bond = bonds::of(&*app.store, &job.place(), &character.id, person).await?;
            bond.line(&escape_name(message.author.name.raw()), now)
        }
        _ => None,
    };
    let notes = lines.iter().map(|line| StateNote { label: line.kind.label(), text: &line.text });
    let notes: Vec<_> = notes.chain(bond.as_deref().map(|text| StateNote { label: "bond", text })).collect();
    let counted = &setting.record.messages;
    let own = counted.by_character.get(&character.id).copied().unwrap_or_default();
    let offset = recall::minutes(&setting.rules.time_zone, now);
    let history = &setting.record.history;
    let place = job.place();
    let (attached, memories) = tokio::join!(
        attached(app, job, question.as_ref(), &setting),
        recall::for_answer(app, &place, &character.id, question.as_ref(), history, offset),
    );
    let persona = recall::persona(&memories, person);
    let book = lore::books(app, job.place().guild, character).await?;
    // Small models are told no lore.
    let full = app.model.profile().style == prompt::Style::Full;
    let searched = book.as_deref().or(character.book.as_ref()).filter(|_| full);
    let similar = app.likeness.of(searched, &scene, question.as_ref()).await;
    let known = Known {
        book: book.as_deref(),
        timers: (*around.timers).clone(),
        messages: Some((counted.total, own)),
        similar: &similar,
        persona: &persona,
        memories: &memories,
        state: &notes,
        reply_tokens: state::reply_tokens(character, &around.mind, text),
        attached: (!attached.is_empty()).then_some(&attached),
        ..Known::default()
    };
    let occasion = occasion(job, question.as_ref(), &scene);
    let profile = app.model.profile();
    let (request, mut receipt, timers) =
        prompt::assemble_knowing(character, &scene, occasion, profile, job.salt(), &known);
    let names = receipt.names();
    let cleaner = Cleaner::new(character, &names).brief(profile.style == prompt::Style::Small);
    for note in &mut receipt.attached {
        note.name = nameless(&note.name);
    }
    let receipt = serde_json::json!({
        "reason": job.reason,
        (Origin::KEY): Origin::of(job),
        "score": job.score,
        "state": state::receipt(&view),
        "prompt": receipt,
    });
    let (to, memory) = addressee(job, &setting);
    let text = if private { String::new() } else { text.to_owned() };
    let met = person.zip(question.as_ref().map(|message| message.id));
    let follows = Follows { character: character.clone(), to, memory, person, met, text, asked, timers };
    Ok(Ok(Briefing { request, receipt, cleaner, follows }))
}

/// What kind of file it is: its name is the words of whoever sent it, and goes with the message; a receipt stays.
fn nameless(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, kind)) if kind.len() <= 5 && kind.chars().all(|c| c.is_ascii_alphanumeric()) => {
            format!("a file (.{})", kind.to_ascii_lowercase())
        }
        _ => "a file".to_owned(),
    }
}

/// The place as whoever speaks knows it.
async fn setting_of(app: &App, job: &Job, question: Option<&Message>) -> store::Result<Arc<Setting>> {
    // Who answers first, or anew, knows nothing of what came after the question.
    Ok(match (&job.occasion, question) {
        (Occasion::Question(_), Some(message)) => match &job.setting {
            Some(setting) => setting.clone(),
            None => Arc::new(Setting::before(app, message).await?),
        },
        (_, Some(message)) if job.reason == Reason::JoinIn => Arc::new(Setting::before(app, message).await?),
        (_, Some(message)) if job.reason == Reason::Again && job.turn == message.id.into() => {
            Arc::new(Setting::before(app, message).await?)
        }
        // Who was the second to answer knows again what the first one said.
        _ if job.reason == Reason::Again => {
            Arc::new(Setting::until(app, &job.place(), MessageId(job.turn.0)).await?)
        }
        _ => Arc::new(Setting::now(app, &job.place()).await?),
    })
}

impl Follows {
    /// Keeps what came of an answer: moods, growth, ties, and what lasts of lore.
    pub(super) async fn keep(self, app: &App, job: &Job, reply: &str) -> store::Result<()> {
        let (at, turn) = (clock::now(), job.turn.0);
        let Self { character, to, memory, person, met, text, asked, timers } = self;
        let id: &CharacterId = &character.id;
        let after = AfterTurn {
            character: id,
            spoke: Box::new(|mind| mind.spoke(&Spoke { turn, character: id, at, asked: asked.as_ref() })),
            grew: Box::new(|growth| growth.answered(&Exchange { turn, person, text: &text, at })),
            met: Box::new(|ties| {
                let Some(to) = &to else { return false };
                ties.met(&Encounter { turn, speaker: &character, to, text: reply, memory, at })
            }),
            // What an answer moved on, another in its place does not move on once more.
            timers: job.again().is_none().then_some(timers),
        };
        app.minds.after_turn(&job.place(), after).await?;
        match met {
            Some((user, message)) => {
                bonds::met(&*app.store, &job.place(), id, (user, message, &text), at).await
            }
            None => Ok(()),
        }
    }
}

/// The message that is answered, if there is one. Who is not the first to answer gets its pieces as they are now: what
/// was changed or taken back since has not been said to them.
async fn asked(app: &App, job: &Job) -> store::Result<Option<Message>> {
    let Occasion::Cue(cue) = &job.occasion else { return Ok(question(job)) };
    let Some(mut question) = question(job) else { return Ok(None) };
    if let Some(mut text) = text_now(app, &question.place, question.id).await? {
        for piece in &cue.merged {
            if let Some(more) = text_now(app, &question.place, *piece).await? {
                text = format!("{}\n{}", text.raw(), more.raw()).into();
            }
        }
        question.content = text;
    }
    Ok(Some(question))
}

/// What the history has of a message; nothing if it was deleted or forgotten.
async fn text_now(app: &App, place: &Place, message: MessageId) -> store::Result<Option<Untrusted>> {
    let behind = Some(MessageId(message.get().saturating_add(1)));
    let near = app.store.scene(place.channel, behind, NEAR, None).await?.history;
    Ok(near.into_iter().rev().find(|line| line.message == Some(message)).map(|line| line.text))
}

/// The message that is answered, as the turn was told of it.
fn question(job: &Job) -> Option<Message> {
    match &job.occasion {
        Occasion::Question(question) => Some(question.whole()),
        Occasion::Cue(cue) => match &cue.task {
            Task::Answer(message) => Some((**message).clone()),
            Task::Scene(_) | Task::Remark { .. } | Task::GoOn { .. } => None,
        },
    }
}

/// What hangs on the message that is answered.
async fn attached(app: &App, job: &Job, question: Option<&Message>, setting: &Setting) -> Attached {
    match question {
        // Nothing is asked any more of what is settled.
        Some(message) if job.record.as_ref().is_none_or(|record| !record.settled) => {
            attachments::gather(&app.speaker, message, look(app, job, message, setting)).await
        }
        _ => Attached::default(),
    }
}

/// Where to look for pictures and files.
fn look(app: &App, job: &Job, message: &Message, setting: &Setting) -> Look {
    Look {
        sees: app.model.profile().vision,
        // Characters' messages have no files.
        replied: message.reply_to.is_some() && setting.record.reply_target.is_none(),
        // Looking back costs a request: only where a picture is known to be.
        before: (job.picture_near || job.again().is_some())
            && attention::asks_about_a_picture(message.content.raw()),
    }
}

fn occasion<'a>(job: &'a Job, question: Option<&'a Message>, scene: &Scene<'_>) -> prompt::Occasion<'a> {
    let Occasion::Cue(cue) = &job.occasion else {
        // A question always has its message; an empty remark would be no answer to anybody.
        return question.map_or(prompt::Occasion::Remark { direction: "" }, prompt::Occasion::Message);
    };
    match &cue.task {
        Task::Answer(told) => {
            // As it is now.
            let message = question.unwrap_or(told);
            let again_first = cue.reason == Reason::Again && !answered_before(message, scene);
            if cue.reason == Reason::JoinIn || again_first {
                prompt::Occasion::Message(message)
            } else {
                prompt::Occasion::Too(message)
            }
        }
        Task::Scene(run) => prompt::Occasion::Scene {
            topic: &run.topic,
            asked_by: Some(run.asked_by),
            stage: match (run.spoken.is_empty(), run.turns_left) {
                (true, _) => Stage::Opening,
                (false, 0 | 1) => Stage::Closing,
                (false, _) => Stage::Middle,
            },
        },
        Task::Remark { direction } => prompt::Occasion::Remark { direction },
        Task::GoOn { message } => prompt::Occasion::GoOn { message: *message },
    }
}

/// Whether a character has said something after a message.
fn answered_before(message: &Message, scene: &Scene<'_>) -> bool {
    let Some(at) = scene.history.iter().rposition(|line| line.message == Some(message.id)) else {
        return false;
    };
    scene.history[at..].iter().any(|line| matches!(line.who, Speaker::Character(_)))
}

/// Whom among the characters somebody speaks to, and what they will remember of it.
fn addressee(job: &Job, setting: &Setting) -> (Option<Arc<Character>>, Option<&'static str>) {
    let Occasion::Cue(cue) = &job.occasion else { return (None, None) };
    let (to, memory) = match &cue.task {
        Task::Scene(run) => {
            // The subject and not the words: ties are the whole server's, and a channel may be private.
            let subject = state::topics_in(run.topic.raw()).first().map(|topic| topic.name());
            (run.last().cloned(), subject)
        }
        Task::Answer(_) if cue.reason != Reason::Again => (setting.record.last_speaker.clone(), None),
        Task::Remark { .. } if cue.reason == Reason::Banter => (setting.record.last_speaker.clone(), None),
        Task::Answer(_) | Task::Remark { .. } | Task::GoOn { .. } => (None, None),
    };
    let to = to.filter(|to| *to != job.character).and_then(|to| setting.cast.by_id(&to).cloned());
    (to, memory)
}

fn view<'a>(
    character: &'a Character,
    around: &'a Snapshot,
    others: &'a [Arc<Character>],
    text: &'a str,
    follow_up: Option<&'a FollowUp>,
    now: Timestamp,
) -> View<'a> {
    View {
        ties: Some(&around.ties),
        growth: Some(&around.growth),
        others,
        follow_up,
        ..View::new(character, &around.mind, text, now)
    }
}
