//! When the model is asked again, and when not.

use std::time::Duration;

use domain::chat::{Picture, PictureFormat};
use llm::{Ollama, OllamaSettings, Provider, ProviderKind, ProviderSettings, Retrying};
use testkit::{Reply, ScriptedModel};

use crate::support::{ask, listen, openai, patient, request};

async fn server(replies: impl IntoIterator<Item = Reply>) -> ScriptedModel {
    let server = ScriptedModel::start().await.unwrap();
    server.script(replies);
    server
}

fn retrying(server: &ScriptedModel) -> impl Provider {
    Retrying::new(openai(server, patient())).first_pause(Duration::from_millis(1))
}

#[tokio::test]
async fn errors_that_may_pass_are_tried_again() {
    for reply in [
        Reply::status(500),
        Reply::status(503),
        Reply::status(429).retry_after(0),
        Reply::error_after("", 502, "upstream"),
        Reply::cut_after(""),
        Reply::garbage("not json"),
    ] {
        let server = server([reply.clone(), reply, Reply::text("there")]).await;
        assert_eq!(ask(&retrying(&server)).await.text, "there");
        assert_eq!(server.requests_seen(), 3);
    }
}

#[tokio::test]
async fn two_retries_are_enough() {
    let server = server([500, 500, 500, 500].map(Reply::status)).await;
    assert_eq!(ask(&retrying(&server)).await.error_kind(), "server");
    assert_eq!(server.requests_seen(), 3);
}

#[tokio::test]
async fn errors_that_stay_are_told_at_once() {
    for status in [400, 401, 402, 403, 404] {
        let server = server([Reply::status(status)]).await;
        assert!(ask(&retrying(&server)).await.error.is_some());
        assert_eq!(server.requests_seen(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_long_wait_is_left_to_the_caller() {
    for status in [429, 503] {
        let server = server([Reply::status(status).retry_after(3_600)]).await;
        let error = ask(&retrying(&server)).await.error.unwrap();
        assert_eq!(error.retry_after(), Some(Duration::from_hours(1)));
        assert_eq!(server.requests_seen(), 1);
    }
}

#[tokio::test]
async fn after_the_first_piece_there_is_no_second_try() {
    let server = server([Reply::cut_after("It was a")]).await;
    let told = ask(&retrying(&server)).await;
    assert_eq!(told.error_kind(), "cut_stream");
    assert_eq!((told.text.as_str(), server.requests_seen()), ("It was a", 1));
}

#[tokio::test]
async fn a_model_that_takes_no_pictures_is_asked_without() {
    let server = ScriptedModel::start().await.unwrap();
    server.reply_with(
        |asked| if asked.pictures().is_empty() { Reply::text("there") } else { Reply::status(400) },
    );
    let mut request = request();
    let (format, bytes) = (PictureFormat::Png, b"pixels".as_slice().into());
    request.messages[1].pictures = vec![Picture { format, width: 1, height: 1, bytes }];
    let told = listen(retrying(&server).stream(request).await.unwrap()).await;
    assert_eq!((told.text.as_str(), server.requests_seen()), ("there", 2));
    assert!(server.requests()[1].messages()[1].1.contains("cannot see the pictures"));
}

#[tokio::test]
async fn what_is_connected_retries() {
    let server = server([Reply::status(500), Reply::text("there")]).await;
    let settings = OllamaSettings::new(server.base_ollama(), "scripted");
    let provider =
        llm::connect(ProviderSettings { kind: ProviderKind::Ollama(settings), timeouts: patient() })
            .await
            .unwrap();
    assert_eq!((provider.name(), provider.model()), ("ollama", "scripted"));
    assert_eq!(ask(&*provider).await.text, "there");

    let settings = OllamaSettings::new("nonsense", "scripted");
    assert_eq!(Ollama::new(settings, patient()).unwrap_err().kind(), "setup");
}
