//! From settings to a running gateway and a speaker.

use std::{sync::Arc, time::Duration};

use domain::{ApplicationId, UserId, event::Identity};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::{Config, Intents},
    error::{ConnectError, SpeakError},
    gateway::{Gateway, Start, directory::Directory, gateway_base},
    rest::{Body, Rest, route::Route},
    speaker::Speaker,
    wire,
};

/// More shards than the largest bots have: a number from outside that is higher is none.
const MOST_SHARDS: u32 = 10_000;

/// Finds out who the bot is and starts its shards as tasks of `tracker`. They end when `shutdown` is cancelled or
/// the gateway is closed.
///
/// A wrong token, missing privileged intents, an unreachable REST API and a used-up identify budget are found here;
/// an unreachable gateway is told by the first [`Gateway::next`].
pub async fn connect(
    config: Config,
    tracker: &TaskTracker,
    shutdown: CancellationToken,
) -> Result<(Gateway, Speaker), ConnectError> {
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rest = Arc::new(Rest::new(&config, shutdown.clone())?);
    let (me, application, gateway) = {
        let (me, application, gateway) = (Route::me(), Route::application(), Route::gateway());
        tokio::try_join!(
            rest.fetch::<wire::Only>(&me, Body::Empty),
            rest.fetch::<wire::Application>(&application, Body::Empty),
            rest.fetch::<wire::GatewayInfo>(&gateway, Body::Empty),
        )
        .map_err(|error| refused(rest.base(), error))?
    };
    if let Some(flags) = application.flags {
        let missing = config.wanted_intents().not_enabled(flags);
        if !missing.is_empty() {
            return Err(ConnectError::MissingIntents { which: missing.join(", ") });
        }
    }
    let shards = gateway.shards.clamp(1, MOST_SHARDS);
    let resumable = config.sessions.iter().filter(|session| session.shards == shards).count();
    if gateway.session_start_limit.remaining == 0 && resumable < shards as usize {
        let reset_after = Duration::from_millis(gateway.session_start_limit.reset_after);
        return Err(ConnectError::IdentifyBudgetSpent { reset_after });
    }
    let address = config.gateway_url.as_deref().unwrap_or(&gateway.url);
    let base = gateway_base(address)
        .ok_or_else(|| ConnectError::BadAddress { what: "gateway address", address: address.into() })?;
    let identity = Identity { user: UserId(me.id.0), application: ApplicationId(application.id.0) };
    let start = Start { identity, base, shards, limit: gateway.session_start_limit };
    let directory = Arc::new(Directory::new());
    let (its_rest, its_directory) = (Arc::clone(&rest), Arc::clone(&directory));
    let gateway = Gateway::start(&config, start, its_rest, its_directory, tracker, shutdown.child_token());
    Ok((gateway, Speaker::new(rest, directory, identity)))
}

fn refused(base: &str, error: SpeakError) -> ConnectError {
    match error {
        SpeakError::WrongToken => ConnectError::WrongToken,
        SpeakError::RateLimited { retry_after, .. } => ConnectError::RateLimited { retry_after },
        SpeakError::Unreachable { cause, .. } => ConnectError::Unreachable { what: base.into(), cause },
        error => ConnectError::Unreachable { what: base.into(), cause: error.to_string() },
    }
}

impl Intents {
    /// The privileged intents: their bit, the bits of the application's flags that allow them, and their names in
    /// the Developer Portal.
    ///
    /// Source: Discord documentation, "Application Flags".
    const PRIVILEGED: [(Self, u64, &'static str); 3] = [
        (Self::GUILD_PRESENCES, 1 << 12 | 1 << 13, "Presence Intent"),
        (Self::GUILD_MEMBERS, 1 << 14 | 1 << 15, "Server Members Intent"),
        (Self::MESSAGE_CONTENT, 1 << 18 | 1 << 19, "Message Content Intent"),
    ];

    /// The privileged ones of this set, by name.
    pub(crate) fn privileged(self) -> Vec<&'static str> {
        self.not_enabled(0)
    }

    /// The privileged ones of this set that an application with these flags may not use, by name.
    fn not_enabled(self, flags: u64) -> Vec<&'static str> {
        Self::PRIVILEGED
            .iter()
            .filter(|(intent, allowed, _)| self.contains(*intent) && flags & allowed == 0)
            .map(|(_, _, name)| *name)
            .collect()
    }
}
