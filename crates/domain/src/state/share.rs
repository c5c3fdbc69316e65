//! Numbers between 0 and 1.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A number between 0 and 1, kept in millionths: the same events give the same JSON on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct Share(u32);

impl Share {
    /// 0.
    pub const NONE: Self = Self(0);
    /// 1.
    pub const ALL: Self = Self(1_000_000);

    /// So many hundredths; more than 100 are 100.
    pub const fn percent(hundredths: u32) -> Self {
        if hundredths >= 100 { Self::ALL } else { Self(hundredths * 10_000) }
    }

    /// The nearest share to a number; what is no number is 0.
    pub fn of(number: f64) -> Self {
        Self((number.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// The number.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Hundredths, rounded.
    pub const fn as_percent(self) -> u8 {
        ((self.0 + 5_000) / 10_000) as u8
    }

    /// The sum, at most 1.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::ALL.0))
    }

    /// The difference, at least 0.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self((u64::from(self.0) * u64::from(other.0) / u64::from(Self::ALL.0)) as u32)
    }

    /// How much goes by in `time` when so much goes by in an hour; at most 1.
    #[must_use]
    pub(super) fn hourly(self, time: Duration) -> Self {
        let gone = time.as_millis().saturating_mul(u128::from(self.0)) / 3_600_000;
        Self(u32::try_from(gone).unwrap_or(u32::MAX).min(Self::ALL.0))
    }
}

impl From<u32> for Share {
    fn from(millionths: u32) -> Self {
        Self(millionths.min(Self::ALL.0))
    }
}

impl From<Share> for u32 {
    fn from(share: Share) -> Self {
        share.0
    }
}
