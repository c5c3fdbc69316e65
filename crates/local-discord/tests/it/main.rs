//! Tests through the public interfaces: REST, gateway, members that act.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test's helpers fail the test; their modules are its scope"
)]

mod control;
mod control_uses;
mod gateway_events;
mod gateway_faults;
mod gateway_handshake;
mod gateway_parsing;
mod gateway_resume;
mod gateway_rig;
mod gateway_server;
mod gateway_twilight;
mod houses;
mod member_commands;
mod member_components;
mod member_life;
mod members;
mod rest_commands;
mod rest_limits;
mod rest_messages;
mod rest_permissions;
mod rest_rig;
mod rest_sweep;
mod rest_webhooks;
mod snapshot;
