//! What can go wrong with Discord, one clear sentence each.

use std::time::Duration;

/// Connecting failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// 401, or close code 4004.
    #[error("Discord refuses the bot token; copy it again from the Developer Portal under Bot → Reset Token")]
    WrongToken,
    /// The application has not enabled a privileged intent that is asked for.
    #[error(
        "the bot may not use the intent {which}; enable it in the Developer Portal under Bot → Privileged Gateway Intents"
    )]
    MissingIntents {
        /// Their names as the Developer Portal shows them.
        which: String,
    },
    /// No answer, or none that makes sense.
    #[error("cannot reach {what}: {cause}")]
    Unreachable {
        /// The address.
        what: String,
        /// Why.
        cause: String,
    },
    /// Discord allows 1,000 new gateway sessions a day and resets the token beyond.
    #[error(
        "no gateway session may be started any more today; Discord allows new ones in {} minutes",
        .reset_after.as_secs().div_ceil(60)
    )]
    IdentifyBudgetSpent {
        /// When there are new ones.
        reset_after: Duration,
    },
    /// An address in the settings is none.
    #[error("`{address}` is not a valid {what}")]
    BadAddress {
        /// Which setting.
        what: &'static str,
        /// Its value.
        address: String,
    },
    /// Discord wants no requests from here for a while.
    #[error("Discord accepts no requests from here for another {} seconds", .retry_after.as_secs())]
    RateLimited {
        /// For how long.
        retry_after: Duration,
    },
}

/// The gateway is closed for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Close code 4004.
    #[error("Discord refuses the bot token; copy it again from the Developer Portal under Bot → Reset Token")]
    WrongToken,
    /// Close code 4014.
    #[error(
        "the bot may not use the intent {which}; enable it in the Developer Portal under Bot → Privileged Gateway Intents"
    )]
    MissingIntents {
        /// Their names as the Developer Portal shows them.
        which: String,
    },
    /// Close code 4011, or 4010 after Discord's recommendation changed: connect anew with more shards.
    #[error("the bot is in too many guilds for its number of shards; connecting anew chooses a new number")]
    ShardingRequired,
    /// The first connections all failed: something is wrong with the address or the network.
    #[error("cannot reach the gateway {what}: {cause}")]
    Unreachable {
        /// The address.
        what: String,
        /// Why.
        cause: String,
    },
    /// Another close code that forbids to come back, such as 4012 or 4013.
    #[error("Discord closed the gateway for good with code {code}: {reason}")]
    Closed {
        /// Discord documentation, "Opcodes and Status Codes", section "Gateway Close Event Codes".
        code: u16,
        /// What Discord says about it.
        reason: String,
    },
    /// A defect in here or in the library: the task that served the shard died.
    #[error("shard {shard} of the gateway died of a defect; the panic above this line says where")]
    Died {
        /// Which.
        shard: u32,
    },
}

/// A REST call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeakError {
    /// 401: nothing will work any more.
    #[error("Discord refuses the bot token")]
    WrongToken,
    /// 403: the bot lacks a permission here.
    #[error("Discord forbids {operation} here (code {code})")]
    Forbidden {
        /// What was tried.
        operation: &'static str,
        /// Discord's JSON error code, or 0.
        code: u64,
    },
    /// 404: the channel, message, webhook or interaction is gone.
    #[error("{operation} failed: it is gone (code {code})")]
    Gone {
        /// What was tried.
        operation: &'static str,
        /// Discord's JSON error code, or 0.
        code: u64,
    },
    /// Discord wants a pause that is longer than a call should last.
    #[error("Discord wants a pause of {} seconds before {operation}", .retry_after.as_secs())]
    RateLimited {
        /// What was tried.
        operation: &'static str,
        /// For how long.
        retry_after: Duration,
    },
    /// Too many refused requests within ten minutes: this one was not sent, to escape Discord's ban of 24 hours.
    #[error("{operation} was not sent: Discord refused too many requests in the last ten minutes")]
    Shed {
        /// What was to be done.
        operation: &'static str,
    },
    /// The request may or may not have been carried out: look before trying again.
    #[error("nobody knows whether {operation} was carried out: {cause}")]
    Uncertain {
        /// What was tried.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// The request surely did nothing.
    #[error("{operation} failed: Discord cannot be reached: {cause}")]
    Unreachable {
        /// What was tried.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// Discord does not accept the request as it is.
    #[error("Discord rejects {operation} with status {status} and code {code}: {message}")]
    Rejected {
        /// What was tried.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// Discord's JSON error code, or 0.
        code: u64,
        /// What Discord says, cut to 300 characters.
        message: String,
    },
    /// The answer is not what the documentation says.
    #[error("Discord's answer to {operation} cannot be read: {cause}")]
    Unreadable {
        /// What was tried.
        operation: &'static str,
        /// Why.
        cause: String,
    },
    /// What was to be sent breaks one of Discord's limits, and it is not ours to cut. Nothing was sent.
    #[error("Discord takes {least} to {most} as {what}, not {found}")]
    Limit {
        /// What there is too much or too little of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The least that Discord takes.
        least: usize,
        /// The most.
        most: usize,
    },
    /// The program ends.
    #[error("{operation} was not sent: the program ends")]
    ShuttingDown {
        /// What was to be done.
        operation: &'static str,
    },
}

/// A file could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No address, or one that is not `https`.
    #[error("the file has no address that can be used")]
    BadAddress,
    /// Not one of Discord's hosts: nothing was asked.
    #[error("the file lies on {host}, which is not Discord's")]
    Foreign {
        /// Where it lies.
        host: String,
    },
    /// More bytes than were wanted; no more than those were read.
    #[error("the file has more than {most} bytes")]
    TooLarge {
        /// How many were wanted at most.
        most: usize,
    },
    /// The host pointed elsewhere; that is not followed.
    #[error("the file is said to lie elsewhere")]
    Redirected,
    /// The file was deleted, or its address is no longer valid.
    #[error("the file is gone")]
    Gone,
    /// Another answer than the file.
    #[error("the file's host answered with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// It took too long.
    #[error("the file did not come in time")]
    TooSlow,
    /// The host cannot be reached, or hung up.
    #[error("the file cannot be fetched: {cause}")]
    Unreachable {
        /// Why.
        cause: String,
    },
    /// The program ends.
    #[error("the file was not fetched: the program ends")]
    ShuttingDown,
}
