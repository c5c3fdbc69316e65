//! Brings a turn's texts into the channel, each exactly once, whatever Discord answers.

use std::time::Duration;

use discord::{Nonce, Sent, SpeakError};
use domain::{
    limits,
    outbound::MessageText,
    turn::{ShowFailure, TurnEvent},
};
use store::Shown;

use super::{
    left::insist,
    performance::{Arrived, Scope},
    recovery::{Unknown, may_pass},
};
use crate::clock;

/// How often a text that Discord does not take for the moment is offered again.
const SHOW_ATTEMPTS: u32 = 6;

/// The longest pause that Discord may order before a turn is left for later.
const PATIENCE: Duration = limits::TURN_DEADLINE;

/// Brings a part's text to where it stands, or posts it.
pub(super) async fn show(
    scope: &Scope,
    part: usize,
    sent: Option<Sent>,
    text: &MessageText,
    settled_parts: usize,
) -> Arrived {
    match sent {
        Some(sent) => match rewrite(scope, part, sent, text).await {
            Some(arrived) => arrived,
            None => say_anew(scope, part, sent, text, settled_parts).await,
        },
        None => post(scope, part, text, settled_parts).await,
    }
}

/// Records, then posts. What is settled is recorded already.
async fn post(scope: &Scope, part: usize, text: &MessageText, settled_parts: usize) -> Arrived {
    let index = u32::try_from(part).unwrap_or(u32::MAX);
    let staged_at = clock::now();
    if settled_parts == 0 {
        let staged = insist(|| {
            let (store, text) = (&scope.app.store, text.as_str());
            store.stage(scope.turn, &scope.place, &scope.character, index, text, staged_at)
        });
        if let Err(error) = staged.await {
            return stuck(scope, &error);
        }
    }
    let sent = match say_once(scope, part, text).await {
        Ok(sent) => sent,
        Err(error) => return unknown(scope, &error),
    };
    // The one part of a settled reply is recorded by `complete`, which follows at once.
    if settled_parts != 1
        && let Err(error) = insist(|| scope.app.store.posted(scope.turn, shown(part, &sent))).await
    {
        return stuck(scope, &error);
    }
    Arrived::Event(TurnEvent::Shown { part, message: sent.message }, Some((part, sent)))
}

/// Posts a text exactly once: when nobody knows whether it arrived, the channel is read before it is said again.
async fn say_once(scope: &Scope, part: usize, text: &MessageText) -> Result<Sent, Unknown> {
    let nonce = Nonce { turn: scope.salt, part: u16::try_from(part).unwrap_or(u16::MAX) };
    let mut pause = Duration::from_secs(1);
    let mut attempt = 1;
    loop {
        let error = match scope.app.speaker.say(&scope.place, &scope.persona, text, nonce).await {
            Ok(sent) => return Ok(sent),
            Err(error) => error,
        };
        if attempt == SHOW_ATTEMPTS {
            return Err(error.into());
        }
        attempt += 1;
        match error {
            SpeakError::Uncertain { .. } => {
                tokio::time::sleep(limits::RECONCILE_AFTER).await;
                if let Some(sent) = find(scope, part, text).await? {
                    return Ok(sent);
                }
            }
            SpeakError::Unreachable { .. } | SpeakError::Shed { .. } => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            SpeakError::RateLimited { retry_after, .. } if retry_after <= PATIENCE => {
                tokio::time::sleep(retry_after).await;
            }
            fatal => return Err(fatal.into()),
        }
    }
}

/// The message of ours that carries a part's text already, if there is one that no other receipt knows. If there is
/// none, it is deleted should it arrive later.
pub(super) async fn find(scope: &Scope, part: usize, text: &MessageText) -> Result<Option<Sent>, Unknown> {
    let Scope { app, turn, place, persona, .. } = scope;
    insist(|| app.strays.look_out(place.channel, *turn, text.as_str())).await?;
    for sent in app.speaker.find_said(place, persona, scope.after, text).await? {
        match insist(|| app.store.receipt(sent.message)).await? {
            None => return Ok(Some(sent)),
            Some(receipt) if receipt.turn == *turn && usize::try_from(receipt.part) == Ok(part) => {
                return Ok(Some(sent));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Gives a message its text; `None` when nobody can any more, because the webhook that said it was deleted.
async fn rewrite(scope: &Scope, part: usize, sent: Sent, text: &MessageText) -> Option<Arrived> {
    let mut pause = Duration::from_secs(1);
    for _ in 1..SHOW_ATTEMPTS {
        match scope.app.speaker.rewrite(&scope.place, &scope.persona, &sent, text).await {
            Ok(()) => {
                let shown = TurnEvent::Shown { part, message: sent.message };
                return Some(Arrived::Event(shown, Some((part, sent))));
            }
            Err(SpeakError::Gone { code, .. }) if code == UNKNOWN_MESSAGE => {
                return Some(Arrived::Event(TurnEvent::NotShown(ShowFailure::MessageGone), None));
            }
            Err(SpeakError::Gone { code, .. }) if code == UNKNOWN_WEBHOOK => return None,
            // An edit can be made twice without harm, so "uncertain" is simply tried again.
            Err(SpeakError::Uncertain { .. } | SpeakError::Unreachable { .. } | SpeakError::Shed { .. }) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(SpeakError::RateLimited { retry_after, .. }) if retry_after <= PATIENCE => {
                tokio::time::sleep(retry_after).await;
            }
            Err(error) => return Some(refused(scope, &error)),
        }
    }
    tracing::warn!(turn = %scope.turn, "Discord took no edit for too long; the turn is tried again later");
    Some(Arrived::Stuck)
}

/// Says a part again whose message cannot be edited any more. The old one is deleted where the bot account may.
async fn say_anew(
    scope: &Scope,
    part: usize,
    old: Sent,
    text: &MessageText,
    settled_parts: usize,
) -> Arrived {
    let by_the_bot = Sent { message: old.message, webhook: None };
    if let Err(error) = scope.app.speaker.delete(&scope.place, &by_the_bot).await {
        tracing::info!(turn = %scope.turn, %error, "what a deleted webhook said stays as it is");
    }
    // A run that died between the post and its receipt has said it already.
    match find(scope, part, text).await {
        Ok(Some(sent)) if sent.message != old.message => {
            if let Err(error) = insist(|| scope.app.store.posted(scope.turn, shown(part, &sent))).await {
                return stuck(scope, &error);
            }
            Arrived::Event(TurnEvent::Shown { part, message: sent.message }, Some((part, sent)))
        }
        Ok(_) => post(scope, part, text, settled_parts).await,
        Err(error) => unknown(scope, &error),
    }
}

/// Discord documentation, "Opcodes and Status Codes", section "JSON Error Codes".
const UNKNOWN_MESSAGE: u64 = 10_008;
/// As above.
const UNKNOWN_WEBHOOK: u64 = 10_015;

pub(super) fn shown(part: usize, sent: &Sent) -> Shown {
    Shown { part: u32::try_from(part).unwrap_or(u32::MAX), message: sent.message, webhook: sent.webhook }
}

fn unknown(scope: &Scope, error: &Unknown) -> Arrived {
    match error {
        Unknown::Discord(error) => refused(scope, error),
        Unknown::Store(error) => stuck(scope, error),
    }
}

fn refused(scope: &Scope, error: &SpeakError) -> Arrived {
    if may_pass(error) {
        tracing::warn!(turn = %scope.turn, %error, "the reply cannot be shown now; later");
        return Arrived::Stuck;
    }
    tracing::warn!(turn = %scope.turn, %error, "Discord does not take the reply");
    Arrived::Event(TurnEvent::NotShown(ShowFailure::Refused(error.to_string())), None)
}

pub(super) fn stuck(scope: &Scope, error: &store::StoreError) -> Arrived {
    tracing::error!(turn = %scope.turn, %error, "the store failed; the turn is tried again later");
    Arrived::Stuck
}
