//! Our own conversations and the questions about them, by words alone: it does not get worse unseen. `script/bench
//! discord-memory` has the figures with vectors.

use crate::quayside::quay::Report;

#[path = "../../examples/bench/quay.rs"]
mod quay;

#[tokio::test]
async fn what_comes_to_mind_by_words_alone_does_not_get_worse() {
    let Report { metrics, misses } =
        quay::run(include_str!("../data/memory/quay.txt"), 10, None).await.unwrap();
    let figure =
        |name: &str| metrics.iter().find(|(known, _)| known == &format!("discord_{name}")).unwrap().1;
    eprintln!("{metrics:#?}\n{}", misses.join("\n"));
    assert!(figure("questions") >= 120.0);
    // These are promises.
    for promise in ["leak_rate", "forgotten_words_rate", "stale_fact_rate"] {
        assert!(figure(promise) == 0.0, "{promise}: {}", figure(promise));
    }
    // These are what it is today, and a little less.
    assert!(figure("fraction_at_10") >= 0.92, "{}", figure("fraction_at_10"));
    assert!(figure("wrong_speaker_rate") <= 0.15, "{}", figure("wrong_speaker_rate"));
}
