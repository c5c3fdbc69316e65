//! The local Discord alone, with something of everything to look at: `cargo run -p local-discord --example playground`.
//! An argument chooses the port (default 4777). A small bot inside answers commands and buttons.

use local_discord::control::{CastMember, PlaygroundInfo};
use local_discord::permissions::Permissions;
use local_discord::world::{BotSeed, GuildSeed, State, WorldBuilder, channel_type};
use local_discord::{LocalDiscord, Options, clock::Clock};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bot = BotSeed::new("acore").permissions(Permissions::MANAGE_WEBHOOKS | Permissions::MANAGE_MESSAGES);
    let guild =
        GuildSeed { members: vec!["you".into(), "Robin".into()], ..GuildSeed::new("acore playground") }
            .channel("general", channel_type::TEXT)
            .channel("workshop", channel_type::TEXT)
            .channel("quiet", channel_type::TEXT)
            .channel("ideas", channel_type::FORUM)
            .age_restricted("cellar")
            .channel("Lounge", channel_type::VOICE);
    let (world, seeded) = WorldBuilder::new().bot(bot).guild(guild).build(Clock::system());
    let (_, _, token) = seeded.bots["acore"].clone();
    let port = std::env::args().nth(1).and_then(|p| p.parse().ok()).unwrap_or(4777);
    let cast = [
        ("Mira", "A dry librarian who has read everything twice", 0x8E_6B_D8),
        ("Grix", "A chaotic goblin with a plan, sort of", 0x5F_A8_3C),
        ("Tom", "A patient gardener, good with worries", 0x3C_8F_C4),
        ("Captain Ode", "Sings the log of a ship that never lands", 0xD9_8A_3A),
    ];
    let info = PlaygroundInfo {
        title: "acore playground".into(),
        cast: cast
            .map(|(name, tagline, color)| CastMember {
                name: name.into(),
                tagline: tagline.into(),
                avatar: None,
                color: Some(color),
            })
            .into(),
        notice: "Running a **tiny built-in model**: charming, not clever. Connect a better one with `OPENROUTER_API_KEY`, or start [Ollama](https://ollama.com)."
            .into(),
        starters: vec!["Mira, which book should I never lend out?".into(), "hey Grix, what is in the bag?".into()],
    };
    let local =
        LocalDiscord::start(Options::new(world).port(port).playground(info).rate_limits(None)).await?;
    seed(&local, &token).await?;
    eprintln(&format!("open {}", local.base()));
    tokio::select! {
        ended = answer_all(&local, &token) => ended?,
        ended = tokio::signal::ctrl_c() => ended?,
    }
    local.shutdown().await;
    Ok(())
}

#[expect(clippy::print_stderr, reason = "an example talks to its terminal")]
fn eprintln(text: &str) {
    eprintln!("{text}");
}

/// A bot without a gateway: it looks into the world for interactions that nobody answered, and answers over REST.
async fn answer_all(local: &LocalDiscord, token: &str) -> Result<(), Box<dyn std::error::Error>> {
    let rest = Rest { base: local.api_base(), token: token.to_owned(), client: client()? };
    let mut last = 0;
    loop {
        let open = |s: &State| {
            s.interactions.range(last + 1..).map(|(_, i)| i).find(|i| i.callback.is_none()).cloned()
        };
        let Ok(asked) = local.until(Duration::from_hours(1), open).await else { continue };
        last = asked.id;
        let callback = format!("/interactions/{}/{}/callback", asked.id, asked.token);
        if asked.kind == 2 && asked.data["name"] == "chat" {
            rest.post(&callback, &json!({"type": 5})).await?;
            let original = format!("/webhooks/{}/{}/messages/@original", asked.application_id, asked.token);
            let mut text = String::from("You said:");
            for word in asked.data["options"][0]["value"].as_str().unwrap_or("").split(' ') {
                tokio::time::sleep(Duration::from_millis(250)).await;
                text.push(' ');
                text.push_str(word);
                rest.patch(&original, &json!({"content": text})).await?;
            }
        } else {
            rest.post(&callback, &reply_to(asked.kind, &asked.data)).await?;
        }
    }
}

/// What the bot answers to everything but `/chat`.
fn reply_to(kind: u8, data: &Value) -> Value {
    let say = |text: &str| json!({"type": 4, "data": {"content": text, "flags": 64}});
    let row = |buttons: Value| json!([{"type": 1, "components": buttons}]);
    let resolved =
        |what: &str| data["resolved"][what].as_object().and_then(|all| all.values().next()).cloned();
    match (kind, data["name"].as_str().or_else(|| data["custom_id"].as_str()).unwrap_or("")) {
        (2, "Why this?") => {
            let words = resolved("messages").unwrap_or_default();
            let mut reply =
                say(&format!("Because somebody said “{}”.", words["content"].as_str().unwrap_or("")));
            reply["data"]["components"] =
                row(json!([{"type": 2, "style": 2, "label": "Tell me more", "custom_id": "more"}]));
            reply
        }
        (2, "card") => {
            let file = resolved("attachments").unwrap_or_default();
            let (name, size) = (file["filename"].as_str().unwrap_or("nothing"), &file["size"]);
            let mut reply = say(&format!("**{name}** has {size} bytes. Shall it move in?"));
            reply["data"]["components"] = row(json!([
                {"type": 2, "style": 3, "label": "Let it in", "custom_id": "take"},
                {"type": 2, "style": 4, "label": "Replace", "custom_id": "replace", "disabled": true}]));
            reply
        }
        (3, "more") => json!({"type": 7, "data": {"content": "There is no more to it.", "components": []}}),
        (3, "take") => json!({"type": 7, "data": {"content": "It lives here now.", "components": []}}),
        (3, "who") => say(&format!("You chose {}.", data["values"][0].as_str().unwrap_or("nobody"))),
        (3, "hey") => json!({"type": 9, "data": {"custom_id": "greeting", "title": "Say hey", "components": [
            {"type": 18, "label": "To whom", "description": "They all listen", "component": {"type": 3, "custom_id": "who",
                "options": [{"label": "Mira", "value": "Mira"}, {"label": "Grix", "value": "Grix"}]}},
            {"type": 18, "label": "Your words", "component": {"type": 4, "custom_id": "text", "style": 2}}]}}),
        (3, "refresh") => json!({"type": 6}),
        (4, _) => json!({"type": 8, "data": {"choices": []}}),
        (5, _) => say("Passed on. Only you know that you did."),
        _ => say("This bot only shows that it heard you."),
    }
}

/// Messages with every feature: members through their API, the bot through REST as any client.
async fn seed(local: &LocalDiscord, token: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (you, robin) = (local.member("you"), local.member("Robin"));
    let general = local.world().channel("#general")?.id();
    let rest = Rest { base: local.api_base(), token: token.to_owned(), client: client()? };
    robin.says("#general", "Morning! I put the kettle on. ☕").await?;
    robin.says("#general", "Anybody read the thing I posted *yesterday*?").await?;
    you.says("#general", "hey Mira, what is the difference between `String` and `&str`?").await?;

    let hook = rest.post(&format!("/channels/{general}/webhooks"), &json!({"name": "acore"})).await?;
    let hook = format!(
        "/webhooks/{}/{}?wait=true",
        hook["id"].as_str().unwrap_or(""),
        hook["token"].as_str().unwrap_or("")
    );
    let long = "Ah. A question with a shelf mark.\n\n## Owned and borrowed\n- `String` **owns** its letters, and may grow\n- `&str` only *points* at letters that ~~somebody~~ __something else__ owns\n  - which is why it is small\n\n```rust\nfn shout(text: &str) -> String {\n    text.to_uppercase()\n}\n```\n> Borrow to read, own to keep.\n-# shelf 005.133, see also [the book](https://doc.rust-lang.org/book/) ||and bring it back||";
    let mira = rest.post(&hook, &json!({"content": long, "username": "Mira"})).await?;
    let id = mira["id"].as_str().unwrap_or("");
    for emoji in ["👍", "📚"] {
        rest.put(&format!("/channels/{general}/messages/{id}/reactions/{}/@me", encode(emoji))).await?;
    }
    let mira = local_discord::members::Post::from_json(&mira);
    you.reacts(&mira, "👍").await?;
    you.replies(&mira, "That was *almost* friendly. Thanks!").await?;
    robin
        .edits(&robin.says("#general", "Somebody frame that").await?, "Somebody frame that sentence")
        .await?;
    let grix = "MINE reading list: one (1) cookbook, stolen. See https://example.com/goblin_(cookbook). <t:1790000000:R>";
    rest.post(&hook, &json!({"content": grix, "username": "Grix"})).await?;
    let embed = json!({"embeds": [{
        "title": "Characters", "description": "Ten people live here. Say hey to any of them.", "color": 0x3C_C4_AE,
        "fields": [{"name": "Mira", "value": "A dry librarian", "inline": true},
            {"name": "Grix", "value": "A chaotic goblin", "inline": true},
            {"name": "How", "value": "Write `hey Mira` in any channel"}],
        "footer": {"text": "acore · /characters"}}],
        "components": [{"type": 1, "components": [
            {"type": 2, "style": 1, "label": "Say hey", "custom_id": "hey", "emoji": {"name": "👋"}},
            {"type": 2, "style": 2, "label": "Next page", "custom_id": "next"},
            {"type": 2, "style": 4, "label": "Forget me", "custom_id": "forget"},
            {"type": 2, "style": 5, "label": "Docs", "url": "https://example.com"}]},
            {"type": 1, "components": [{"type": 3, "custom_id": "who", "placeholder": "Talk to…", "options": [
                {"label": "Mira", "value": "mira", "description": "A dry librarian"}, {"label": "Grix", "value": "grix"}]}]}]});
    rest.post(&format!("/channels/{general}/messages"), &embed).await?;
    let v2 = json!({"flags": 1 << 15, "components": [{"type": 17, "accent_color": 0xD9_8A_3A, "components": [
        {"type": 9, "components": [{"type": 10, "content": "### Status\nModel **tiny-135m**, 12 ms to the first word"}],
         "accessory": {"type": 2, "style": 2, "label": "Refresh", "custom_id": "refresh"}},
        {"type": 14}, {"type": 10, "content": "-# up for 3 hours, 41 replies"}]}]});
    rest.post(&format!("/channels/{general}/messages"), &v2).await?;
    let workshop = local.world().channel("#workshop")?.id();
    rest.put_json(&commands_path(&rest).await?, &commands()).await?;
    robin.sends_file("#workshop", "The picture for the door:", "door.png", png()).await?;
    for i in 0..90 {
        robin.says(workshop, &format!("Note {i}: plane the edge, check the angle, plane it again.")).await?;
    }
    let me = you.id();
    rest.post(
        &format!("/channels/{general}/messages"),
        &json!({"content": format!("<@{me}> your tea is ready in <#{workshop}>.")}),
    )
    .await?;
    robin.joins_voice("Lounge").await?;
    robin.listens_to("Low Tide", "The Mudlarks").await?;
    robin
        .opens_post(
            "#ideas",
            "A lamp for the cellar",
            local_discord::world::Draft::text("It is dark down there."),
        )
        .await?;
    Ok(())
}

fn commands() -> Value {
    json!([
        {"name": "chat", "description": "Talk to a character", "options": [
            {"type": 3, "name": "message", "description": "What to say", "required": true},
            {"type": 3, "name": "character", "description": "Who answers", "choices": [
                {"name": "Mira", "value": "mira"}, {"name": "Grix", "value": "grix"}]},
            {"type": 5, "name": "private", "description": "Only for you"}]},
        {"name": "characters", "description": "Show everybody who lives here"},
        {"name": "memory", "description": "What is remembered", "options": [
            {"type": 1, "name": "show", "description": "Show what is known of somebody", "options": [
                {"type": 6, "name": "who", "description": "Whose memory", "required": true}]},
            {"type": 1, "name": "clear", "description": "Forget everything"}]},
        {"name": "card", "description": "Characters as files", "options": [
            {"type": 1, "name": "import", "description": "Bring a character along", "options": [
                {"type": 11, "name": "file", "description": "Its card, JSON or PNG", "required": true},
                {"type": 7, "name": "where", "description": "Where it may speak", "channel_types": [0]}]}]},
        {"name": "Why this?", "type": 3},
        {"name": "Remember this", "type": 3},
    ])
}

async fn commands_path(rest: &Rest) -> Result<String, Box<dyn std::error::Error>> {
    let me = rest.get("/applications/@me").await?;
    Ok(format!("/applications/{}/commands", me["id"].as_str().unwrap_or("")))
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Loopback needs no TLS, but the client wants to know who would do it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build()
}

struct Rest {
    base: String,
    token: String,
    client: reqwest::Client,
}

impl Rest {
    async fn post(&self, path: &str, body: &Value) -> Result<Value, Box<dyn std::error::Error>> {
        self.send(self.client.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Result<Value, Box<dyn std::error::Error>> {
        self.send(self.client.patch(format!("{}{path}", self.base)).json(body)).await
    }

    async fn put_json(&self, path: &str, body: &Value) -> Result<Value, Box<dyn std::error::Error>> {
        self.send(self.client.put(format!("{}{path}", self.base)).json(body)).await
    }

    async fn put(&self, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
        self.send(self.client.put(format!("{}{path}", self.base))).await
    }

    async fn get(&self, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Box<dyn std::error::Error>> {
        let answer = request.header("authorization", format!("Bot {}", self.token)).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status.is_success() {
            Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
        } else {
            Err(format!("{status}: {text}").into())
        }
    }
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |sum, b| format!("{sum}%{b:02X}"))
}

/// A small drawing: a door in an evening sky, stored without compression.
fn png() -> Vec<u8> {
    const SIDE: usize = 96;
    let mut raw = Vec::new();
    for y in 0..SIDE {
        raw.push(0);
        for x in 0..SIDE {
            let door = (34..62).contains(&x) && y > 30;
            let knob = (55..59).contains(&x) && (62..66).contains(&y);
            raw.extend(if knob {
                [255, 210, 122]
            } else if door {
                [122, 62, 38]
            } else {
                [40 + y as u8, 90, 150 - y as u8]
            });
        }
    }
    let mut zlib = vec![0x78, 0x01];
    for (i, block) in raw.chunks(65_535).enumerate() {
        let last = u8::from((i + 1) * 65_535 >= raw.len());
        let size = block.len() as u16;
        zlib.push(last);
        zlib.extend(size.to_le_bytes());
        zlib.extend((!size).to_le_bytes());
        zlib.extend(block);
    }
    let (a, b) = raw.iter().fold((1_u32, 0_u32), |(a, b), v| {
        let a = (a + u32::from(*v)) % 65_521;
        (a, (a + b) % 65_521)
    });
    zlib.extend((b << 16 | a).to_be_bytes());
    let mut header = Vec::from((SIDE as u32).to_be_bytes());
    header.extend((SIDE as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib), (b"IEND", Vec::new())] {
        out.extend((data.len() as u32).to_be_bytes());
        let mut body = kind.to_vec();
        body.extend(data);
        out.extend(&body);
        let crc = body.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
        });
        out.extend((!crc).to_be_bytes());
    }
    out
}
