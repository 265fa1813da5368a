//! The statistics, each a function from numbers to a number, or to `None` where it means nothing.

/// The Gini coefficient: half the relative mean absolute difference (Gini 1912),
///
/// ```text
/// G = Σᵢ Σⱼ |xᵢ − xⱼ| / (2 n² x̄)
/// ```
///
/// 0 if everybody has the same, (n − 1) / n if one has all. The members of a team are all there are
/// and not a sample, so nothing is corrected for. Worked out in one pass over the sorted values:
/// `G = Σᵢ (2i − n − 1) x₍ᵢ₎ / (n Σ x)`, i from 1.
///
/// `None` for no values, and if all are zero.
pub fn gini(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    if values.is_empty() || sum <= 0.0 {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let weighted: f64 =
        sorted.iter().enumerate().map(|(index, value)| (2.0 * (index as f64 + 1.0) - n - 1.0) * value).sum();
    Some((weighted / (n * sum)).max(0.0))
}

/// The standard deviation of all there are (divided by n, not by n − 1); `None` for no values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// The value below which a share of the sorted values lies, interpolated between neighbours: type 7
/// of Hyndman and Fan (1996), which spreadsheets call PERCENTILE.INC. Half of it is the ordinary
/// median. `None` for no values.
pub fn percentile(sorted: &[i64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below] as f64, sorted[above] as f64);
    Some(low + (high - low) * (place - below as f64))
}

/// A part of a whole, from 0 to 1; `None` of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_small_numbers() {
        assert_eq!(gini(&[1.0, 1.0, 1.0, 1.0]), Some(0.0));
        assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]), Some(0.75));
        assert_eq!(gini(&[]), None);
        assert_eq!(gini(&[0.0, 0.0]), None);
        assert_eq!(standard_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), Some(2.0));
        assert_eq!(standard_deviation(&[]), None);
        assert_eq!(percentile(&[1, 2, 3, 4], 0.5), Some(2.5));
        assert_eq!(percentile(&[7], 0.9), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(share(0, 0), None);
    }
}
