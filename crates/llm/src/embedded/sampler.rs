//! How the next token is chosen.

use domain::chat::Sampling;
use llama_cpp_2::sampling::LlamaSampler;

/// What llama.cpp's own programs use when nobody says anything.
const TEMPERATURE: f32 = 0.8;
const TOP_K: u32 = 40;
const TOP_P: f32 = 0.95;
const MIN_P: f32 = 0.05;

/// Tokens of the answer that a repetition is measured against.
const PENALTY_WINDOW: i32 = 64;

/// The number that llama.cpp takes for "choose a seed".
const RANDOM_SEED: u32 = u32::MAX;

/// The chain of filters in llama.cpp's usual order: penalties, truncation, temperature, choice. It remembers the
/// answer's tokens, so every answer needs its own.
pub(super) fn sampler(sampling: &Sampling, vocabulary: i32) -> LlamaSampler {
    let temperature = finite(sampling.temperature).unwrap_or(TEMPERATURE);
    let mut chain = Vec::with_capacity(6);
    if let Some(penalty) = finite(sampling.repeat_penalty).filter(|&penalty| penalty > 0.0) {
        chain.push(LlamaSampler::penalties(vocabulary, PENALTY_WINDOW, penalty, 0.0, 0.0));
    }
    if temperature <= 0.0 {
        chain.push(LlamaSampler::greedy());
    } else {
        let top_k = sampling.top_k.unwrap_or(TOP_K).min(i32::MAX as u32) as i32;
        chain.extend([
            LlamaSampler::top_k(top_k),
            LlamaSampler::top_p(finite(sampling.top_p).unwrap_or(TOP_P), 1),
            LlamaSampler::min_p(finite(sampling.min_p).unwrap_or(MIN_P), 1),
            LlamaSampler::temp(temperature),
            LlamaSampler::dist(sampling.seed.map_or(RANDOM_SEED, fold)),
        ]);
    }
    LlamaSampler::chain(chain, true)
}

fn finite(value: Option<f32>) -> Option<f32> {
    value.filter(|value| value.is_finite())
}

/// A seed in llama.cpp's 32 bits, never the one that means "random".
fn fold(seed: u64) -> u32 {
    let folded = (seed ^ (seed >> 32)) as u32;
    if folded == RANDOM_SEED { 0 } else { folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_seed_is_never_the_random_one() {
        assert_eq!(fold(7), 7);
        assert_eq!(fold(u64::from(u32::MAX)), 0);
        assert_ne!(fold(1 << 32), fold(0));
    }
}
