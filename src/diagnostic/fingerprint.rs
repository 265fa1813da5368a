//! What makes a finding the same one to services that follow findings from commit to commit.

use std::collections::BTreeMap;

use super::Finding;
use crate::source::SourceMap;

/// The fingerprints of one report.
#[derive(Default)]
pub struct Fingerprints {
    seen: BTreeMap<u64, usize>,
}

impl Fingerprints {
    /// What makes a finding the same one after lines have moved: its code, file and rule, and the
    /// text of its line; then a number that tells equal ones apart.
    pub fn of(&mut self, finding: &Finding, sources: &SourceMap) -> String {
        let file = sources.file(sources.file_of(finding.span));
        let line = file.line_range(file.line_index(file.local(finding.span).start));
        let words: Vec<&str> = file.text[line].split_whitespace().collect();
        let rule = finding.rule.as_deref().or(finding.policy.as_deref()).unwrap_or_default();
        let hash = fnv1a(&[finding.code.name(), &file.name, rule, &words.join(" ")]);
        let occurrence = self.seen.entry(hash).or_default();
        *occurrence += 1;
        format!("{hash:016x}:{occurrence}")
    }
}

/// FNV-1a over the parts, each ended by a zero byte. Chosen because it never changes: a fingerprint
/// must be the same with next year's release.
fn fnv1a(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_same_for_ever() {
        assert_eq!(fnv1a(&["a"]), 0x089b_e207_b544_f1e4);
    }
}
