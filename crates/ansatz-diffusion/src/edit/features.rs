//! Recorded features, and the hooks that record and replace.

use super::Hook;
use ansatz_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Where a feature belongs: grid indices, since times that were computed twice need not be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// The interval of the grid, counted from the noise: the first step of an edit, the last one of an inversion, is 0.
    pub interval: usize,
    /// The evaluation within the step.
    pub stage: usize,
    /// The block.
    pub block: usize,
}

/// Values of self-attention recorded during an inversion. Memory: `intervals × stages × blocks × tokens × width` doubles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The times of the grid, from noise to data.
    pub(super) times: Vec<f64>,
    /// How many intervals, from the noise, were recorded.
    pub(super) intervals: usize,
    pub(super) blocks: Range<usize>,
    /// As pairs, since the keys of a map must be strings in some formats.
    #[serde(with = "pairs")]
    pub(super) values: BTreeMap<Key, Vec<f64>>,
}

mod pairs {
    use super::Key;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Key, Vec<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Key, Vec<f64>>, D::Error> {
        Ok(Vec::<(Key, Vec<f64>)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Features {
    /// Number of recorded features.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values that belong to a key.
    pub fn get(&self, key: Key) -> Option<&[f64]> {
        self.values.get(&key).map(Vec::as_slice)
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.values.keys().copied()
    }

    /// Bytes that the values take.
    pub fn bytes(&self) -> usize {
        self.values.values().map(|values| values.len() * size_of::<f64>()).sum()
    }
}

/// Records the values of some blocks at one evaluation.
pub(super) struct Recorder<'a> {
    pub(super) features: &'a mut Features,
    pub(super) interval: usize,
    pub(super) stage: usize,
}

impl Hook for Recorder<'_> {
    fn on_values(&mut self, block: usize, values: &mut [f64]) -> Result<()> {
        if self.interval < self.features.intervals && self.features.blocks.contains(&block) {
            let key = Key { interval: self.interval, stage: self.stage, block };
            self.features.values.insert(key, values.to_vec());
        }
        Ok(())
    }
}

/// Replaces the values of some blocks at one evaluation by recorded ones.
pub(super) struct Replacer<'a> {
    pub(super) features: &'a Features,
    /// How many intervals, from the noise, are replaced.
    pub(super) inject: usize,
    pub(super) blocks: Range<usize>,
    pub(super) interval: usize,
    pub(super) stage: usize,
}

impl Hook for Replacer<'_> {
    fn on_values(&mut self, block: usize, values: &mut [f64]) -> Result<()> {
        if self.interval >= self.inject || !self.blocks.contains(&block) {
            return Ok(());
        }
        let key = Key { interval: self.interval, stage: self.stage, block };
        let name = || format!("the feature of interval {}, stage {}, block {block}", key.interval, key.stage);
        let Some(recorded) = self.features.get(key) else {
            return Err(Error::parameter(name(), "missing", "recorded during the inversion"));
        };
        if recorded.len() != values.len() {
            let allowed = format!("as long as the values that it replaces, {}", values.len());
            return Err(Error::parameter(name(), format!("{} long", recorded.len()), allowed));
        }
        values.copy_from_slice(recorded);
        Ok(())
    }
}
