//! What members bring along in these tests: cards and lorebooks of our own invention.

use bot::cards;
use local_discord::{
    members::{Member, Post},
    world::NewFile,
};

use crate::town::PATIENCE;

/// A V3 card with odd spacing and fields that nobody knows.
pub(crate) fn card(name: &str, description: &str) -> String {
    format!(
        "{{ \"spec\":\"chara_card_v3\",\r\n  \"spec_version\" : \"3.0\", \"data\": {{\"name\": \"{name}\", \
         \"description\": \"{description}\", \"personality\":\"\", \"scenario\":\"\", \"first_mes\":\"Well met.\", \
         \"mes_example\":\"\", \"alternate_greetings\":[\"Hm?\"], \"tags\":[\"ink\"], \"strange\": {{\"pi\": 3.140}}, \
         \"extensions\":{{\"someone/else\":1}}}} }}\n"
    )
}

/// The same with a picture: the one of a built-in character.
pub(crate) fn picture_card(name: &str, description: &str, like: &str) -> Vec<u8> {
    let face = format!("{}/../../characters/{like}.png", env!("CARGO_MANIFEST_DIR"));
    let face = std::fs::read(face).unwrap();
    let card = cards::read(card(name, description).as_bytes(), "card.json").unwrap();
    cards::write_png(&card, &face).unwrap()
}

pub(crate) fn file(filename: &str, bytes: impl Into<Vec<u8>>) -> NewFile {
    let bytes: Vec<u8> = bytes.into();
    NewFile { filename: filename.to_owned(), description: None, content_type: None, bytes: bytes.into() }
}

/// `/import_character` with a file: the preview, or what was wrong with it.
pub(crate) async fn previews(member: &Member, filename: &str, bytes: impl Into<Vec<u8>>) -> Post {
    let files = [("file", file(filename, bytes))];
    let running =
        member.runs_with_files("/import_character", local_discord::members::NO_OPTIONS, files).await.unwrap();
    let preview = running.message(PATIENCE).await.unwrap();
    assert!(preview.ephemeral);
    preview
}

/// Presses a button by its text; what the message, or the new answer, says then.
pub(crate) async fn presses(member: &Member, message: &Post, label: &str) -> Post {
    let running = member.presses_labelled(message, label).await.unwrap();
    running.message(PATIENCE).await.unwrap()
}

/// Imports a card and confirms it.
pub(crate) async fn imports(member: &Member, filename: &str, bytes: impl Into<Vec<u8>>) {
    let preview = previews(member, filename, bytes).await;
    let done = presses(member, &preview, "Bring in").await;
    assert!(done.content.contains("is here"), "{}", done.content);
}

/// The buttons' texts.
pub(crate) fn labels(post: &Post) -> Vec<String> {
    post.buttons().into_iter().map(|button| button.label).collect()
}
