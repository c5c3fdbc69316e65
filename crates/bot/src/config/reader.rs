//! Looks settings up in the environment, the file and the defaults, and collects what is wrong.

use toml::Value;

use super::{Problem, Problems, Setting, Sources, settings};

/// Reads typed values by key; a wrong one becomes a problem and the default stands in, so that one pass finds all.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    file: toml::Table,
    problems: Vec<Problem>,
}

/// A value and where it stood.
struct Found {
    value: Value,
    place: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Result<Self, Problems> {
        let file = match &sources.file {
            None => toml::Table::new(),
            Some((path, text)) => text.parse::<toml::Table>().map_err(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                super::one_problem(
                    &format!("{}:{}", path.display(), line_of(text, offset)),
                    format!("is not valid TOML: {}", error.message()),
                )
            })?,
        };
        let mut reader = Self { sources, file, problems: Vec::new() };
        reader.find_unknown_keys();
        Ok(reader)
    }

    pub(super) fn finish(self) -> Result<(), Problems> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problems(self.problems)) }
    }

    /// A text; empty means "not set".
    pub(super) fn text(&mut self, key: &'static str) -> String {
        self.read(key, |value| value.as_str().map(str::to_owned))
    }

    /// A text that may be absent.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.trim().is_empty())
    }

    /// A whole number within bounds.
    pub(super) fn integer(&mut self, key: &'static str, bounds: std::ops::RangeInclusive<i64>) -> i64 {
        self.read(key, |value| {
            let number = match value {
                Value::Integer(number) => Some(*number),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            number.filter(|number| bounds.contains(number))
        })
    }

    /// A number within bounds, as in `0.15`.
    pub(super) fn decimal(&mut self, key: &'static str, bounds: std::ops::RangeInclusive<f64>) -> f64 {
        self.read(key, |value| {
            let number = match value {
                Value::Integer(number) => Some(*number as f64),
                Value::Float(number) => Some(*number),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            number.filter(|number| bounds.contains(number))
        })
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> T {
        self.read(key, |value| {
            let word = value.as_str()?.trim();
            choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, choice)| *choice)
        })
    }

    /// A snowflake that may be absent.
    pub(super) fn snowflake(&mut self, key: &'static str) -> Option<u64> {
        self.read(key, |value| match value {
            Value::Integer(id) => u64::try_from(*id).ok().map(Some),
            Value::String(text) if text.trim().is_empty() => Some(None),
            Value::String(text) => text.trim().parse().ok().map(Some),
            _ => None,
        })
    }

    /// A list of texts; in the environment separated by commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<String> {
        self.read(key, |value| match value {
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Value::String(text) => Some(
                text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
            ),
            _ => None,
        })
    }

    fn read<T>(&mut self, key: &'static str, convert: impl Fn(&Value) -> Option<T>) -> T {
        let setting = declared(key);
        if let Some(found) = self.find(setting) {
            if let Some(value) = convert(&found.value) {
                return value;
            }
            let given = match &found.value {
                _ if is_secret(key) => "is not a text".to_owned(),
                Value::String(text) => format!("is `{text}`"),
                other => format!("is `{other}`"),
            };
            self.problems.push(Problem {
                place: found.place,
                key: key.to_owned(),
                text: format!("{given}, but takes {}", setting.takes),
            });
        }
        default_of(setting, convert)
    }

    fn find(&self, setting: &Setting) -> Option<Found> {
        // An empty variable counts as unset: compose files and shells make them by accident.
        if let Some(value) =
            self.sources.env.get(setting.env).map(|value| bare(value)).filter(|v| !v.is_empty())
        {
            return Some(Found { value: Value::String(value.to_owned()), place: setting.env.to_owned() });
        }
        let (section, key) = setting.key.split_once('.')?;
        let value = self.file.get(section)?.get(key)?.clone();
        Some(Found { value, place: self.place_in_file(section, Some(key)) })
    }

    fn find_unknown_keys(&mut self) {
        let mut problems = Vec::new();
        for (section, value) in &self.file {
            let known: Vec<&str> = settings()
                .filter_map(|s| s.key.split_once('.'))
                .filter(|(s, _)| s == section)
                .map(|(_, k)| k)
                .collect();
            if known.is_empty() {
                let sections = settings().filter_map(|s| s.key.split_once('.')).map(|(section, _)| section);
                problems.push(Problem {
                    place: self.place_in_file(section, None),
                    key: section.clone(),
                    text: format!("is not a section{}", did_you_mean(section, sections)),
                });
                continue;
            }
            let Value::Table(table) = value else {
                problems.push(Problem {
                    place: self.place_in_file(section, None),
                    key: section.clone(),
                    text: format!("is a section: write `[{section}]` and its keys below"),
                });
                continue;
            };
            for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
                problems.push(Problem {
                    place: self.place_in_file(section, Some(key)),
                    key: format!("{section}.{key}"),
                    text: format!("is not a setting{}", did_you_mean(key, known.iter().copied())),
                });
            }
        }
        problems.sort_by_key(|problem| line_in(&problem.place));
        self.problems.extend(problems);
    }

    /// `acore.toml:LINE` of a section or a key, found by reading the text the way a person would.
    fn place_in_file(&self, section: &str, key: Option<&str>) -> String {
        let Some((path, text)) = &self.sources.file else { return String::new() };
        let mut current = "";
        let mut section_line = 1;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(name) =
                line.strip_prefix('[').and_then(|rest| rest.trim_start_matches('[').split(']').next())
            {
                current = name.trim();
                if current == section {
                    section_line = index + 1;
                }
            } else if let Some(key) = key
                && (current == section && starts_with_key(line, key)
                    || current.is_empty() && starts_with_key(line, &format!("{section}.{key}")))
            {
                return format!("{}:{}", path.display(), index + 1);
            }
        }
        format!("{}:{section_line}", path.display())
    }
}

/// A variable's value without what surrounds it by accident: white space, and quotes that a shell would have taken
/// off but an env file of a container runtime keeps.
fn bare(value: &str) -> &str {
    let value = value.trim();
    let within = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).map_or(value, str::trim)
}

/// Whether even a wrong value may not be shown.
fn is_secret(key: &str) -> bool {
    matches!(key, "discord.token" | "model.api_key" | "embedding.api_key")
}

fn starts_with_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
}

fn line_in(place: &str) -> usize {
    place.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

fn did_you_mean<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}

fn declared(key: &str) -> &'static Setting {
    settings().find(|setting| setting.key == key).unwrap_or(&UNDECLARED)
}

/// Stands in for a key that no table declares; the test below keeps it from ever being used.
static UNDECLARED: Setting = Setting { key: "", env: "", default: "\"\"", takes: "", meaning: "" };

#[expect(clippy::unreachable, reason = "the test below converts every default")]
fn default_of<T>(setting: &Setting, convert: impl Fn(&Value) -> Option<T>) -> T {
    let value = format!("v = {}", setting.default)
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut table| table.remove("v"));
    match value.as_ref().and_then(convert) {
        Some(value) => value,
        None => unreachable!("the default of {} is not what it takes", setting.key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_parse_and_names_are_unique() {
        // Reading everything from nothing converts every default.
        super::super::load(&Sources::default()).unwrap();
        let mut keys: Vec<_> = settings().map(|s| s.key).chain(settings().map(|s| s.env)).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
