//! Did-you-mean: the known name nearest to what was written.

/// The candidate most like `written`, if one is near enough to be worth saying.
///
/// Likeness is Jaro-Winkler (Winkler 1990) on lower-cased names, which forgives a swapped or missing
/// letter and weighs the beginning; below 0.78 a suggestion confuses more than it helps. Among equals
/// the first candidate wins, so the answer does not depend on anything but the order given.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&written, &candidate.to_lowercase());
        if likeness >= 0.78 && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_a_strange_one_finds_nothing() {
        let known = ["employees", "email", "country"];
        assert_eq!(nearest("employes", known), Some("employees"));
        assert_eq!(nearest("Contry", known), Some("country"));
        assert_eq!(nearest("zip", known), None);
    }
}
