//! A key that cannot slip into a log.

/// A provider's key. `Debug` hides it and nothing displays it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Wraps a key; white space around it (a line end from a file) is not part of it.
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    /// The key itself, for the header and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The text without the key: some providers repeat it in their explanations.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "[key]") }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nowhere() {
        let key = ApiKey::new(" sk-1234\n");
        assert_eq!(format!("{key:?}"), "ApiKey([hidden])");
        assert_eq!(key.redact("bad key sk-1234."), "bad key [key].");
        assert_eq!(ApiKey::new("").redact("abc"), "abc");
    }
}
