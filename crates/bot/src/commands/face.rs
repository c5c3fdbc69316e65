//! Characters' faces where they have spoken before: a webhook keeps the face with which it was made.

use domain::{CharacterId, GuildId};

use crate::app::App;

/// Has a character's webhooks in a guild show the face that it has now, in the background: Discord lets few of them
/// be changed at once, and nobody waits for that.
pub(super) fn show_anew(app: &App, guild: GuildId, id: &CharacterId) {
    let (handles, id) = (app.clone(), id.clone());
    app.life.spawn("a new face", async move {
        let App { cast, speaker, .. } = &handles;
        let cast = match cast.of(Some(guild)).await {
            Ok(cast) => cast,
            Err(error) => {
                tracing::warn!(%guild, %id, %error, "a character keeps its old face where it spoke");
                return;
            }
        };
        let Some(character) = cast.by_id(&id) else { return };
        match speaker.show_face(guild, &cast.persona(character)).await {
            Ok(0) => {}
            Ok(webhooks) => tracing::info!(%guild, %id, webhooks, "a character shows its new face"),
            Err(error) => {
                tracing::warn!(%guild, %id, %error, "a character keeps its old face where it spoke");
            }
        }
    });
}
