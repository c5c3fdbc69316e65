//! Makes embeds and components complete, as Discord returns them: `attachment://` becomes an address, and fields
//! that a request may leave out get their defaults.

use serde_json::{Value, json};

use super::model::{Attachment, Message};
use super::render_message::attachment_url;

/// Component types that matter here.
const SELECTS: std::ops::RangeInclusive<u64> = 5..=8;

/// Completes a message's embeds and components. Files that an embed shows leave the list of attachments.
pub(crate) fn complete(message: &mut Message, base: &str) {
    if message.embeds.is_empty() && message.components.is_empty() {
        return;
    }
    let id = message.id;
    let files = std::mem::take(&mut message.attachments);
    let mut shown = Vec::new();
    for embed in &mut message.embeds {
        for part in ["image", "thumbnail"] {
            if let Some(media) = embed.get_mut(part) {
                shown.extend(embed_media(media, &files, base));
            }
        }
        for (part, key) in [("author", "icon_url"), ("footer", "icon_url")] {
            if let Some(url) = embed.get_mut(part).and_then(|p| p.get_mut(key)) {
                let found = url.as_str().and_then(|u| named(u, &files));
                shown.extend(found.map(|f| f.id));
                if let Some(file) = found {
                    *url = Value::from(attachment_url(file, base));
                }
            }
        }
    }
    for component in &mut message.components {
        complete_component(component, &files, base, id);
    }
    message.attachments = files.into_iter().filter(|f| !shown.contains(&f.id)).collect();
}

fn named<'a>(url: &str, files: &'a [Attachment]) -> Option<&'a Attachment> {
    let name = url.strip_prefix("attachment://")?;
    files.iter().find(|f| f.filename == name)
}

fn embed_media(media: &mut Value, files: &[Attachment], base: &str) -> Option<u64> {
    let url = media["url"].as_str()?.to_owned();
    let file = named(&url, files);
    let address = file.map_or(url, |f| attachment_url(f, base));
    media["url"] = Value::from(address.clone());
    media["proxy_url"] = Value::from(address);
    if let Some((width, height)) = file.and_then(|f| f.width.zip(f.height)) {
        media["width"] = json!(width);
        media["height"] = json!(height);
    }
    file.map(|f| f.id)
}

fn complete_component(component: &mut Value, files: &[Attachment], base: &str, id: u64) {
    let kind = component["type"].as_u64().unwrap_or(0);
    let defaults = match kind {
        3 => json!({"min_values": 1, "max_values": 1}),
        _ if SELECTS.contains(&kind) => json!({"min_values": 1, "max_values": 1}),
        11 => json!({"description": null, "spoiler": false}),
        13 => json!({"name": "", "size": 0, "spoiler": false}),
        14 => json!({"divider": true, "spacing": 1}),
        17 => json!({"accent_color": null, "spoiler": false}),
        _ => json!({}),
    };
    fill(component, &defaults);
    match kind {
        11 => unfurl(&mut component["media"], files, base, id),
        12 => {
            for item in component["items"].as_array_mut().into_iter().flatten() {
                fill(item, &json!({"description": null, "spoiler": false}));
                unfurl(&mut item["media"], files, base, id);
            }
        }
        13 => {
            let file = component["file"]["url"].as_str().and_then(|u| named(u, files));
            if let Some(file) = file {
                component["name"] = json!(file.filename);
                component["size"] = json!(file.size);
            }
            unfurl(&mut component["file"], files, base, id);
        }
        _ => {}
    }
    for child in component.get_mut("components").and_then(Value::as_array_mut).into_iter().flatten() {
        complete_component(child, files, base, id);
    }
    if let Some(accessory) = component.get_mut("accessory") {
        complete_component(accessory, files, base, id);
    }
}

fn fill(object: &mut Value, defaults: &Value) {
    for (key, value) in defaults.as_object().into_iter().flatten() {
        if object.get(key).is_none() {
            object[key] = value.clone();
        }
    }
}

fn unfurl(media: &mut Value, files: &[Attachment], base: &str, id: u64) {
    let Some(url) = media["url"].as_str().map(str::to_owned) else { return };
    let file = named(&url, files);
    let address = file.map_or(url, |f| attachment_url(f, base));
    *media = json!({"id": id.to_string(), "url": address, "proxy_url": address});
    let Some(file) = file else { return };
    media["attachment_id"] = json!(file.id.to_string());
    if let Some(kind) = &file.content_type {
        media["content_type"] = json!(kind);
    }
    if let Some((width, height)) = file.width.zip(file.height) {
        media["width"] = json!(width);
        media["height"] = json!(height);
    }
}
