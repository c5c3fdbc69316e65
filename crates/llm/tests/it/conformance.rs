//! What both wire dialects must do alike.

use std::time::Duration;

use domain::chat::{ChatEvent, Finish, Usage};
use futures_util::StreamExt;
use llm::{ApiKey, LlmError, OpenAi, OpenAiSettings, Provider, Timeouts, Waited};
use testkit::{Gate, Reply, ScriptedModel};

use crate::support::{BOTH, Told, Wire, ask, impatient, listen, openai, patient, request};

/// One reply, heard in both dialects.
async fn both(reply: Reply) -> Vec<Told> {
    let server = ScriptedModel::start().await.unwrap();
    let mut told = Vec::new();
    for wire in BOTH {
        server.script([reply.clone()]);
        told.push(ask(&*wire.provider(&server, patient())).await);
    }
    assert_eq!(server.requests_seen(), 2);
    told
}

#[tokio::test]
async fn text_comes_in_pieces_and_ends_with_the_usage() {
    for told in both(Reply::text("The quick brown fox — 狐 🦊").usage(12, 5)).await {
        assert_eq!(told.text, "The quick brown fox — 狐 🦊");
        assert_eq!(told.deltas, 7);
        let usage = Usage { input_tokens: 12, output_tokens: 5 };
        assert_eq!(told.end, Some((Finish::Stop, usage)));
        assert_eq!(told.error, None);
    }
}

#[tokio::test]
async fn the_limit_is_told_apart_from_the_end() {
    for told in both(Reply::text("and so").finish("length")).await {
        assert_eq!(told.end.unwrap().0, Finish::Length);
    }
}

#[tokio::test]
async fn reasoning_is_kept_apart() {
    for told in both(Reply::reasoning("She greets me.", "Hello!")).await {
        assert_eq!((told.reasoning.as_str(), told.text.as_str()), ("She greets me.", "Hello!"));
    }
    for told in both(Reply::chunks(["<th", "ink>Hm", ".</thi", "nk>\n\n", "Hello!"])).await {
        assert_eq!((told.reasoning.as_str(), told.text.as_str()), ("Hm.", "Hello!"));
    }
}

#[tokio::test]
async fn a_cut_stream_is_no_answer() {
    for reply in [Reply::cut_after("It was a dark and"), Reply::unfinished("It was a dark and")] {
        for told in both(reply).await {
            assert_eq!((told.text.as_str(), told.error_kind()), ("It was a dark and", "cut_stream"));
            assert!(told.error.unwrap().retryable());
        }
    }
}

#[tokio::test]
async fn a_limited_rate_says_when_to_come_back() {
    for told in both(Reply::status(429).retry_after(7)).await {
        let cause = "scripted status 429".to_owned();
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(told.error, Some(LlmError::RateLimited { retry_after, cause }));
    }
}

#[tokio::test]
async fn statuses_become_errors_callers_branch_on() {
    for (status, kind, retryable) in [
        (400, "bad_request", false),
        (401, "unauthorized", false),
        (402, "no_credit", false),
        (403, "refused", false),
        (404, "model_missing", false),
        (500, "server", true),
        (502, "server", true),
        (503, "overloaded", true),
    ] {
        for told in both(Reply::status(status).saying("because")).await {
            assert_eq!(told.error_kind(), kind, "{status}");
            let error = told.error.unwrap();
            assert_eq!(error.retryable(), retryable, "{status}");
            assert!(error.to_string().contains("because"), "{error}");
        }
    }
}

#[tokio::test]
async fn invalid_json_is_malformed() {
    for garbage in ["not json", "[]", "{\"choices\":7,\"done\":7}"] {
        for told in both(Reply::garbage(garbage)).await {
            assert_eq!(told.error_kind(), "malformed", "{garbage}");
        }
    }
}

#[tokio::test]
async fn an_endless_line_is_malformed() {
    for told in both(Reply::garbage(&"x".repeat((1 << 20) + 1))).await {
        assert_eq!(told.error_kind(), "malformed");
    }
}

#[tokio::test]
async fn an_error_under_the_status_200_is_an_error() {
    for told in both(Reply::error_after("So far", 500, "the GPU fell off")).await {
        assert_eq!(told.text, "So far");
        let cause = "the GPU fell off".to_owned();
        assert_eq!(told.error, Some(LlmError::Server { status: 500, cause }));
    }
}

#[tokio::test]
async fn an_error_in_the_stream_has_its_own_code() {
    let server = ScriptedModel::start().await.unwrap();
    server.script([Reply::error_after("", 429, "slow down"), Reply::error_after("", 402, "pay")]);
    assert_eq!(ask(&openai(&server, patient())).await.error_kind(), "rate_limited");
    assert_eq!(ask(&openai(&server, patient())).await.error_kind(), "no_credit");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let server = ScriptedModel::start().await.unwrap();
    let answer = r#"{"choices":[{"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
    let error = r#"{"error":{"code":503,"message":"no instance"}}"#;
    server.script([answer, error, "{", "{}"].map(Reply::document));
    let provider = openai(&server, patient());
    let told = ask(&provider).await;
    assert_eq!(told.text, "Hello!");
    assert_eq!(told.end, Some((Finish::Stop, Usage { input_tokens: 3, output_tokens: 2 })));
    assert_eq!(ask(&provider).await.error_kind(), "overloaded");
    assert_eq!(ask(&provider).await.error_kind(), "malformed");
    assert_eq!(ask(&provider).await.error_kind(), "cut_stream");
}

#[tokio::test]
async fn a_slow_first_token_runs_into_its_time_out() {
    let gate = Gate::new();
    for reply in [Reply::slow_first_token(&gate), Reply::text("late").held_by(&gate)] {
        let server = ScriptedModel::start().await.unwrap();
        for wire in BOTH {
            server.script([reply.clone()]);
            let told = ask(&*wire.provider(&server, impatient())).await;
            assert_eq!(told.error, Some(LlmError::Timeout { which: Waited::FirstToken }), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_first_token_is_waited_for() {
    let server = ScriptedModel::start().await.unwrap();
    // A short time-out between chunks must not count before the first token.
    let timeouts = Timeouts { idle: Duration::from_millis(1), ..patient() };
    for wire in BOTH {
        let gate = Gate::new();
        server.script([Reply::slow_first_token(&gate)]);
        let provider = wire.provider(&server, timeouts);
        let (told, ()) = tokio::join!(ask(&*provider), async {
            gate.reached().await;
            gate.open();
        });
        assert_eq!(told.text, "Finally.", "{wire:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_stream_that_stalls_runs_into_the_idle_time_out() {
    let server = ScriptedModel::start().await.unwrap();
    let timeouts = Timeouts { idle: Duration::from_millis(150), ..patient() };
    for wire in BOTH {
        server.script([Reply::paused("One moment", &Gate::new(), "never")]);
        let told = ask(&*wire.provider(&server, timeouts)).await;
        assert_eq!(told.text, "One moment");
        assert_eq!(told.error, Some(LlmError::Timeout { which: Waited::Idle }), "{wire:?}");
    }
}

#[tokio::test]
async fn dropping_the_stream_hangs_up() {
    let server = ScriptedModel::start().await.unwrap();
    for (hang_ups, wire) in (1..).zip(BOTH) {
        server.script([Reply::paused("One moment", &Gate::new(), "never")]);
        let mut stream = wire.provider(&server, patient()).stream(request()).await.unwrap();
        assert_eq!(stream.next().await, Some(Ok(ChatEvent::Delta("One moment".to_owned()))));
        drop(stream);
        server.hang_ups(hang_ups).await;
    }
}

#[tokio::test]
async fn dropping_a_request_that_waits_hangs_up() {
    let server = ScriptedModel::start().await.unwrap();
    for (hang_ups, wire) in (1..).zip(BOTH) {
        let gate = Gate::new();
        server.script([Reply::text("late").held_by(&gate)]);
        let provider = wire.provider(&server, patient());
        tokio::select! {
            _ = provider.stream(request()) => panic!("nobody opened the gate"),
            () = gate.reached() => {}
        }
        server.hang_ups(hang_ups).await;
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let server = ScriptedModel::start().await.unwrap();
    let providers = BOTH.map(|wire| wire.provider(&server, patient()));
    // The listener closes some time after the handle is gone; the wait is for that and for nothing else.
    let base = server.base_ollama();
    drop(server);
    while tokio::net::TcpStream::connect(base.trim_start_matches("http://")).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for provider in providers {
        let told = ask(&*provider).await;
        assert_eq!(told.error_kind(), "unreachable", "{told:?}");
        assert!(told.error.unwrap().to_string().contains("refused"));
        assert_eq!(provider.health().await.unwrap_err().kind(), "unreachable");
    }
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_and_not_repeated() {
    let server = ScriptedModel::start().await.unwrap();
    server.require_key("sk-right");
    let told = ask(&openai(&server, patient())).await;
    assert_eq!(told.error_kind(), "unauthorized");

    server.require_key("sk-test").script([Reply::status(401).saying("the key sk-test is wrong")]);
    let told = ask(&openai(&server, patient())).await;
    assert_eq!(told.error.unwrap(), LlmError::Unauthorized { cause: "the key [key] is wrong".to_owned() });

    let told = ask(&openai(&server, patient())).await;
    assert_eq!(told.error, None);
    assert_eq!(server.requests()[2].key(), Some("sk-test"));
}

#[tokio::test]
async fn health_and_models() {
    let server = ScriptedModel::start().await.unwrap();
    server.models(["scripted:latest", "scripted", "nova"]);
    for wire in BOTH {
        let provider = wire.provider(&server, patient());
        assert!(provider.health().await.unwrap().model_listed);
        let models = provider.models().await.unwrap();
        let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids, ["scripted:latest", "scripted", "nova"]);
    }
    server.models(["nova"]);
    for wire in BOTH {
        assert!(!wire.provider(&server, patient()).health().await.unwrap().model_listed);
    }
    server.models(["scripted:latest"]);
    assert!(Wire::Ollama.provider(&server, patient()).health().await.unwrap().model_listed);
}

#[tokio::test]
async fn connections_are_kept() {
    for wire in BOTH {
        let server = ScriptedModel::start().await.unwrap();
        let provider = wire.provider(&server, patient());
        for _ in 0..20 {
            let told = listen(provider.stream(request()).await.unwrap()).await;
            assert_eq!(told.text, "Hello from the scripted model.");
        }
        assert_eq!(server.connections_seen(), 1, "{wire:?}");
    }
}

#[test]
fn settings_that_cannot_work_are_told_at_once() {
    let settings = OpenAiSettings::new("localhost:8080", "m", Some(ApiKey::new("sk-test")));
    assert!(!format!("{settings:?}").contains("sk-test"));
    assert_eq!(OpenAi::new(settings, patient()).unwrap_err().kind(), "setup");
    let known =
        OpenAi::new(OpenAiSettings::new("https://openrouter.ai/api/v1", "m", None), patient()).unwrap();
    assert_eq!(known.name(), "openrouter");
}
