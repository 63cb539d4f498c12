//! Relative position bias (Raffel et al. 2020): distances between tokens fall into buckets, wider the further they
//! are, and each bucket has a number for each head that is added to scores.

/// The numbers of one side's buckets.
pub(crate) struct RelativeBias {
    /// `[buckets, heads]`.
    pub(crate) table: Vec<f32>,
    pub(crate) heads: usize,
    /// Distances from here on share the last bucket.
    pub(crate) max_distance: usize,
}

impl RelativeBias {
    /// For each head what is added at each distance, `key - query`, from `-(longest - 1)` to `longest - 1`. Half of
    /// the buckets are for keys that follow.
    pub(crate) fn both_ways(&self, longest: usize) -> Vec<Vec<f32>> {
        let half = self.table.len() / self.heads / 2;
        let last = longest.saturating_sub(1);
        let before = (1..=last).rev().map(|back| self.bucket(back, half));
        let after = (1..=last).map(|ahead| half + self.bucket(ahead, half));
        self.of_heads(before.chain([0]).chain(after))
    }

    /// For each head what is added for a key so many positions back, up to `longest - 1`.
    pub(crate) fn backwards(&self, longest: usize) -> Vec<Vec<f32>> {
        let buckets = self.table.len() / self.heads;
        self.of_heads((0..longest).map(|back| self.bucket(back, buckets)))
    }

    fn of_heads(&self, buckets: impl Iterator<Item = usize>) -> Vec<Vec<f32>> {
        let buckets: Vec<usize> = buckets.collect();
        (0..self.heads)
            .map(|head| buckets.iter().map(|bucket| self.table[bucket * self.heads + head]).collect())
            .collect()
    }

    /// The bucket of a distance among so many: the first half one each, the others growing as the logarithm.
    fn bucket(&self, distance: usize, buckets: usize) -> usize {
        let exact = buckets / 2;
        if distance < exact {
            return distance;
        }
        // In f32 and in this order, as the models were trained.
        let ratio = (distance as f32 / exact as f32).ln();
        let range = (self.max_distance as f64 / exact as f64).ln() as f32;
        let further = ratio / range * (buckets - exact) as f32;
        (exact + further as usize).min(buckets - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_fall_into_the_buckets_of_the_paper() {
        let bias = RelativeBias { table: (0..64).map(|i| i as f32).collect(), heads: 2, max_distance: 128 };
        let back = bias.backwards(200);
        for (distance, bucket) in
            [(0, 0), (15, 15), (16, 16), (18, 16), (19, 17), (64, 26), (127, 31), (199, 31)]
        {
            assert_eq!(back[0][distance], 2.0 * bucket as f32, "{distance}");
            assert_eq!(back[1][distance], 2.0 * bucket as f32 + 1.0, "{distance}");
        }
        let both = bias.both_ways(150);
        for (distance, bucket) in [(0, 0), (-7, 7), (7, 23), (-8, 8), (8, 24), (-149, 15), (149, 31)] {
            assert_eq!(both[0][(149 + distance) as usize], 2.0 * bucket as f32, "{distance}");
        }
        assert_eq!(bias.both_ways(1), [[0.0], [1.0]]);
    }
}
