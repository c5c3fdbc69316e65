//! Which models can see, by their names: for providers that do not say.

use crate::counting::{bare, begins};

/// Parts of names of which only those count that can see.
const PARTS: &[&str] = &[
    "vision",
    "-vl",
    "vl:",
    "vl-",
    "llava",
    "moondream",
    "minicpm-v",
    "pixtral",
    "internvl",
    "multimodal",
    "llama-4",
    "llama4",
    "mistral-small-3.1",
    "mistral-small-3.2",
    "mistral-small3.1",
    "mistral-small3.2",
    "mistral-medium-3",
    "glm-4v",
    "glm-4.1v",
    "glm-4.5v",
    "gemini",
    "gemma-3",
    "gemma3",
    "gpt-4-turbo",
];

/// Beginnings of names.
const FAMILIES: &[&str] =
    &["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-4o", "o1", "o3", "o4", "claude", "grok-4"];

/// Parts of names of siblings that cannot, in spite of the above.
const BLIND: &[&str] = &[
    "o1-mini",
    "o1-preview",
    "o3-mini",
    "claude-2",
    "claude-instant",
    "gemma-3-1b",
    "gemma3:1b",
    "gemma-3-270m",
    "gemma3:270m",
    "gemma-3n",
    "gemma3n",
    "audio",
    "gpt-4o-mini-tts",
    "embed",
];

/// Whether a model of this name takes pictures, as far as is known.
pub fn sees_by_name(model: &str) -> bool {
    let name = bare(model);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    !has(BLIND) && (has(PARTS) || FAMILIES.iter().any(|family| begins(&name, family)))
}

#[cfg(test)]
mod tests {
    use super::sees_by_name;

    #[test]
    fn families_that_see() {
        for model in [
            "gpt-4o-mini",
            "openai/gpt-5",
            "o4-mini",
            "anthropic/claude-sonnet-4.5",
            "google/gemini-2.5-flash",
            "gemma3:4b",
            "qwen2.5vl:7b",
            "qwen/qwen3-vl-8b-instruct",
            "llama3.2-vision:11b",
            "llava:13b",
        ] {
            assert!(sees_by_name(model), "{model}");
        }
        for model in [
            "gpt-3.5-turbo",
            "gpt-4",
            "o3-mini",
            "llama3.2:3b",
            "gemma3:1b",
            "mistral-7b",
            "scripted",
            "claude-2.1",
        ] {
            assert!(!sees_by_name(model), "{model}");
        }
    }
}
