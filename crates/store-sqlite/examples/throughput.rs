//! How many replies (accept, settle, complete) a second become durable, and what a call costs; how long it takes to
//! read what a turn must know (a scene of 40 lines and six states of 8 KiB, both at once).
//!
//! `cargo run --release -p store-sqlite --example throughput [DIRECTORY]`

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use store::{History, Journal, Outbox, Outcome, Settings, StateDoc, States, TurnId, conformance::sample};
use store_sqlite::SqliteStore;
use tokio::task::JoinSet;

const RUN: Duration = Duration::from_secs(4);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let directory = tempfile::tempdir_in(directory)?;
    let mut report = format!(
        "load {} | tasks | replies/s | calls/s | CPU us/call | ms/reply\n",
        fs::read_to_string("/proc/loadavg")?.trim()
    );
    for tasks in [1_u64, 16, 64] {
        let store = Arc::new(SqliteStore::open(directory.path().join(format!("{tasks}/acore.db"))).await?);
        let (cpu, start) = (cpu()?, Instant::now());
        let mut running = JoinSet::new();
        for task in 0..tasks {
            running.spawn(replies(Arc::clone(&store), task, start + RUN));
        }
        let mut done = 0_u64;
        while let Some(one) = running.join_next().await {
            done += one??;
        }
        let seconds = start.elapsed().as_secs_f64();
        let used = self::cpu()?.saturating_sub(cpu).as_secs_f64();
        let replies = done as f64 / seconds;
        writeln!(
            report,
            "{tasks:>5} | {replies:>9.0} | {:>7.0} | {:>6.1} | {:.2}",
            3.0 * replies,
            1e6 * used / (3.0 * done as f64),
            1e3 * tasks as f64 / replies
        )?;
        writeln!(report, "      scene and states: {:?} (median)", reading(&store).await?)?;
        store.close().await?;
    }
    std::io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

async fn replies(store: Arc<SqliteStore>, task: u64, until: Instant) -> Result<u64, Failure> {
    let question = "How is the weather on the mountain today, and what should I wear? ".repeat(2);
    let answer = "Cold and clear. Take the thick coat, and gloves if you mean to stay. ".repeat(5);
    for n in 0.. {
        if Instant::now() >= until {
            return Ok(n);
        }
        let n = n * 64 + task;
        let turn = TurnId(sample::snowflake(n));
        let mut shown = sample::shown(0, n);
        shown.message.0 += 1;
        store.accept(&sample::said(n, 10 + task, 5, &question), sample::second(n)).await?;
        store.settle(turn, &sample::reply(n, 10 + task, "mira", &[&answer])).await?;
        store.complete(turn, &[shown], &Outcome::Answered, None).await?;
    }
    Ok(0)
}

async fn reading(store: &SqliteStore) -> Result<Duration, Failure> {
    let keys: Vec<_> = (0..6).map(|n| format!("mind/{n}")).collect();
    let doc = |key: &String| StateDoc { key: key.clone(), version: 1, json: "x".repeat(8 * 1024) };
    store.keep_states(&keys.iter().map(doc).collect::<Vec<_>>()).await?;
    let channel = sample::place(10).channel;
    let mut took = Vec::new();
    for _ in 0..1_001 {
        let start = Instant::now();
        let (scene, states) = tokio::join!(store.scene(channel, None, 40, None), store.states(&keys));
        took.push(start.elapsed());
        if scene?.history.len() != 40 || states?.iter().any(Option::is_none) {
            return Err("what was written is not there".into());
        }
    }
    took.sort_unstable();
    Ok(took.get(took.len() / 2).copied().unwrap_or_default())
}

/// User and system time of this process; fields 14 and 15 of proc(5), in hundredths of a second.
fn cpu() -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(10 * ticks))
}
