//! The JSON of both dialects, written by hand into one buffer because it is the hot path of benchmarks.

use std::fmt::Write as _;

use super::reply::{End, Piece, Speech};
use super::{Dialect, MODEL};

/// The moment that every answer claims to be from.
const CREATED: &str = "2026-01-01T00:00:00Z";

impl Dialect {
    /// The content type of a streamed answer.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenAi => "text/event-stream",
            Self::Ollama => "application/x-ndjson",
        }
    }

    /// An error's body.
    pub(super) fn error_body(self, code: u16, message: &str) -> String {
        let message = quoted(message);
        match self {
            Self::OpenAi => format!(r#"{{"error":{{"code":{code},"message":{message}}}}}"#),
            Self::Ollama => format!(r#"{{"error":{message}}}"#),
        }
    }

    pub(super) fn write_piece(self, out: &mut String, piece: &Piece) {
        // Writing to a string cannot fail.
        let _ = match (self, piece) {
            (_, Piece::Wait(_) | Piece::Pause(_)) => Ok(()),
            (Self::OpenAi, Piece::Raw(line)) => write!(out, "data: {line}\n\n"),
            (Self::Ollama, Piece::Raw(line)) => writeln!(out, "{line}"),
            (Self::OpenAi, Piece::Text(text)) => openai_delta(out, "content", text),
            (Self::OpenAi, Piece::Reasoning(text)) => openai_delta(out, "reasoning", text),
            (Self::Ollama, Piece::Text(text)) => ollama_line(out, text, ""),
            (Self::Ollama, Piece::Reasoning(text)) => ollama_line(out, "", text),
        };
    }

    /// The end of the answer, if it has one.
    pub(super) fn write_end(self, out: &mut String, speech: &Speech, prompt_bytes: usize) {
        let pieces = speech.pieces.iter().filter(|piece| matches!(piece, Piece::Text(_))).count();
        // Four bytes a token is the usual rule of thumb for English.
        let (input, output) = speech.usage.unwrap_or((prompt_bytes as u32 / 4, pieces as u32));
        let _ = match (self, &speech.end) {
            (_, End::Cut | End::Unfinished) => Ok(()),
            (Self::OpenAi, End::Error { code, message }) => {
                write!(out, "data: {}\n\n", self.error_body(*code, message))
            }
            (Self::Ollama, End::Error { code, message }) => {
                writeln!(out, "{}", self.error_body(*code, message))
            }
            (Self::OpenAi, End::Whole { finish }) => write!(
                out,
                "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"{MODEL}\",\"choices\":[{{\
                 \"index\":0,\"delta\":{{}},\"finish_reason\":{}}}]}}\n\n\
                 data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"{MODEL}\",\"choices\":[],\
                 \"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"total_tokens\":{}}}}}\n\n\
                 data: [DONE]\n\n",
                quoted(finish),
                input + output
            ),
            (Self::Ollama, End::Whole { finish }) => writeln!(
                out,
                "{{\"model\":\"{MODEL}\",\"created_at\":\"{CREATED}\",\"message\":{{\"role\":\"assistant\",\
                 \"content\":\"\"}},\"done\":true,\"done_reason\":{},\"prompt_eval_count\":{input},\
                 \"eval_count\":{output}}}",
                quoted(finish)
            ),
        };
    }

    /// What is sent before the first piece: the comment with which `OpenRouter` keeps connections open.
    pub(super) fn preamble(self) -> &'static str {
        match self {
            Self::OpenAi => ": scripted\n\n",
            Self::Ollama => "",
        }
    }
}

fn openai_delta(out: &mut String, field: &str, text: &str) -> std::fmt::Result {
    write!(
        out,
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"{MODEL}\",\"choices\":[{{\
         \"index\":0,\"delta\":{{\"role\":\"assistant\",\"{field}\":{}}},\"finish_reason\":null}}]}}\n\n",
        quoted(text)
    )
}

fn ollama_line(out: &mut String, content: &str, thinking: &str) -> std::fmt::Result {
    write!(
        out,
        "{{\"model\":\"{MODEL}\",\"created_at\":\"{CREATED}\",\"message\":{{\"role\":\"assistant\",\
         \"content\":{}",
        quoted(content)
    )?;
    if !thinking.is_empty() {
        write!(out, ",\"thinking\":{}", quoted(thinking))?;
    }
    out.write_str("},\"done\":false}\n")
}

/// The text as a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
