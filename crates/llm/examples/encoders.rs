//! What the built-in encoders cost: milliseconds per text and resident memory, one processor.
//! `cargo run --release -p llm --features recall --example encoders`, with the files in `.cache/models`, where
//! `script/test` puts them.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{path::Path, time::Instant};

use llm::{Embedder, LlmError, Purpose, Reranker};

/// Texts that a figure is the mean of.
const TIMES: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LlmError> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/models");
    println!("{:<44} {:>8.1} MiB", "resident before", resident());
    let embedder = Embedder::built_in(&models.join("bge-small-en-v1.5"))?;
    let start = Instant::now();
    embedder.embed(Purpose::Document, &["a"]).await?;
    println!("{:<44} {:>8.1} ms", "embedder: loading and a first word", millis(start, 1));
    println!("{:<44} {:>8.1} MiB", "resident with the embedder", resident());
    for tokens in [16, 64, 256, 512] {
        let texts: Vec<String> = (0..TIMES).map(|number| words(number, tokens)).collect();
        let start = Instant::now();
        embedder.embed(Purpose::Document, &texts).await?;
        println!("{:<44} {:>8.1} ms", format!("embedder: a text of {tokens} tokens"), millis(start, TIMES));
    }
    println!("{:<44} {:>8.1} MiB", "resident after the longest texts", resident());
    let reranker = Reranker::built_in(&models.join("ms-marco-minilm-l12-v2"))?;
    let start = Instant::now();
    reranker.rank("a", &["b"]).await?;
    println!("{:<44} {:>8.1} ms", "re-ranker: loading and a first pair", millis(start, 1));
    println!("{:<44} {:>8.1} MiB", "resident with both", resident());
    for tokens in [16, 64, 256] {
        let texts: Vec<String> = (0..TIMES).map(|number| words(number, tokens - 11)).collect();
        let start = Instant::now();
        reranker.rank("what is the name of my cat?", &texts).await?;
        println!("{:<44} {:>8.1} ms", format!("re-ranker: a pair of {tokens} tokens"), millis(start, TIMES));
    }
    println!("{:<44} {:>8.1} MiB", "resident at the end", resident());
    drop((embedder, reranker));
    Ok(())
}

/// A text of so many tokens, the two around it counted; each of these words is one.
fn words(from: u32, tokens: usize) -> String {
    let known = ["cat", "tide", "moon", "harbour", "lamp", "bread", "rain", "song", "rope"];
    let words = known.iter().cycle().skip(from as usize % known.len()).take(tokens - 2);
    words.copied().collect::<Vec<_>>().join(" ")
}

fn millis(start: Instant, times: u32) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0 / f64::from(times)
}

/// Mebibytes of this process, as Linux counts them.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}
