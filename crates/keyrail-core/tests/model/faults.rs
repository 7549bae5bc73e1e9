//! Chance, and how the world misbehaves.

use std::collections::BTreeSet;

use keyrail_core::effects::EffectErrorKind;

/// A small generator of numbers: the same seed gives the same run.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub(crate) fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let place = self.roll(u64::try_from(all.len()).expect("short"));
        &all[usize::try_from(place).expect("short")]
    }
}

/// The table of what keyrail remembers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Table {
    /// There is one, and no call of it ever works.
    Failing,
    #[default]
    Off,
    On,
}

/// On which side of a call the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// How the world misbehaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// A write may be unseen for as many milliseconds, each for a time of its own; until
    /// then each read shows it or does not.
    pub lag: u64,
    /// One change in so many is accepted and never made; 0 is none.
    pub lost: u64,
    /// One call in so many fails, before it has an effect or after; 0 is none.
    pub failing: u64,
    /// What is refused, by IAM action, and how.
    pub refused: Vec<(&'static str, EffectErrorKind)>,
    /// The same for the first so many milliseconds only.
    pub refused_at_first: Vec<(&'static str, EffectErrorKind, u64)>,
    /// What was just made: for so many milliseconds each call knows the key, credential or
    /// user of this id or name, or does not.
    pub unknown_at_first: Vec<(String, u64)>,
    /// IAM's allowance of calls: so many at once, and so many more each second; 0 is no limit.
    pub allowance: u64,
    /// One answer of the table in so many is lost, and the call is sent again: 0 is none.
    pub table_answers_lost: u64,
    /// The call before or after which the process dies, counted from 0.
    pub death: Option<(usize, Side)>,
    pub table: Table,
    /// A call lets others go first up to so many times.
    pub yields: u64,
}

/// How a call fails: before the effect or after it.
pub(crate) fn fault(dice: &mut Dice, failing: u64) -> Option<(Side, EffectErrorKind)> {
    if failing == 0 || !dice.one_in(failing) {
        return None;
    }
    Some(match dice.roll(8) {
        0 => (Side::Before, EffectErrorKind::Throttled),
        1 => (Side::Before, EffectErrorKind::Denied),
        2 => (Side::Before, EffectErrorKind::TimedOut),
        3 => (Side::After, EffectErrorKind::TimedOut),
        4 => (Side::Before, EffectErrorKind::Doubtful),
        5 => (Side::After, EffectErrorKind::Doubtful),
        6 => (Side::Before, EffectErrorKind::RefusedForNow),
        _ => (Side::Before, EffectErrorKind::Unreachable),
    })
}

/// Every order of so many things.
pub(crate) fn orders(things: usize) -> Vec<Vec<usize>> {
    if things == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(things - 1) {
        for place in 0..things {
            let mut longer = order.clone();
            longer.insert(place, things - 1);
            all.push(longer);
        }
    }
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    all
}
