//! How far two distributions lie apart, and how far they would by chance alone.

/// Counts of the same classes or bins in two tables, side by side.
pub type Pairs = [(u64, u64)];

/// Standard deviations of what chance alone does that are forgiven: one false alarm in some thousand columns.
const DEVIATIONS: f64 = 3.5;

fn totals(pairs: &Pairs) -> (f64, f64) {
    let sums = pairs.iter().fold((0, 0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    (sums.0 as f64, sums.1 as f64)
}

/// Cramér's V with Bergsma's correction for small tables: 0 where both have the same shares, 1 where they have nothing in common.
pub fn cramers_v(pairs: &Pairs) -> f64 {
    let (left, right) = totals(pairs);
    let (n, classes) = (left + right, pairs.iter().filter(|(a, b)| a + b > 0).count() as f64);
    if left == 0.0 || right == 0.0 || classes < 2.0 {
        return 0.0;
    }
    let cell = |count: u64, row: f64, column: f64| {
        let expected = row * column / n;
        (count as f64 - expected).powi(2) / expected
    };
    let chi2: f64 = pairs
        .iter()
        .filter(|(a, b)| a + b > 0)
        .map(|(a, b)| {
            let row = (a + b) as f64;
            cell(*a, row, left) + cell(*b, row, right)
        })
        .sum();
    // Two columns: the smaller side of the table is 2.
    let phi2 = (chi2 / n - (classes - 1.0) / (n - 1.0)).max(0.0);
    let corrected = 2.0 - 1.0 / (n - 1.0);
    let others = classes - (classes - 1.0).powi(2) / (n - 1.0);
    let side = (corrected - 1.0).min(others - 1.0);
    if side <= 0.0 { 0.0 } else { (phi2 / side).sqrt().min(1.0) }
}

/// The largest difference of a share (L∞).
pub fn largest_difference(pairs: &Pairs) -> f64 {
    let (left, right) = totals(pairs);
    if left == 0.0 || right == 0.0 {
        return 0.0;
    }
    pairs.iter().map(|(a, b)| (*a as f64 / left - *b as f64 / right).abs()).fold(0.0, f64::max)
}

/// The population stability index. An empty bin counts as half a row, so that it stays finite.
pub fn stability_index(pairs: &Pairs) -> f64 {
    let (left, right) = totals(pairs);
    if left == 0.0 || right == 0.0 {
        return 0.0;
    }
    let of = |count: u64, total: f64| (count as f64).max(0.5) / total;
    let part = |&(a, b): &(u64, u64)| {
        let (a, b) = (of(a, left), of(b, right));
        (a - b) * (a / b).ln()
    };
    pairs.iter().filter(|(a, b)| a + b > 0).map(part).sum()
}

/// What the stability index of two samples of one distribution hardly exceeds: it is near χ² with one degree of freedom less than there are bins,
/// times 1/n + 1/m.
pub fn stability_noise(pairs: &Pairs) -> f64 {
    let (left, right) = totals(pairs);
    let free = pairs.iter().filter(|(a, b)| a + b > 0).count().saturating_sub(1) as f64;
    if left == 0.0 || right == 0.0 {
        return f64::INFINITY;
    }
    DEVIATIONS.mul_add((2.0 * free).sqrt(), free) * (1.0 / left + 1.0 / right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_shares_do_not_lie_apart() {
        let same = [(100, 10), (200, 20), (300, 30)];
        assert!(cramers_v(&same) < 1e-9 && largest_difference(&same) < 1e-9 && stability_index(&same) < 1e-9);
        assert!(cramers_v(&[(5, 7)]) < 1e-9, "one class");
        assert!(cramers_v(&[(0, 0), (0, 3)]) < 1e-9, "nothing on one side");
    }

    #[test]
    fn nothing_in_common_is_one() {
        let apart = [(1000, 0), (0, 1000)];
        assert!(cramers_v(&apart) > 0.99);
        assert!((largest_difference(&apart) - 1.0).abs() < 1e-9);
        assert!(stability_index(&apart) > 5.0 && stability_index(&apart).is_finite());
    }

    /// Bergsma's V of this table, worked out by hand: χ² is 8 of 200 rows.
    #[test]
    fn a_known_value() {
        let v = cramers_v(&[(60, 40), (40, 60)]);
        let expected = ((8.0 / 200.0 - 1.0 / 199.0) / (1.0 - 1.0 / 199.0_f64)).sqrt();
        assert!((v - expected).abs() < 1e-9, "{v} {expected}");
    }

    #[test]
    fn small_samples_may_differ() {
        let pairs = [(100, 2), (100, 4), (100, 1), (100, 5), (100, 3)];
        assert!(stability_index(&pairs) < stability_noise(&pairs));
        let far = [(1000, 10), (1000, 2000), (1000, 10)];
        assert!(stability_index(&far) > stability_noise(&far) + 0.25);
        assert!(stability_noise(&[(0, 1)]).is_infinite());
    }
}
