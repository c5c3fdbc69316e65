//! Pictures on the wire, and which models take them.

use domain::chat::{Picture, PictureFormat};
use futures_util::StreamExt;
use llm::Provider;
use testkit::ScriptedModel;

use crate::support::{BOTH, patient, request};

fn picture(bytes: &[u8], format: PictureFormat) -> Picture {
    Picture { format, width: 2, height: 2, bytes: bytes.into() }
}

#[tokio::test]
async fn pictures_hang_on_their_message() {
    let server = ScriptedModel::start().await.unwrap();
    let mut with_pictures = request();
    with_pictures.messages[1].pictures =
        vec![picture(b"first", PictureFormat::Jpeg), picture(b"second", PictureFormat::Png)];
    with_pictures.messages[3].pictures = vec![picture(b"third", PictureFormat::Png)];
    for wire in BOTH {
        let provider = wire.provider(&server, patient());
        provider.stream(with_pictures.clone()).await.unwrap().collect::<Vec<_>>().await;
    }
    let texts = |asked: &testkit::Asked| asked.messages();
    let plain: Vec<(String, String)> = with_pictures
        .messages
        .iter()
        .map(|message| (format!("{:?}", message.role).to_lowercase(), message.content.clone()))
        .collect();
    for asked in server.requests() {
        assert_eq!(texts(&asked), plain);
        let wanted = [(1, b"first".to_vec()), (1, b"second".to_vec()), (3, b"third".to_vec())];
        assert_eq!(asked.pictures(), wanted, "{:?}", asked.dialect());
    }
    let openai = server.requests()[0].json();
    insta::assert_json_snapshot!("openai_pictures", openai["messages"][1]);
    // Nothing of the longer form where there is no picture.
    assert!(openai["messages"][0]["content"].is_string());
    let ollama = server.requests()[1].json();
    insta::assert_json_snapshot!("ollama_pictures", ollama["messages"][1]);
    assert_eq!(ollama["messages"][0].get("images"), None);
}

#[tokio::test]
async fn servers_that_know_say_whether_a_model_sees() {
    let server = ScriptedModel::start().await.unwrap();
    let sees = async |provider: std::sync::Arc<dyn Provider>| provider.sees().await.unwrap();
    let [openai, ollama] = BOTH.map(|wire| wire.provider(&server, patient()));
    assert_eq!((sees(openai.clone()).await, sees(ollama.clone()).await), (None, Some(false)));
    for told in [true, false] {
        server.sees(told);
        assert_eq!((sees(openai.clone()).await, sees(ollama.clone()).await), (Some(told), Some(told)));
    }
    server.models(["another"]);
    assert_eq!(sees(openai).await, None);
}
