//! The families' vocabularies. Expected counts are those of the families' own tokenizers (tiktoken, sentencepiece,
//! Hugging Face's tokenizers) with the same files.

use std::path::{Path, PathBuf};

use llm::{Family, VocabularyError, counter_for};

/// Sentences, and what each family makes of them.
const TEXTS: [&str; 6] = [
    "hello world",
    "The keeper of the light counts 1234 ships; I'LL write them into a book.",
    "Смотритель маяка считает корабли.",
    "灯台守は夜に通る船を数える・カナ",
    "😀 ok!!!\n\n\n    fn main() { let x = 10_000; }\t\r\n  end   ",
    "*she waves*  \"Don't…\" ~~~ e\u{301}",
];

fn counts(family: Family) -> [u32; 6] {
    match family {
        Family::Llama2 | Family::Mistral => [3, 23, 13, 17, 30, 15],
        Family::Llama3 => [2, 20, 10, 15, 23, 13],
        Family::Llama4 => [2, 19, 9, 15, 24, 12],
        Family::Tekken => [2, 22, 11, 16, 30, 15],
        Family::Qwen => [2, 22, 11, 15, 25, 13],
        Family::Qwen35 => [2, 22, 9, 13, 25, 13],
        Family::DeepSeek => [2, 20, 11, 15, 25, 14],
        Family::Gemma3 => [2, 22, 10, 13, 27, 14],
    }
}

/// The families whose vocabularies are here: tests fetch nothing.
fn found() -> impl Iterator<Item = (Family, PathBuf)> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models/vocabularies");
    let folder = std::env::var_os("ACORE_TEST_VOCABULARIES").map_or(usual, PathBuf::from);
    Family::ALL.into_iter().filter_map(move |family| {
        let file = folder.join(format!("{}.vocabulary", family.name()));
        if file.exists() {
            return Some((family, file));
        }
        said(&format!("skipped: {} is not here (ACORE_TEST_VOCABULARIES)", file.display()));
        None
    })
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn said(text: &str) {
    eprintln!("{text}");
}

#[test]
fn counts_are_those_of_the_families_own_tokenizers() {
    for (family, file) in found() {
        let counter = family.load(&file).unwrap();
        assert_eq!(counter.name(), family.name());
        assert_eq!(TEXTS.map(|text| counter.count(text)), counts(family), "{}", family.name());
        assert_eq!(counter.count(""), 0);
        let text = TEXTS.join("\n").repeat(10);
        for budget in [1, 7, 50, 333] {
            assert!(counter.count(counter.truncate(&text, budget)) <= budget, "{}", family.name());
        }
        // Whatever somebody sends, it is counted at once.
        for hostile in
            ["a".repeat(20_000), " ".repeat(20_000), "\u{301}".repeat(20_000), " \n".repeat(20_000)]
        {
            let tokens = counter.count(&hostile);
            assert!(tokens > 0 && tokens as usize <= hostile.len() + 1, "{}", family.name());
        }
    }
}

#[test]
fn a_broken_file_is_an_error_for_every_family() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vocabulary");
    for family in Family::ALL {
        let missing = family.load(&folder.path().join("nothing")).unwrap_err();
        assert!(matches!(missing, VocabularyError::Unreadable(_)), "{missing}");
        let tekken = r#"{"config":{"default_vocab_size":2,"default_num_special_tokens":1},"vocab":[{"rank":0,"token_bytes":"YQ=="}]}"#;
        let tokenizer = r#"{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}"#;
        let contents: [&[u8]; 10] = [
            b"",
            b"\0",
            b"\xFF\xFF\xFF",
            b"YQ== 0\n",
            b"YQ==\n",
            b"YQ== a\n",
            b"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
            b"{}",
            tekken.as_bytes(),
            tokenizer.as_bytes(),
        ];
        for content in contents {
            std::fs::write(&file, content).unwrap();
            assert!(family.load(&file).is_err(), "{} from {content:?}", family.name());
        }
    }
}

#[test]
fn a_models_name_tells_its_family() {
    for (model, family) in [
        ("llama3.1:8b-instruct-q4_K_M", Some(Family::Llama3)),
        ("meta-llama/llama-3.3-70b-instruct:free", Some(Family::Llama3)),
        ("hf.co/someone/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", Some(Family::Llama3)),
        ("nousresearch/hermes-3-llama-3.1-405b", Some(Family::Llama3)),
        ("sao10k/l3.3-euryale-70b", Some(Family::Llama3)),
        ("meta-llama/llama-4-maverick", Some(Family::Llama4)),
        ("llama2:13b-chat", Some(Family::Llama2)),
        ("gryphe/mythomax-l2-13b", Some(Family::Llama2)),
        ("phi3:mini", Some(Family::Llama2)),
        ("codellama:7b", None),
        ("qwen2.5:7b", Some(Family::Qwen)),
        ("qwen/qwen3-235b-a22b", Some(Family::Qwen)),
        ("qwq", Some(Family::Qwen)),
        ("qwen3.5:9b", Some(Family::Qwen35)),
        ("codeqwen:7b", None),
        ("mistral", Some(Family::Mistral)),
        ("mistralai/mistral-7b-instruct-v0.3", Some(Family::Mistral)),
        ("mixtral:8x7b", Some(Family::Mistral)),
        ("mistral-nemo", Some(Family::Tekken)),
        ("mistral-small3.2:24b", Some(Family::Tekken)),
        ("mistral-small:22b", Some(Family::Mistral)),
        ("mistralai/ministral-8b", Some(Family::Tekken)),
        ("cognitivecomputations/dolphin-mistral-24b-venice-edition:free", Some(Family::Tekken)),
        ("mistralai/mistral-medium-3", None),
        ("nvidia/nemotron-3-nano", None),
        ("nvidia/llama-3.1-nemotron-70b-instruct", Some(Family::Llama3)),
        ("deepseek/deepseek-chat", Some(Family::DeepSeek)),
        ("deepseek/deepseek-chat-v3-0324:free", Some(Family::DeepSeek)),
        ("deepseek/deepseek-r1", Some(Family::DeepSeek)),
        ("deepseek-r1:671b", Some(Family::DeepSeek)),
        ("deepseek-r1", Some(Family::Qwen)),
        ("deepseek-r1:14b", Some(Family::Qwen)),
        ("deepseek-r1:70b", Some(Family::Llama3)),
        ("deepseek-r1:8b-llama-distill-q4_K_M", Some(Family::Llama3)),
        ("deepseek/deepseek-r1-distill-llama-70b", Some(Family::Llama3)),
        ("deepseek/deepseek-r1-distill-qwen-32b", Some(Family::Qwen)),
        ("deepseek-coder-v2", None),
        ("gemma3:4b", Some(Family::Gemma3)),
        ("google/gemma-3-27b-it:free", Some(Family::Gemma3)),
        ("gemma2:9b", None),
        ("google/gemini-2.5-flash", Some(Family::Gemma3)),
        ("anthropic/claude-sonnet-4", None),
        ("gpt-4o-mini", None),
        ("phi4", None),
        ("l3arning", None),
        ("smollm2", None),
    ] {
        assert_eq!(Family::of(model), family, "{model}");
        // Until the file is there something counts as well.
        assert!(counter_for(model).count("hello world") > 1, "{model}");
    }
}
