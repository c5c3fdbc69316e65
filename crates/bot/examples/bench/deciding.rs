//! What a decision costs: who answers, what moves in the characters' state, and the prompt. No disk, no network, no
//! model; everything through the crates' public interfaces, on one thread.
//!
//! Each decision is about the next line of a long conversation, as in a busy channel: the 200 lines before it are
//! those of the decision before, moved on by one. So a counter that remembers has to count what is new, and no more.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use bot::{cast::Cast, config::CharactersConfig};
use domain::{
    attention::{self, Verdict},
    chat::Sampling,
    lore::Timers,
    prompt::{self, Known, Profile, SectionName, StateNote, Style},
    scene::Scene,
    state::{self, Heard, LocalHour, Mind, View},
    tokens::Counter,
};

use crate::{
    Metrics,
    parlour::{self, Parlour},
    percentile,
};

/// Lines of history that a prompt holds.
const HISTORY: usize = 200;

/// Decisions before any is measured, and those that are.
const WARM_UP: usize = 100;
const MEASURED: usize = 1_000;

/// A context with room for all of that history.
const CONTEXT_TOKENS: u32 = 32_768;

/// Measures with the estimate and with the tokenizer that `OpenAI`'s models get.
pub(crate) fn deciding() -> anyhow::Result<Metrics> {
    let cast = Cast::load(&CharactersConfig { folder: None, enabled: Vec::new() })?;
    let parlour = Parlour::furnish(cast.characters().to_vec(), HISTORY + WARM_UP + MEASURED)?;
    let mut metrics = Metrics::new();
    for (name, counter) in [("estimate", Counter::ESTIMATE), ("o200k", llm::counter_for("gpt-4o-mini"))] {
        // Loading the vocabulary is part of the program's start.
        black_box(counter.count("hello"));
        let mut evening = Evening::begin(&parlour, counter);
        let began = Instant::now();
        evening.decide(0)?;
        let first = began.elapsed();
        for index in 1..WARM_UP {
            evening.decide(index)?;
        }
        let taken: Vec<Taken> = (WARM_UP..WARM_UP + MEASURED)
            .map(|index| evening.decide(index))
            .collect::<anyhow::Result<_>>()?;
        let parts: [(&str, Part); 4] = [
            ("in_all", |taken| taken.attention + taken.state + taken.prompt),
            ("attention", |taken| taken.attention),
            ("state", |taken| taken.state),
            ("prompt", |taken| taken.prompt),
        ];
        for (part, of) in parts {
            let mut times: Vec<f64> = taken.iter().map(|taken| of(taken).as_secs_f64() * 1_000.0).collect();
            times.sort_by(f64::total_cmp);
            for (figure, share) in [("median", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                metrics.push((format!("deciding_{name}_{part}_ms_{figure}"), percentile(&times, share)));
            }
        }
        metrics.push((format!("deciding_{name}_in_all_ms_first"), first.as_secs_f64() * 1_000.0));
        let tokens: u32 = taken.iter().map(|taken| taken.tokens).sum();
        let lore: u32 = taken.iter().map(|taken| taken.lore).sum();
        metrics.push((format!("deciding_{name}_prompt_tokens_mean"), f64::from(tokens) / MEASURED as f64));
        metrics.push((format!("deciding_{name}_lore_entries_mean"), f64::from(lore) / MEASURED as f64));
    }
    Ok(metrics)
}

/// One of the times that a decision took.
type Part = fn(&Taken) -> Duration;

/// What one decision took, and what came out.
struct Taken {
    attention: Duration,
    state: Duration,
    prompt: Duration,
    tokens: u32,
    lore: u32,
}

/// A conversation under way.
struct Evening<'a> {
    parlour: &'a Parlour,
    profile: Profile,
    mind: Mind,
    timers: Timers,
    dice: fastrand::Rng,
}

impl<'a> Evening<'a> {
    fn begin(parlour: &'a Parlour, counter: Counter) -> Self {
        let sampling = Sampling { temperature: Some(0.8), ..Sampling::default() };
        Self {
            parlour,
            profile: Profile { counter, ..Profile::new(Style::Full, CONTEXT_TOKENS, 400, sampling) },
            mind: Mind::default(),
            timers: Timers::default(),
            dice: fastrand::Rng::with_seed(3),
        }
    }

    /// What the bot does between a message's arrival and the model's request, without the store.
    fn decide(&mut self, index: usize) -> anyhow::Result<Taken> {
        let parlour = self.parlour;
        let history = parlour.lines(index..index + HISTORY)?;
        let message = parlour.question(index + HISTORY)?;

        let began = Instant::now();
        let scene = Scene {
            rules: &parlour.rules,
            presence: &parlour.presence,
            standings: &parlour.standings,
            last_speaker: parlour::last_speaker(history),
            local_minute: Some(20 * 60 + 15),
            pace: parlour.pace,
            ..Scene::new(parlour::BOT, &parlour.cast, history, message.sent_at)
        };
        let verdict = attention::decide(&message, &scene, &mut self.dice);
        let attention = began.elapsed();
        let Verdict::Answer(chosen) = verdict else { anyhow::bail!("{verdict}: {}", message.content.raw()) };
        let chosen: Vec<_> = chosen.into_iter().map(|chosen| chosen.character).collect();
        let character = chosen.first().and_then(|id| scene.member(id)).context("nobody of the cast")?;

        let began = Instant::now();
        let (now, text) = (message.sent_at, message.content.raw());
        let mut mind = self.mind.clone();
        mind.hear(&Heard {
            message: message.id,
            person: message.author.id,
            text,
            at: now,
            hour: LocalHour::of(now, 3_600),
            to: &chosen,
        });
        // As it is kept after each message.
        black_box(serde_json::to_string(&mind)?);
        let asks = mind.wonder(character, Some(message.author.id), now, &mut self.dice);
        let others = parlour.others(history, &character.id);
        let view = View {
            ties: Some(&parlour.ties),
            growth: Some(&parlour.growth),
            others: &others,
            follow_up: asks.as_ref(),
            ..View::new(character, &mind, text, now)
        };
        let lines = state::lines(&view);
        let reply_tokens = state::reply_tokens(character, &mind, text);
        black_box(state::receipt(&view));
        let state = began.elapsed();

        let began = Instant::now();
        let notes: Vec<_> =
            lines.iter().map(|line| StateNote { label: line.kind.label(), text: &line.text }).collect();
        let known = Known {
            book: Some(&parlour.book),
            timers: self.timers.clone(),
            messages: Some(((index + HISTORY) as u64, (index / 5) as u64)),
            state: &notes,
            reply_tokens,
            ..Known::default()
        };
        let (request, receipt, timers) =
            prompt::assemble_knowing(character, &scene, &message, &self.profile, message.id.get(), &known);
        let prompt = began.elapsed();

        black_box(request);
        let history = receipt.section(SectionName::History).context("no history")?;
        ensure!(history.included as usize == HISTORY, "{} lines of history are in", history.included);
        let lore = receipt.section(SectionName::Lore).map_or(0, |lore| lore.included);
        self.mind = mind;
        self.timers = timers;
        Ok(Taken { attention, state, prompt, tokens: receipt.prompt_tokens, lore })
    }
}
