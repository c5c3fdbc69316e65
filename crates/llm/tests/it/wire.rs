//! Exactly what is sent.

use domain::chat::{AnswerSchema, Sampling};
use futures_util::StreamExt;
use llm::{Ollama, OllamaSettings, Provider};
use testkit::{Reply, ScriptedModel};

use crate::support::{BOTH, ask, listen, openai, patient, request};

#[tokio::test]
async fn only_what_is_set_is_sent_and_zero_is_set() {
    let server = ScriptedModel::start().await.unwrap();
    for wire in BOTH {
        ask(&*wire.provider(&server, patient())).await;
    }
    let requests = server.requests();
    insta::assert_json_snapshot!("openai_plain", requests[0].json());
    insta::assert_json_snapshot!("ollama_plain", requests[1].json());
}

#[tokio::test]
async fn every_setting_reaches_the_wire() {
    let server = ScriptedModel::start().await.unwrap();
    let mut full = request();
    full.messages.truncate(1);
    full.stop = vec!["a".into(), "b".into()];
    full.sampling = Sampling {
        temperature: Some(1.5),
        top_p: Some(0.5),
        top_k: Some(40),
        min_p: Some(0.25),
        repeat_penalty: Some(1.25),
        seed: Some(7),
    };
    let settings = OllamaSettings {
        num_ctx: 4_096,
        keep_alive: "-1".into(),
        think: true,
        ..OllamaSettings::new(server.base_ollama(), "nova:8b")
    };
    let ollama = Ollama::new(settings, patient()).unwrap();
    for provider in [&openai(&server, patient()) as &dyn Provider, &ollama] {
        provider.stream(full.clone()).await.unwrap().collect::<Vec<_>>().await;
    }
    let requests = server.requests();
    insta::assert_json_snapshot!("openai_full", requests[0].json());
    insta::assert_json_snapshot!("ollama_full", requests[1].json());
}

#[tokio::test]
async fn the_scripted_server_is_a_plain_one_too() {
    let server = ScriptedModel::start().await.unwrap();
    server
        .script([Reply::text("scripted")])
        .answer_with(|asked| format!("You said {}", asked.last_message().trim()));
    for wire in BOTH {
        server.script([Reply::text("scripted")]);
        assert_eq!(ask(&*wire.provider(&server, patient())).await.text, "scripted");
    }
    assert_eq!(ask(&openai(&server, patient())).await.text, "scripted");
    assert_eq!(ask(&openai(&server, patient())).await.text, "You said alice: how are \"you\"?");
    assert_eq!((server.requests().len(), server.replies_left()), (4, 0));
}

#[tokio::test]
async fn a_wanted_schema_reaches_the_wire_and_servers_that_know_none_are_asked_without() {
    let server = ScriptedModel::start().await.unwrap();
    let schema = serde_json::json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let mut wanted = request();
    wanted.schema = Some(AnswerSchema { name: "notes".into(), schema: schema.clone() });
    for wire in BOTH {
        server.script([Reply::text("{}")]);
        wire.provider(&server, patient()).stream(wanted.clone()).await.unwrap().collect::<Vec<_>>().await;
    }
    let requests = server.requests();
    let format = &requests[0].json()["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["name"]), (&"json_schema".into(), &"notes".into()));
    assert_eq!(format["json_schema"]["schema"], schema);
    assert_eq!(requests[1].json()["format"], schema);

    server.script([Reply::status(400), Reply::text("plain")]);
    let told = listen(openai(&server, patient()).stream(wanted).await.unwrap()).await;
    assert_eq!(told.text, "plain");
    let requests = server.requests();
    assert!(requests[2].json().get("response_format").is_some());
    assert!(requests[3].json().get("response_format").is_none());
}
