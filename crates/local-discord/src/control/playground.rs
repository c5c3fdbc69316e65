//! What the program around the local Discord tells the page: who plays, on what model, how to begin.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};

use super::events::EventLog;

/// The playground's texts and its cast.
#[derive(Debug, Clone, Default)]
pub struct PlaygroundInfo {
    /// Shown in the window's title.
    pub title: String,
    pub cast: Vec<CastMember>,
    /// One line of markdown, e.g. what model runs and how to connect a better one. Empty: no banner.
    pub notice: String,
    /// Messages to begin with, shown in empty channels.
    pub starters: Vec<String>,
}

/// A character that answers when it is spoken to.
#[derive(Debug, Clone, Default)]
pub struct CastMember {
    pub name: String,
    pub tagline: String,
    pub avatar: Option<CastAvatar>,
    /// Accent colour, `0xRRGGBB`.
    pub color: Option<u32>,
}

/// A character's picture.
#[derive(Debug, Clone)]
pub enum CastAvatar {
    Url(String),
    /// Bytes of an image and its media type, e.g. `image/png`.
    Image {
        content_type: String,
        bytes: Bytes,
    },
}

impl CastAvatar {
    /// A picture from the bytes of a PNG.
    pub fn png(bytes: impl Into<Bytes>) -> Self {
        Self::Image { content_type: "image/png".to_owned(), bytes: bytes.into() }
    }
}

/// Changes the playground while it runs. Clones share it.
#[derive(Debug, Clone)]
pub struct Playground {
    info: Arc<Mutex<PlaygroundInfo>>,
    log: EventLog,
}

impl Playground {
    pub(super) fn new(info: PlaygroundInfo, log: EventLog) -> Self {
        Self { info: Arc::new(Mutex::new(info)), log }
    }

    /// Replaces the notice; open pages show it at once.
    pub fn set_notice(&self, markdown: impl Into<String>) {
        let notice = markdown.into();
        self.read(|info| info.notice.clone_from(&notice));
        self.log.announce("NOTICE", &json!({"notice": notice}));
    }

    /// Replaces the cast; open pages load it at once.
    pub fn set_cast(&self, cast: Vec<CastMember>) {
        self.read(|info| info.cast = cast);
        self.log.announce("RESYNC", &json!({}));
    }

    pub(super) fn title(&self) -> String {
        self.read(|info| info.title.clone())
    }

    pub(super) fn json(&self) -> Value {
        self.read(|info| {
            let cast = info.cast.iter().enumerate().map(|(i, c)| {
                json!({
                    "name": c.name,
                    "tagline": c.tagline,
                    "avatar_url": match &c.avatar {
                        None => Value::Null,
                        Some(CastAvatar::Url(url)) => Value::from(url.clone()),
                        Some(CastAvatar::Image { .. }) => Value::from(format!("/_local/v1/cast/{i}")),
                    },
                    "color": c.color.map(|color| format!("#{:06x}", color & 0xFF_FFFF)),
                })
            });
            json!({"cast": cast.collect::<Value>(), "notice": info.notice, "starters": info.starters})
        })
    }

    /// A character's picture, if it is kept here.
    pub(super) fn picture(&self, index: usize) -> Option<(String, Bytes)> {
        self.read(|info| match info.cast.get(index)?.avatar.as_ref()? {
            CastAvatar::Image { content_type, bytes } => Some((content_type.clone(), bytes.clone())),
            CastAvatar::Url(_) => None,
        })
    }

    fn read<R>(&self, look: impl FnOnce(&mut PlaygroundInfo) -> R) -> R {
        look(&mut self.info.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
