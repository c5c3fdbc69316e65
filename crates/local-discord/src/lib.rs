//! local-discord
