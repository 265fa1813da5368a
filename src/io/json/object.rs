//! One JSON object: its keys and where its values stand.
//!
//! [`Sight`] finds them in nearly every object. What it does not take is read by serde_json, which says what is
//! wrong, and by which everything is measured.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::record::{Key, Member};
use super::kind_of;
use super::sight::Sight;

/// Reads the object that the bytes are, with no space around it, into `members`; or says why it is none.
/// `line` is where it begins.
pub(super) fn read_object<'t>(
    line: u64,
    bytes: &'t [u8],
    sight: &mut Sight,
    members: &mut Vec<Member>,
) -> Result<&'t str, String> {
    let text = match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => std::str::from_utf8(bytes).map_err(|error| {
            let byte = bytes[error.valid_up_to()];
            format!("not UTF-8: byte {byte:02X}; was the file saved as Windows-1252 or Latin-1?")
        })?,
    };
    if sight.read(text, members).is_none() {
        read_closely(line, text, members)?;
    }
    Ok(text)
}

pub(super) fn read_closely(line: u64, text: &str, members: &mut Vec<Member>) -> Result<(), String> {
    members.clear();
    if !text.starts_with('{') {
        return Err(format!("{} where an object is expected", kind_of(text.bytes().next())));
    }
    let object: Object<'_> = serde_json::from_str(text).map_err(|error| in_words(&error, line, text))?;
    if let Some(key) = repeated(object.members.iter().map(|(key, _)| &**key).collect()) {
        return Err(format!("key `{key}` is given twice"));
    }
    if let Some((key, _)) = object.members.iter().find(|(_, value)| is_torn_text(value.get())) {
        return Err(format!("the text of key `{key}` has half of a surrogate pair"));
    }
    members.extend(object.members.into_iter().map(|(key, value)| member(text, key, value)));
    Ok(())
}

/// serde_json's message, with the place as the file counts it.
fn in_words(error: &serde_json::Error, line: u64, text: &str) -> String {
    if error.is_eof() {
        return "broken JSON: it breaks off".to_owned();
    }
    let message = error.to_string();
    let message = match message.split(" at line ").next().unwrap_or_default() {
        "expected ident" => "a word that is not `true`, `false` or `null`",
        message => message,
    };
    let place = match text.contains('\n') {
        true => format!("line {}", line + error.line() as u64 - 1),
        false => format!("byte {}", error.column()),
    };
    format!("broken JSON at {place}: {message}")
}

/// Text with half of a surrogate pair (`"\ud83d"`) is no Unicode, and serde_json finds that only
/// when it is unescaped.
fn is_torn_text(value: &str) -> bool {
    value.starts_with('"') && value.contains("\\u") && serde_json::from_str::<String>(value).is_err()
}

fn member(text: &str, key: Cow<'_, str>, value: &RawValue) -> Member {
    let (start, end) = range_in(text, value.get());
    let key = match key {
        Cow::Borrowed(key) => {
            let (start, end) = range_in(text, key);
            Key::At { start, end }
        }
        Cow::Owned(key) => Key::Unescaped(key.into()),
    };
    Member { key, start, end }
}

/// Where a part of a text stands in it.
fn range_in(text: &str, part: &str) -> (u32, u32) {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    let small = |offset| u32::try_from(offset).expect("the limit keeps rows below 4 GiB");
    (small(start), small(start + part.len()))
}

/// An object with all its members, repeated keys too, which serde_json would drop silently.
struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// The first key that is there twice.
pub(super) fn repeated<K: Ord + Copy>(mut keys: Vec<K>) -> Option<K> {
    /// Up to so many keys, comparing each with each is faster than sorting.
    const FEW: usize = 32;
    if keys.len() <= FEW {
        let mut behind = keys.as_slice();
        while let [key, rest @ ..] = behind {
            if rest.contains(key) {
                return Some(*key);
            }
            behind = rest;
        }
        return None;
    }
    keys.sort_unstable();
    keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// A key that borrows from the text unless it has escapes.
#[derive(Deserialize)]
struct BorrowedKey<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((BorrowedKey(key), value)) = map.next_entry::<_, &RawValue>()? {
            members.push((key, value));
        }
        Ok(Object { members })
    }
}
