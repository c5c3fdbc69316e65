//! The configuration: one TOML file, the environment over it, read once.
//!
//! Every setting is declared in one table ([`settings`]). Reading, `acore config check`, "did you mean" and the
//! generated reference (docs/configuration.md) all follow from it, so none of them can miss a setting.
//! Precedence: environment, then `.env`, then the file, then the default.

mod characters;
mod data;
mod discord;
mod embedding;
mod knowledge;
mod log;
mod memory;
mod model;
mod playground;
mod rates;
mod reader;
mod reference;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

pub use self::{
    characters::CharactersConfig,
    data::DataConfig,
    discord::{DiscordConfig, Secret},
    embedding::{EmbeddingConfig, EmbeddingProvider},
    knowledge::KnowledgeConfig,
    log::{LogConfig, LogFormat},
    memory::MemoryConfig,
    model::{ModelConfig, ProviderKind},
    playground::PlaygroundConfig,
    reference::reference,
};
use reader::Reader;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// How Discord is reached.
    pub discord: DiscordConfig,
    /// Which model answers.
    pub model: ModelConfig,
    /// Which model tells likeness of meaning.
    pub embedding: EmbeddingConfig,
    /// What characters remember.
    pub memory: MemoryConfig,
    /// Documents that characters know.
    pub knowledge: KnowledgeConfig,
    /// Who is in the cast.
    pub characters: CharactersConfig,
    /// How many answers a minute, where no rules say otherwise.
    pub rates: domain::rules::Rates,
    /// Where things are kept.
    pub data: DataConfig,
    /// What is logged.
    pub log: LogConfig,
    /// The local Discord to play with.
    pub playground: PlaygroundConfig,
}

/// One setting: where it can be given, what it takes and what it means.
pub struct Setting {
    /// `section.key` in the file.
    pub key: &'static str,
    /// The environment variable that overrides it.
    pub env: &'static str,
    /// The default, as it would stand in the file.
    pub default: &'static str,
    /// What a value looks like, for messages: "a whole number from 1 to 65535".
    pub takes: &'static str,
    /// What it means, for the reference.
    pub meaning: &'static str,
}

/// Every setting, in the order of the reference.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    [
        discord::SETTINGS,
        model::SETTINGS,
        embedding::SETTINGS,
        memory::SETTINGS,
        knowledge::SETTINGS,
        characters::SETTINGS,
        rates::SETTINGS,
        data::SETTINGS,
        log::SETTINGS,
        playground::SETTINGS,
    ]
    .into_iter()
    .flatten()
}

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file's path and text.
    pub file: Option<(PathBuf, String)>,
    /// The environment, `.env` included.
    pub env: BTreeMap<String, String>,
}

/// One thing that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file with its line, or the environment variable.
    pub place: String,
    /// The setting, where one is concerned.
    pub key: String,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.place, self.text)
        } else {
            write!(f, "{}: {}: {}", self.place, self.key, self.text)
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

impl Sources {
    /// Reads the file and the environment. A named file must exist; the default `acore.toml` may be absent.
    pub fn gather(named: Option<&Path>) -> Result<Self, Problems> {
        // A missing .env is normal; a broken one is a problem worth a sentence.
        if let Err(error) = dotenvy::dotenv()
            && !error.not_found()
        {
            return Err(one_problem(".env", dotenv_problem(&error)));
        }
        let env = environment(std::env::vars_os())?;
        let path = named.map_or_else(|| PathBuf::from("acore.toml"), Path::to_path_buf);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some((path, text)),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(one_problem(&path.display().to_string(), format!("cannot be read: {error}")));
            }
        };
        Ok(Self { file, env })
    }
}

/// Checks and reads everything; all problems at once, not only the first.
pub fn load(sources: &Sources) -> Result<Config, Problems> {
    let mut reader = Reader::new(sources)?;
    let config = Config {
        discord: DiscordConfig::read(&mut reader),
        model: ModelConfig::read(&mut reader),
        embedding: EmbeddingConfig::read(&mut reader),
        memory: MemoryConfig::read(&mut reader),
        knowledge: KnowledgeConfig::read(&mut reader),
        characters: CharactersConfig::read(&mut reader),
        rates: rates::read(&mut reader),
        data: DataConfig::read(&mut reader),
        log: LogConfig::read(&mut reader),
        playground: PlaygroundConfig::read(&mut reader),
    };
    reader.finish().map(|()| config)
}

/// The variables that are settings. Others may hold whatever they like; of ours, what is not text is a problem.
fn environment(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, Problems> {
    let mut env = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, value) in variables {
        let Some(setting) = settings().find(|setting| name == setting.env) else { continue };
        match value.into_string() {
            Ok(value) => {
                env.insert(setting.env.to_owned(), value);
            }
            Err(_) => problems.push(Problem {
                place: setting.env.to_owned(),
                key: setting.key.to_owned(),
                text: format!("is not valid UTF-8 text, but takes {}", setting.takes),
            }),
        }
    }
    if problems.is_empty() { Ok(env) } else { Err(Problems(problems)) }
}

/// What is wrong with `.env`. The library's own words quote the line, which may hold a token.
fn dotenv_problem(error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(line, _) = error else { return format!("cannot be read: {error}") };
    let name: String =
        line.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    if settings().any(|setting| setting.env == name) {
        format!(
            "the line of {name} cannot be read: a value with spaces, quotes or a # stands in 'single quotes'"
        )
    } else {
        "a line cannot be read: every line is NAME=value or a comment that begins with #, and a value with spaces, \
         quotes or a # stands in 'single quotes'"
            .to_owned()
    }
}

fn one_problem(place: &str, text: String) -> Problems {
    Problems(vec![Problem { place: place.to_owned(), key: String::new(), text }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Sources {
        Sources { file: Some(("acore.toml".into(), text.into())), env: BTreeMap::new() }
    }

    fn problems(sources: &Sources) -> Vec<String> {
        load(sources).unwrap_err().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_configured_is_a_valid_configuration() {
        let config = load(&Sources::default()).unwrap();
        assert!(config.discord.token.is_none());
        assert_eq!(config.model.provider, ProviderKind::Auto);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let mut sources = file("[discord]\ntoken = \"from-file\"\n[playground]\nport = 1234\n");
        sources.env.insert("DISCORD_TOKEN".into(), "from-env".into());
        let config = load(&sources).unwrap();
        assert_eq!(config.discord.token.unwrap().reveal(), "from-env");
        assert_eq!(config.playground.port, 1234);
    }

    #[test]
    fn every_problem_is_named_with_its_place_and_what_would_be_right() {
        let mut sources =
            file("[discord]\ntokn = \"x\"\n[playground]\nport = 70000\n[modl]\na = 1\n[log]\nformat = 3\n");
        sources.env.insert("ACORE_MODEL_PROVIDER".into(), "ollamma".into());
        insta::assert_snapshot!(problems(&sources).join("\n"), @r"
        acore.toml:2: discord.tokn: is not a setting; did you mean `token`?
        acore.toml:5: modl: is not a section; did you mean `model`?
        ACORE_MODEL_PROVIDER: model.provider: is `ollamma`, but takes one of `auto`, `embedded`, `ollama`, `openai`
        acore.toml:8: log.format: is `3`, but takes one of `pretty`, `json`
        acore.toml:4: playground.port: is `70000`, but takes a whole number from 0 to 65535
        ");
    }

    #[test]
    fn a_file_that_is_no_toml_is_said_with_its_line() {
        let text = &problems(&file("[discord]\ntoken = \n"))[0];
        assert!(text.starts_with("acore.toml:2: "), "{text}");
    }

    #[test]
    fn secrets_never_show() {
        let mut sources = Sources::default();
        sources.env.insert("DISCORD_TOKEN".into(), "hunter2".into());
        sources.env.insert("ACORE_MODEL_API_KEY".into(), "hunter2".into());
        sources.env.insert("ACORE_EMBEDDING_API_KEY".into(), "hunter2".into());
        assert!(!format!("{:?}", load(&sources).unwrap()).contains("hunter2"));
    }

    #[test]
    fn a_secret_of_the_wrong_kind_is_not_repeated_either() {
        let text = problems(&file("[discord]\ntoken = 123456\n[model]\napi_key = [\"123456\"]\n")).join("\n");
        assert!(text.contains("discord.token") && text.contains("model.api_key"), "{text}");
        assert!(!text.contains("123456"), "{text}");
        let line = "DISCORD_TOKEN=abc def".to_owned();
        let text = dotenv_problem(&dotenvy::Error::LineParse(line, 18));
        assert!(text.contains("DISCORD_TOKEN") && !text.contains("abc"), "{text}");
        let text = dotenv_problem(&dotenvy::Error::LineParse("abc def".to_owned(), 4));
        assert!(!text.contains("abc"), "{text}");
    }

    #[test]
    fn quotes_and_spaces_around_a_variable_do_not_belong_to_it() {
        let mut sources = Sources::default();
        // `docker run --env-file` keeps them.
        sources.env.insert("DISCORD_TOKEN".into(), " \"abc\" ".into());
        sources.env.insert("ACORE_PLAYGROUND_PORT".into(), "'77'".into());
        sources.env.insert("ACORE_DATA".into(), "\"".into());
        let config = load(&sources).unwrap();
        assert_eq!(config.discord.token.unwrap().reveal(), "abc");
        assert_eq!(config.playground.port, 77);
        assert_eq!(config.data.folder, Path::new("\""));
    }

    #[cfg(unix)]
    #[test]
    fn only_our_own_variables_must_be_text() {
        use std::os::unix::ffi::OsStringExt as _;
        let latin = || OsString::from_vec(b"M\xe4rz".to_vec());
        let env = environment([("SOMEBODY_ELSES".into(), latin())].into_iter()).unwrap();
        assert_eq!(env, BTreeMap::new());
        let problems = environment([("ACORE_DATA".into(), latin())].into_iter()).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "ACORE_DATA: data.folder: is not valid UTF-8 text, but takes a path to a folder"
        );
    }

    #[test]
    fn a_section_in_double_brackets_is_a_problem_with_its_line() {
        assert_eq!(
            problems(&file("\n[[discord]]\ntoken = \"x\"\n")),
            ["acore.toml:2: discord: is a section: write `[discord]` and its keys below"]
        );
        let twice = &problems(&file("[log]\nlevel = \"info\"\nlevel = \"debug\"\n"))[0];
        assert!(twice.starts_with("acore.toml:3: is not valid TOML: duplicate key"), "{twice}");
    }

    #[test]
    fn every_setting_is_in_the_committed_reference() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == reference(),
            "docs/configuration.md is stale: run `acore config reference > docs/configuration.md`"
        );
    }
}
