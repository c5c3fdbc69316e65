//! Finding a server that runs already.

use std::time::Duration;

use testkit::ScriptedModel;

#[tokio::test]
async fn a_running_server_is_found_with_its_chat_models() {
    let server = ScriptedModel::start().await.unwrap();
    server.models(["llama3.2:3b", "nomic-embed-text:latest", "nova"]);
    let base = format!("{}/", server.base_ollama());
    let found = llm::detect_ollama_within(&base, Duration::from_secs(30)).await.unwrap();
    assert_eq!(found.base, server.base_ollama());
    assert_eq!(found.version, "0.0.0-scripted");
    let ids: Vec<&str> = found.models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["llama3.2:3b", "nova"]);
    assert_eq!(found.models[0].parameters.as_deref(), Some("1B"));
}

#[tokio::test]
async fn where_nothing_runs_nothing_is_found() {
    // A listener that never accepts: the search must give up by itself.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    assert_eq!(llm::detect_ollama(&base).await, None);
    drop(silent);
    assert_eq!(llm::detect_ollama(&base).await, None);
    assert_eq!(llm::detect_ollama("nonsense").await, None);
}
