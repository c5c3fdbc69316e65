//! From settings to a provider: the one place that lists them.

use std::sync::Arc;

use crate::{LlmError, Ollama, OpenAi, Provider, ProviderKind, ProviderSettings, Retrying};

/// Makes the provider that the settings name; those behind a network retry before the first token
/// ([`Retrying`]). No server is contacted: ask [`Provider::health`]. A model in this process is loaded, off the
/// runtime's threads, before this returns.
///
/// # Errors
/// [`LlmError::Setup`] when the settings cannot work.
pub async fn connect(settings: ProviderSettings) -> Result<Arc<dyn Provider>, LlmError> {
    let ProviderSettings { kind, timeouts } = settings;
    let provider: Arc<dyn Provider> = match kind {
        ProviderKind::OpenAi(settings) => Arc::new(Retrying::new(OpenAi::new(settings, timeouts)?)),
        ProviderKind::Ollama(settings) => Arc::new(Retrying::new(Ollama::new(settings, timeouts)?)),
        #[cfg(feature = "embedded")]
        ProviderKind::Embedded(settings) => {
            Arc::new(crate::Embedded::load(settings, timeouts, |_progress| {}).await?)
        }
        #[cfg(not(feature = "embedded"))]
        ProviderKind::Embedded(_) => {
            return Err(LlmError::Setup {
                cause: "this build has no embedded model (cargo feature `embedded`)".to_owned(),
            });
        }
    };
    let counter = provider.counter();
    // The first count loads the vocabulary.
    let loaded = tokio::task::spawn_blocking(move || counter.count("hello")).await;
    loaded.map_err(|error| LlmError::Setup { cause: format!("tokenizer: {error}") })?;
    Ok(provider)
}
