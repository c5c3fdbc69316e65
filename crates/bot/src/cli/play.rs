//! `acore play`: the playground in the browser.

use std::sync::Arc;

use super::Failure;
use crate::{
    config::{Config, ProviderKind},
    lifecycle::Lifecycle,
    model::Model,
    playground::Playground,
};

pub(super) async fn play(config: Config) -> Result<(), Failure> {
    let life = Lifecycle::default();
    life.listen_for_signals()?;
    let folder = config.data.folder.join("playground");
    let (port, kind) = (config.playground.port, config.model.resolved_provider());
    let boot = async {
        let model = Arc::new(Model::connect(&config.model, &config.data.folder).await?);
        let notice = notice(&model, None);
        let playground = Playground::open(config, &folder, port, model.clone(), notice, &life).await?;
        anyhow::Ok((model, playground))
    };
    let Some(booted) = life.unless_ended(boot).await else { return Ok(()) };
    let (model, playground) = booted?;
    say(&format!("The playground is at {}/  (Ctrl-C ends it)\n", playground.discord.base()));
    if kind == ProviderKind::Embedded
        && let Some(page) = playground.discord.playground()
    {
        life.spawn("look for Ollama", async move {
            if let Some(found) = llm::detect_ollama(llm::OLLAMA_USUAL_BASE).await {
                page.set_notice(self::notice(&model, Some(&found)));
            }
        });
    }
    let Playground { discord, bot } = playground;
    let ended = bot.run().await;
    discord.shutdown().await;
    ended?;
    Ok(())
}

/// What is thinking here, honestly, and how to get something better.
fn notice(model: &Model, ollama: Option<&llm::FoundOllama>) -> String {
    if !model.is_toy() {
        return format!("**{}** on {} is thinking here.", model.provider().model(), model.provider().name());
    }
    let better = match ollama.and_then(|found| found.models.first()) {
        Some(found) => format!(
            "Ollama is running on this machine: start again with `ACORE_MODEL_PROVIDER=ollama ACORE_MODEL={}` for real \
             conversations.",
            found.id
        ),
        None => "For real conversations connect a better one: start Ollama and set `ACORE_MODEL_PROVIDER=ollama`, or \
                 set `ACORE_MODEL_API_KEY` and `ACORE_MODEL` for OpenRouter."
            .to_owned(),
    };
    format!(
        "A **toy model** (SmolLM2, 135 million parameters, in this process) is thinking here: quick, free and often odd. {better}"
    )
}

#[expect(clippy::print_stdout, reason = "the address is the command's answer")]
fn say(text: &str) {
    print!("{text}");
    // A pipe keeps lines back otherwise, and whoever reads it waits for the address.
    let _ = std::io::Write::flush(&mut std::io::stdout());
}
