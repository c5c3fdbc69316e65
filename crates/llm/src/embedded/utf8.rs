//! Whole characters from tokens, which may end inside one.

/// Gathers bytes and gives out text.
#[derive(Debug, Default)]
pub(super) struct Utf8Pieces {
    rest: Vec<u8>,
}

impl Utf8Pieces {
    /// The text that is whole now. Bytes that can never become a character are U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.rest.len());
        loop {
            let error = match std::str::from_utf8(&self.rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.rest.clear();
                    return text;
                }
                Err(error) => error,
            };
            let valid: Vec<u8> = self.rest.drain(..error.valid_up_to()).collect();
            text.push_str(&String::from_utf8_lossy(&valid));
            let Some(bad) = error.error_len() else { return text };
            self.rest.drain(..bad);
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    /// What is left when no more bytes come.
    pub(super) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_whole_however_they_are_cut() {
        let text = "a狐🦊é!";
        for cut in 0..=text.len() {
            let mut pieces = Utf8Pieces::default();
            let (head, tail) = text.as_bytes().split_at(cut);
            let mut out = pieces.push(head);
            assert!(text.starts_with(&out));
            out.push_str(&pieces.push(tail));
            assert_eq!((out.as_str(), pieces.finish().as_str()), (text, ""));
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        let mut pieces = Utf8Pieces::default();
        assert_eq!(pieces.push(b"a\xffb\xe7\x8b"), "a\u{fffd}b");
        assert_eq!(pieces.push(b"c"), "\u{fffd}c");
        assert_eq!(pieces.push(b"\xf0\x9f"), "");
        assert_eq!(pieces.finish(), "\u{fffd}");
    }
}
