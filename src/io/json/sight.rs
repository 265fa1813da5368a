//! The members of a JSON object, found at sight.
//!
//! Objects of a file mostly have the same keys in the same order, written alike. So what stands between two
//! values (`,"country":`) is compared with the object before in one go, and of the values only the ends are
//! looked for, sixteen bytes at a time; nothing is built. It takes nothing that serde_json would not take, and
//! leaves to serde_json whatever is rare or wrong: keys with escapes, halves of surrogate pairs, deep
//! nesting, and every mistake. A property test holds the two to each other.

use wide::u8x16;

use super::super::record::{Key, Member};
use super::object::repeated;

/// How the objects before were written.
#[derive(Default)]
pub(super) struct Sight {
    /// What stands before each value of an object, with its key; no key is there twice.
    stretches: Vec<Stretch>,
    /// Their text.
    text: Vec<u8>,
}

/// What stands between two values, in the text of all of them.
#[derive(Clone, Copy)]
struct Stretch {
    from: usize,
    to: usize,
    /// Where the key begins and ends, counted from the stretch's beginning.
    key: (usize, usize),
    head: Head,
}

/// The first bytes of a stretch, as many as are compared at once, and which of them are its own.
#[derive(Clone, Copy)]
struct Head {
    bytes: u128,
    own: u128,
}

impl Head {
    const WIDTH: usize = 16;

    fn of(text: &[u8]) -> Head {
        let (mut bytes, mut own) = ([0; Head::WIDTH], [0; Head::WIDTH]);
        for ((byte, own), letter) in bytes.iter_mut().zip(&mut own).zip(text) {
            (*byte, *own) = (*letter, u8::MAX);
        }
        Head { bytes: u128::from_le_bytes(bytes), own: u128::from_le_bytes(own) }
    }

    fn is_at(self, bytes: &[u8; Head::WIDTH]) -> bool {
        (u128::from_le_bytes(*bytes) ^ self.bytes) & self.own == 0
    }
}

/// A key where it stands in an object, and where its value begins.
struct Found {
    key: (usize, usize),
    value: usize,
}

impl Sight {
    /// Finds the members of the object that the text is, with no space around it; `None` if it is for
    /// somebody else to say.
    pub fn read(&mut self, text: &str, members: &mut Vec<Member>) -> Option<()> {
        members.clear();
        let bytes = text.as_bytes();
        if bytes.first() != Some(&b'{') {
            return None;
        }
        let mut at = 0;
        // Stretches before this one have been seen.
        let mut next = 0;
        let mut is_new = false;
        let inside = pass_space(bytes, 1);
        let mut is_open = bytes.get(inside) != Some(&b'}');
        if !is_open {
            return (inside + 1 == bytes.len()).then_some(());
        }
        while is_open {
            let Found { key, value } = match self.expected(bytes, at, &mut next) {
                Some(found) => found,
                None => {
                    let found = key(bytes, at)?;
                    is_new |= !self.skip_to(&bytes[found.key.0..found.key.1], &mut next);
                    found
                }
            };
            let end = value_end(bytes, value, 0)?;
            members.push(Member {
                key: Key::At { start: small(key.0)?, end: small(key.1)? },
                start: small(value)?,
                end: small(end)?,
            });
            at = end;
            let behind = pass_space(bytes, end);
            match bytes.get(behind)? {
                b',' => {}
                b'}' if behind + 1 == bytes.len() => is_open = false,
                _ => return None,
            }
        }
        if is_new { self.learn(text, members) } else { Some(()) }
    }

    /// The member at a place, if it is written as one of those to come.
    fn expected(&self, bytes: &[u8], at: usize, next: &mut usize) -> Option<Found> {
        let rest = &bytes[at..];
        let ahead = self.stretches.get(*next..)?;
        let place = ahead.iter().position(|stretch| self.begins_with(rest, stretch))?;
        let Stretch { from, to, key, .. } = ahead[place];
        *next += place + 1;
        Some(Found { key: (at + key.0, at + key.1), value: pass_space(bytes, at + to - from) })
    }

    /// Whether a stretch stands at the beginning of the bytes.
    #[inline]
    fn begins_with(&self, bytes: &[u8], stretch: &Stretch) -> bool {
        match bytes.split_first_chunk() {
            Some((first, rest)) if stretch.head.is_at(first) => {
                stretch.to - stretch.from <= Head::WIDTH
                    || rest.starts_with(&self.text[stretch.from + Head::WIDTH..stretch.to])
            }
            Some(_) => false,
            None => bytes.starts_with(&self.text[stretch.from..stretch.to]),
        }
    }

    /// Whether a key that is written otherwise is one of those to come.
    fn skip_to(&self, key: &[u8], next: &mut usize) -> bool {
        let key_of = |stretch: &Stretch| &self.text[stretch.from + stretch.key.0..stretch.from + stretch.key.1];
        let place = self.stretches[*next..].iter().position(|stretch| key_of(stretch) == key);
        *next += place.map_or(0, |place| place + 1);
        place.is_some()
    }

    /// Remembers an object with keys that were not there before, unless one of them is there twice.
    fn learn(&mut self, text: &str, members: &[Member]) -> Option<()> {
        self.stretches.clear();
        self.text.clear();
        let mut from = 0;
        for member in members {
            let Key::At { start, end } = member.key else { unreachable!("keys with escapes are left to serde_json") };
            let at = self.text.len();
            self.text.extend_from_slice(&text.as_bytes()[from..member.start as usize]);
            let key = (start as usize - from, end as usize - from);
            let head = Head::of(&self.text[at..]);
            self.stretches.push(Stretch { from: at, to: self.text.len(), key, head });
            from = member.end as usize;
        }
        let keys =
            self.stretches.iter().map(|stretch| &self.text[stretch.from + stretch.key.0..stretch.from + stretch.key.1]);
        if repeated(keys.collect()).is_some() {
            self.stretches.clear();
            return None;
        }
        Some(())
    }
}

fn small(place: usize) -> Option<u32> {
    u32::try_from(place).ok()
}

#[inline]
fn pass_space(bytes: &[u8], from: usize) -> usize {
    match bytes.get(from) {
        Some(0..=b' ') => pass_some_space(bytes, from),
        _ => from,
    }
}

fn pass_some_space(bytes: &[u8], from: usize) -> usize {
    let space = bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    from + space.count()
}

/// The key behind a value, or behind the bracket that opens the object.
fn key(bytes: &[u8], at: usize) -> Option<Found> {
    let mark = if at == 0 { b'{' } else { b',' };
    let quote = pass_space(bytes, pass(bytes, pass_space(bytes, at), mark)?);
    let start = pass(bytes, quote, b'"')?;
    let end = plain_end(bytes, start)?;
    let colon = pass_space(bytes, pass(bytes, end, b'"')?);
    Some(Found { key: (start, end), value: pass_space(bytes, pass(bytes, colon, b':')?) })
}

fn pass(bytes: &[u8], at: usize, wanted: u8) -> Option<usize> {
    (bytes.get(at) == Some(&wanted)).then_some(at + 1)
}

/// Where the value ends that begins here.
fn value_end(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => text_end(bytes, at + 1),
        b'-' | b'0'..=b'9' => number_end(bytes, at),
        b'n' => word_end(bytes, at, b"null"),
        b't' => word_end(bytes, at, b"true"),
        b'f' => word_end(bytes, at, b"false"),
        b'[' => nested_end(bytes, at, b']', depth),
        b'{' => nested_end(bytes, at, b'}', depth),
        _ => None,
    }
}

fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

/// Behind the quote that closes a text.
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = plain_end(bytes, at)?;
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => at += 2,
            (b'\\', Some(b'u')) => at = letter_end(bytes, at + 2)?,
            _ => return None,
        }
    }
}

/// Behind the four digits of a letter that is not half of a surrogate pair.
fn letter_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at + 4)?;
    let is_half = matches!(digits, [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]);
    (!is_half && digits.iter().all(u8::is_ascii_hexdigit)).then_some(at + 4)
}

/// The first byte that ends a text or needs a closer look: a quote, a backslash, a control character.
fn plain_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    const LAST_CONTROL: u8 = 0x1F;
    let [quote, backslash, control] = [b'"', b'\\', LAST_CONTROL].map(u8x16::splat);
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        let chunk = u8x16::from(*chunk);
        let stops = chunk.simd_eq(quote) | chunk.simd_eq(backslash) | chunk.min(control).simd_eq(chunk);
        match stops.to_bitmask() {
            0 => at += 16,
            found => return Some(at + found.trailing_zeros() as usize),
        }
    }
    let stops = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=LAST_CONTROL);
    bytes.get(at..)?.iter().position(stops).map(|place| at + place)
}

fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let at = at + usize::from(bytes[at] == b'-');
    let mut at = match bytes.get(at)? {
        // Whoever looks behind the number finds that more digits are wrong.
        b'0' => at + 1,
        _ => digits_end(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = digits_end(bytes, at + 1 + usize::from(sign))?;
    }
    Some(at)
}

/// Behind one or more digits.
fn digits_end(bytes: &[u8], at: usize) -> Option<usize> {
    let count = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// Behind the bracket that closes an array or an object.
fn nested_end(bytes: &[u8], at: usize, closing: u8, depth: usize) -> Option<usize> {
    /// serde_json follows 128.
    const DEEPEST: usize = 32;
    let mut at = pass_space(bytes, at + 1);
    if depth == DEEPEST {
        return None;
    }
    if bytes.get(at) == Some(&closing) {
        return Some(at + 1);
    }
    loop {
        if closing == b'}' {
            let colon = pass_space(bytes, text_end(bytes, pass(bytes, at, b'"')?)?);
            at = pass_space(bytes, pass(bytes, colon, b':')?);
        }
        at = pass_space(bytes, value_end(bytes, at, depth + 1)?);
        match bytes.get(at)? {
            b',' => at = pass_space(bytes, at + 1),
            byte if *byte == closing => return Some(at + 1),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::object::read_closely;
    use super::*;

    /// Keys and values, as text.
    fn shown(text: &str, members: &[Member]) -> Vec<(String, String)> {
        let key = |key: &Key| match key {
            Key::At { start, end } => text[*start as usize..*end as usize].to_owned(),
            Key::Unescaped(key) => key.to_string(),
        };
        members
            .iter()
            .map(|member| (key(&member.key), text[member.start as usize..member.end as usize].to_owned()))
            .collect()
    }

    fn at_sight(sight: &mut Sight, text: &str) -> Option<Vec<(String, String)>> {
        let mut members = Vec::new();
        sight.read(text, &mut members).map(|()| shown(text, &members))
    }

    fn closely(text: &str) -> Result<Vec<(String, String)>, String> {
        let mut members = Vec::new();
        read_closely(1, text, &mut members).map(|()| shown(text, &members))
    }

    /// A value, right or wrong.
    fn value() -> impl Strategy<Value = String> {
        let words = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "7",
            "1.10",
            "12345678901234567890",
            "1e5",
            "2E-07",
            "-1.5e+3",
            "-",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "nul",
            "truefalse",
            "\"\"",
            "\"a\"",
            "\"\\\"\"",
            "\"\\u00e9\\n\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\uD7ff\\uE000\"",
            "\"\\u00g0\"",
            "\"\\x\"",
            "\"tab\there\"",
            "\"never closed",
            "[]",
            "{}",
            "[1, 2]",
            "[\"a\",null]",
            "[1,]",
            "{\"a\":{\"a\":[]}, \"b\" :1}",
            "{\"a\":1,}",
            "{1:2}",
            "[[[[]]]",
        ];
        prop_oneof![
            3 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
            2 => "[a-zé \u{7f}]{0,40}".prop_map(|text| format!("\"{text}\"")),
        ]
    }

    fn object() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec![
            "\"id\"",
            "\"a\"",
            "\"b c\"",
            "\"é\"",
            "\"\"",
            "\"a\\\"\"",
            "\"\\u0061\"",
            "id",
            "\"a\nb\"",
        ]);
        let space = prop::sample::select(vec!["", "", "", " ", "\t ", "\r", "\n"]);
        let member = (space.clone(), key, space.clone(), space.clone(), value(), space.clone());
        let member = member.prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        (prop::collection::vec(member, 0..5), space)
            .prop_map(|(members, space)| format!("{{{}{space}}}", members.join(",")))
    }

    /// An object, perhaps with a letter too many, too few or another.
    fn something() -> impl Strategy<Value = String> {
        let change = (
            any::<prop::sample::Index>(),
            0..3_usize,
            prop::sample::select(vec!["", "}", "{", "\"", ",", ":", "\\", " ", "0", "é"]),
        );
        (object(), prop::option::of(change)).prop_map(|(mut text, change)| {
            if let Some((at, count, new)) = change {
                let letters: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                let from = at.index(letters.len());
                let to = (from + count).min(letters.len() - 1);
                text.replace_range(letters[from]..letters[to], new);
            }
            text.trim().to_owned()
        })
    }

    /// An object of which everything is seen at sight.
    fn plain_object() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            "-?[1-9][0-9]{0,20}(\\.[0-9]+)?",
            "\"[a-zé ,:{}]{0,40}\"",
            Just("null".to_owned()),
            Just("[\"a\", {\"b\":1}]".to_owned())
        ];
        (prop::collection::btree_map("[a-f]", value, 0..5), any::<bool>()).prop_map(|(members, wide)| {
            let (colon, comma) = if wide { (": ", ", ") } else { (":", ",") };
            let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\"{colon}{value}")).collect();
            format!("{{{}}}", members.join(comma))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_seen_at_sight_is_what_serde_json_reads(texts in prop::collection::vec(something(), 1..6)) {
            let mut sight = Sight::default();
            for text in &texts {
                if let Some(seen) = at_sight(&mut sight, text) {
                    prop_assert_eq!(Ok(seen), closely(text), "{:?}", text);
                }
            }
        }

        #[test]
        fn a_plain_object_is_seen_at_sight_whatever_came_before(texts in prop::collection::vec(plain_object(), 1..6)) {
            let mut sight = Sight::default();
            for text in &texts {
                prop_assert_eq!(at_sight(&mut sight, text).ok_or_else(String::new), closely(text), "{:?}", text);
            }
        }
    }

    #[test]
    fn a_key_that_is_given_twice_is_left_to_serde_json() {
        let mut sight = Sight::default();
        for text in [r#"{"a":1,"b":2}"#, r#"{"b":1,"a":2}"#, r#"{"c":1}"#] {
            assert!(at_sight(&mut sight, text).is_some(), "{text}");
            for twice in [r#"{"a":1,"a":2}"#, r#"{"a":1,"b":2,"a":3}"#, r#"{"b":1, "b":2}"#, r#"{"c":1,"d":1,"c":1}"#] {
                assert_eq!(at_sight(&mut sight, twice), None, "{twice}");
            }
        }
    }
}
