//! The value of a criterion → its alternatives.
//!
//! A comma separates alternatives. One that holds a comma itself is in double quotes, and a quote in
//! it is doubled; a quote that does not stand at the start is a quote like any sign. Spaces around an
//! alternative do not count, and an empty one asks for a blank field: `,Eritrea` is *blank or Eritrea*.

/// The alternatives in order; blank is the empty text.
pub fn members(value: Option<&str>) -> Vec<String> {
    let mut members = Vec::new();
    let mut rest = value.unwrap_or_default();
    loop {
        let (member, after) = member(rest.trim_start());
        members.push(member.trim().to_owned());
        match after {
            Some(after) => rest = after,
            None => return members,
        }
    }
}

/// The first alternative, and what stands after its comma.
fn member(text: &str) -> (String, Option<&str>) {
    let (mut member, rest) = match text.strip_prefix('"') {
        Some(inside) => quoted(inside),
        None => (String::new(), text),
    };
    let (plain, after) = match rest.split_once(',') {
        Some((plain, after)) => (plain, Some(after)),
        None => (rest, None),
    };
    member.push_str(plain);
    (member, after)
}

/// What stands inside quotes, and what follows the second one.
fn quoted(inside: &str) -> (String, &str) {
    let mut member = String::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('"') {
        member.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                member.push('"');
                rest = after;
            }
            None => return (member, after),
        }
    }
    member.push_str(rest);
    (member, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_and_quotes_hold_together() {
        let of = |value| members(Some(value));
        assert_eq!(of("FL,GA, NC "), ["FL", "GA", "NC"]);
        assert_eq!(of(r#""Korea, Republic of",Japan"#), ["Korea, Republic of", "Japan"]);
        assert_eq!(of(r#""say ""hello"", twice", x"#), [r#"say "hello", twice"#, "x"]);
        assert_eq!(of(r#"with subject "SFTP credentials ""#), [r#"with subject "SFTP credentials ""#]);
        assert_eq!(of(r#""never closed, at all"#), ["never closed, at all"]);
    }

    #[test]
    fn nothing_is_blank() {
        assert_eq!(members(None), [""]);
        assert_eq!(members(Some(",Eritrea")), ["", "Eritrea"]);
        assert_eq!(members(Some(r#""""#)), [""]);
    }
}
