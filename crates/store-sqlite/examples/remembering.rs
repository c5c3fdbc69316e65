//! What remembering costs: a message that is accepted and remembered, in milliseconds and bytes; vectors; deleting a
//! message from a full memory; opening the file; forgetting a whole channel.
//!
//! `cargo run --release -p store-sqlite --example remembering [DIRECTORY] [MESSAGES]`

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use domain::ChannelId;
use store::{History, Journal, Memories, Settings, Vectors, conformance::sample};
use store_sqlite::SqliteStore;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Numbers of a vector of the embedded model.
const DIMENSIONS: u32 = 384;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let directory = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let messages: u64 = arguments.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(50_000);
    let directory = tempfile::tempdir_in(directory)?;
    let path = directory.path().join("acore.db");
    let store = SqliteStore::open(&path).await?;
    let mut report = format!("load {}", fs::read_to_string("/proc/loadavg")?);

    let mut alone = Vec::new();
    for n in 0..200 {
        store.observe(&sample::message(n, 10, n % 50, &text(n))).await?;
        let start = Instant::now();
        remember(&store).await?;
        alone.push(start.elapsed());
    }
    writeln!(report, "one line remembered: {:?} (median)", median(&mut alone))?;

    for n in 200..messages {
        // Not awaited one by one, so that they share transactions.
        store.observe(&sample::message(n, 10, n % 50, &text(n))).await?;
    }
    store.check().await?;
    let (before, start) = (size(&path)?, Instant::now());
    let mut batches = Vec::new();
    loop {
        let start = Instant::now();
        if remember(&store).await? == 0 {
            break;
        }
        batches.push(start.elapsed());
    }
    let each = start.elapsed().as_secs_f64() * 1e3 / (messages - 200) as f64;
    writeln!(report, "{} lines remembered: {each:.3} ms each", messages - 200)?;
    batches.sort();
    let p99 = batches.get(batches.len() * 99 / 100).copied().unwrap_or_default();
    writeln!(report, "a batch of 64: {:?} (median), {p99:?} (99 %)", median(&mut batches))?;
    settle(&store).await?;
    writeln!(report, "{} bytes each", (size(&path)? - before) / (messages - 200))?;

    let (before, start) = (size(&path)?, Instant::now());
    let mut kept = 0_u64;
    loop {
        let items = store.without_vector("m", 256).await?;
        if items.is_empty() {
            break;
        }
        let vector = |n: u64| (0..DIMENSIONS).map(|k| ((n + u64::from(k)) % 97) as f32 - 48.0).collect();
        let vectors: Vec<_> = items.iter().map(|item| (item.id, vector(item.id.0))).collect();
        kept += vectors.len() as u64;
        store.keep_vectors("m", &vectors).await?;
    }
    let each = start.elapsed().as_secs_f64() * 1e3 / kept as f64;
    settle(&store).await?;
    writeln!(report, "vectors: {each:.3} ms and {} bytes each", (size(&path)? - before) / kept)?;

    let mut deleted = Vec::new();
    for n in 0..50 {
        let start = Instant::now();
        store.delete_messages(ChannelId(10), &[sample::id(n * 101)]).await?;
        // Answered when the log is folded.
        store.check().await?;
        deleted.push(start.elapsed());
    }
    writeln!(report, "one message deleted, log folded: {:?} (median)", median(&mut deleted))?;

    store.close().await?;
    let start = Instant::now();
    let store = SqliteStore::open(&path).await?;
    writeln!(report, "opened ({} MB): {:?}", size(&path)? / 1_000_000, start.elapsed())?;
    let start = Instant::now();
    store.forget_channel(ChannelId(10)).await?;
    writeln!(report, "a channel of {messages} lines forgotten: {:?}", start.elapsed())?;
    store.close().await?;
    std::io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

async fn remember(store: &SqliteStore) -> Result<usize, Failure> {
    let read = store.unremembered(64).await?;
    let lines: Vec<_> = read.iter().map(|line| (line.row, Some(sample::line(line)))).collect();
    Ok(store.remember(&lines).await?.len())
}

/// Has the log folded.
async fn settle(store: &SqliteStore) -> Result<(), Failure> {
    store.prune(sample::second(0), &store::Retention { per_channel: u32::MAX, ..Default::default() }).await?;
    store.check().await?;
    Ok(())
}

/// Some twenty words, as people write.
fn text(n: u64) -> String {
    const WORDS: [&str; 16] = [
        "yesterday",
        "we",
        "walked",
        "along",
        "the",
        "river",
        "and",
        "talked",
        "about",
        "music",
        "until",
        "rain",
        "began",
        "to",
        "fall",
        "again",
    ];
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = state >> 33;
        text.push_str(WORDS.get((pick % 16) as usize).copied().unwrap_or_default());
        if pick.is_multiple_of(3) {
            let _ = write!(text, "{:x}", (pick >> 8) % 5_000);
        }
        text.push(' ');
    }
    text
}

fn size(path: &Path) -> Result<u64, Failure> {
    Ok(fs::metadata(path)?.len())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
