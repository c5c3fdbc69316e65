//! Messages, their authors, files and pictures.

use domain::{
    ApplicationId, MessageId, Untrusted, UserId, WebhookId,
    event::{Attachment, Author, AuthorKind, Message, PictureLink, Place, ReplyTo},
};

use crate::wire;

/// Pictures that are remembered of a message: as many as Discord lets it have files or embeds.
const PICTURES: usize = 10;

/// A message at a place.
pub(crate) fn message(message: wire::Message, place: Place, age_restricted: bool) -> Message {
    let id = MessageId(message.id.0);
    let reply = message.reference.filter(|to| to.kind.unwrap_or(0) == 0 && message.kind == 19);
    let replied_pictures = match &message.referenced {
        Some(referenced) if reply.is_some() => replied_pictures(referenced),
        _ => Vec::new(),
    };
    Message {
        id,
        place,
        author: Author {
            id: UserId(message.author.id.0),
            kind: author_kind(&message.author, message.kind, message.webhook_id, message.application_id),
            name: shown_name(message.author, message.member.and_then(|member| member.nick)),
        },
        content: message.content.into(),
        mentions: message.mentions.iter().map(|user| UserId(user.id.0)).collect(),
        reply_to: reply.and_then(|to| to.message_id).map(|to| ReplyTo {
            message: MessageId(to.0),
            author: message.referenced.map(|message| UserId(message.author.id.0)),
        }),
        attachments: message.attachments.into_iter().map(attachment).collect(),
        pictures: message.embeds.iter().filter_map(embedded).take(PICTURES).collect(),
        replied_pictures,
        age_restricted,
        // Discord makes the id when the message is sent, so both tell the same time.
        sent_at: id.created_at(),
    }
}

fn author_kind(
    author: &wire::User,
    message_kind: u8,
    webhook: Option<wire::Id>,
    application: Option<wire::Id>,
) -> AuthorKind {
    // 0 text, 19 reply, 20 and 23 answers to commands; everything else Discord writes itself ("Message Types").
    if author.system || !matches!(message_kind, 0 | 19 | 20 | 23) {
        return AuthorKind::System;
    }
    match webhook {
        // A bot's answer to an interaction comes by a webhook of its application too, but has the bot as author.
        Some(id) if id == author.id || application.is_none() => {
            AuthorKind::Webhook(WebhookId(id.0), application.map(|id| ApplicationId(id.0)))
        }
        _ => user_kind(author),
    }
}

fn user_kind(user: &wire::User) -> AuthorKind {
    if user.bot { AuthorKind::Bot } else { AuthorKind::Human }
}

/// A member of a guild, or somebody in a direct message.
pub(super) fn person(user: wire::User, nick: Option<String>) -> Author {
    Author { id: UserId(user.id.0), kind: user_kind(&user), name: shown_name(user, nick) }
}

fn shown_name(user: wire::User, nick: Option<String>) -> Untrusted {
    let chosen = |name: &String| !name.trim().is_empty();
    nick.filter(chosen).or(user.global_name.filter(chosen)).unwrap_or(user.username).into()
}

pub(super) fn attachment(attachment: wire::Attachment) -> Attachment {
    Attachment {
        filename: attachment.filename.into(),
        url: attachment.url.into(),
        content_type: attachment.content_type.map(Untrusted::new),
        size: attachment.size,
    }
}

fn replied_pictures(message: &wire::Referenced) -> Vec<PictureLink> {
    let attached = message
        .attachments
        .iter()
        .filter(|file| is_picture(file))
        .map(|file| PictureLink { url: file.url.as_str().into(), size: Some(file.size) });
    attached.chain(message.embeds.iter().filter_map(embedded)).take(PICTURES).collect()
}

fn is_picture(file: &wire::Attachment) -> bool {
    match &file.content_type {
        Some(kind) => kind.starts_with("image/"),
        None => file.filename.rsplit_once('.').is_some_and(|(_, ending)| {
            ["png", "jpg", "jpeg", "gif", "webp"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        }),
    }
}

/// What there is to see in an embed: Discord's copy of it, because only Discord's own hosts are asked for files.
fn embedded(embed: &wire::Embed) -> Option<PictureLink> {
    let media = embed.image.as_ref().or(embed.thumbnail.as_ref())?;
    let url = media.proxy_url.as_ref().or(media.url.as_ref())?;
    Some(PictureLink { url: url.as_str().into(), size: None })
}
