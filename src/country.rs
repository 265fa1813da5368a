//! Countries: ISO 3166-1 by alpha-2, alpha-3 and English name, and the names people really type.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

use crate::cell::{Text, normal_text};
use crate::suggest;

/// A country of ISO 3166-1, ordered by its alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Country([u8; 2]);

/// Names in use that the standard spells otherwise; all are unambiguous. The formal names of the
/// standard come from `rust_iso3166`, with and without what they hold in brackets.
const ALIASES: &[(&str, &str)] = &[
    ("bosnia", "BA"),
    ("brasil", "BR"),
    ("britain", "GB"),
    ("brunei", "BN"),
    ("burma", "MM"),
    ("cape verde", "CV"),
    ("czech republic", "CZ"),
    ("deutschland", "DE"),
    ("east timor", "TL"),
    ("england", "GB"),
    ("españa", "ES"),
    ("great britain", "GB"),
    ("holland", "NL"),
    ("italia", "IT"),
    ("ivory coast", "CI"),
    ("laos", "LA"),
    ("macau", "MO"),
    ("macedonia", "MK"),
    ("méxico", "MX"),
    ("northern ireland", "GB"),
    ("north korea", "KP"),
    ("österreich", "AT"),
    ("republic of ireland", "IE"),
    ("republic of korea", "KR"),
    ("russia", "RU"),
    ("schweiz", "CH"),
    ("scotland", "GB"),
    ("south korea", "KR"),
    ("korea, republic of", "KR"),
    ("korea, democratic people's republic of", "KP"),
    ("swaziland", "SZ"),
    ("syria", "SY"),
    ("the netherlands", "NL"),
    ("turkey", "TR"),
    ("turkiye", "TR"),
    ("u.k.", "GB"),
    ("u.s.", "US"),
    ("u.s.a.", "US"),
    ("uae", "AE"),
    ("uk", "GB"),
    ("united kingdom", "GB"),
    ("united states", "US"),
    ("united states of america", "US"),
    ("vatican", "VA"),
    ("vietnam", "VN"),
    ("wales", "GB"),
];

impl Country {
    /// Reads a code or a name, in any letter case.
    pub fn read(text: &str) -> Option<Country> {
        NAMES.get(&normal_text(text)).copied()
    }

    /// Reads what may be a code of two letters, at sight; other texts may be names.
    #[inline]
    pub(crate) fn of_code(text: &[u8]) -> Option<Country> {
        let [first, second] = text else { return None };
        let place = |letter: &u8| letter.is_ascii_alphabetic().then(|| usize::from(letter.to_ascii_lowercase() - b'a'));
        CODES[place(first)? * 26 + place(second)?]
    }

    /// The country whose code or name is most like the text.
    pub fn nearest(text: &str) -> Option<Country> {
        let names = rust_iso3166::ALL.iter().map(|entry| entry.name);
        let found = suggest::nearest(text, names)?;
        Country::read(found)
    }

    /// A number of its own, below 26².
    pub(crate) fn number(self) -> usize {
        let [first, second] = self.0.map(|letter| usize::from(letter - b'A'));
        first * 26 + second
    }

    /// ISO 3166-1 alpha-2, upper case.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of ASCII letters")
    }

    /// The English short name of the standard.
    pub fn name(&self) -> &'static str {
        rust_iso3166::from_alpha2(self.code()).expect("every country came from the list").name
    }

    /// The name without what the standard adds in brackets, where that is enough to know it by.
    pub fn short_name(&self) -> &'static str {
        let name = self.name();
        let short = name.split_once(" (").map(|(short, _)| short);
        short.filter(|short| Country::read(short) == Some(*self)).unwrap_or(name)
    }

    /// Every country, by alpha-2 code.
    pub fn all() -> impl Iterator<Item = Country> {
        let mut all: Vec<Country> = rust_iso3166::ALL.iter().map(of).collect();
        all.sort_unstable();
        all.into_iter()
    }
}

/// What two letters name, from `aa` to `zz`.
static CODES: LazyLock<Vec<Option<Country>>> = LazyLock::new(|| {
    let letters = || b'a'..=b'z';
    let pairs = letters().flat_map(|first| letters().map(move |second| [first, second]));
    pairs.map(|pair| std::str::from_utf8(&pair).ok().and_then(|code| NAMES.get(code).copied())).collect()
});

static NAMES: LazyLock<FxHashMap<Text, Country>> = LazyLock::new(|| {
    let mut names = FxHashMap::default();
    let mut short: FxHashMap<Text, Vec<Country>> = FxHashMap::default();
    for entry in rust_iso3166::ALL {
        let country = of(entry);
        for name in [entry.alpha2, entry.alpha3, entry.name] {
            names.insert(normal_text(name), country);
        }
        if let Some((name, _)) = entry.name.split_once(" (") {
            short.entry(normal_text(name)).or_default().push(country);
        }
    }
    // `Virgin Islands` and `Korea` are two countries each: those stay unread.
    for (name, countries) in short {
        if let [country] = countries[..] {
            names.entry(name).or_insert(country);
        }
    }
    for (alias, code) in ALIASES {
        let country = names[&normal_text(code)];
        names.insert(normal_text(alias), country);
    }
    names
});

fn of(entry: &rust_iso3166::CountryCode) -> Country {
    let code = entry.alpha2.as_bytes();
    Country([code[0], code[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_read_by_code_name_and_the_names_people_type() {
        for text in ["DE", "deu", "Germany", "GERMANY", "Deutschland"] {
            assert_eq!(Country::read(text).map(|country| country.code().to_owned()).as_deref(), Some("DE"), "{text}");
        }
        for (text, code) in [("Bolivia", "BO"), ("UK", "GB"), ("United States", "US"), ("Côte d'Ivoire", "CI")] {
            assert_eq!(Country::read(text).map(|country| country.code().to_owned()).as_deref(), Some(code), "{text}");
        }
    }

    #[test]
    fn a_suggested_name_is_no_longer_than_it_must_be() {
        let short = |code| Country::read(code).map(|country| country.short_name());
        assert_eq!(short("NL"), Some("Netherlands"));
        assert_eq!(short("VG"), Some("Virgin Islands (British)"));
    }

    #[test]
    fn an_ambiguous_or_unknown_name_is_not_guessed() {
        for text in ["Korea", "Virgin Islands", "Narnia", "Asia/Pacific Region", ""] {
            assert_eq!(Country::read(text), None, "{text}");
        }
    }

    #[test]
    fn every_alias_names_a_country_of_the_standard() {
        for (alias, code) in ALIASES {
            assert_eq!(
                Country::read(alias).map(|country| country.code().to_owned()).as_deref(),
                Some(*code),
                "{alias}"
            );
        }
    }
}
