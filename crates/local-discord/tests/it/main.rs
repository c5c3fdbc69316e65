//! Tests through the public interfaces: REST, gateway, members that act.

mod gateway_events;
mod gateway_faults;
mod gateway_handshake;
mod gateway_resume;
mod gateway_rig;
mod gateway_twilight;
