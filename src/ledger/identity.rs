//! How a lead is known again: the field that tells, and when two of its cells are the same.

use jiff::tz::TimeZone;

use crate::cell::Type;

/// What the ledger knows leads by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identity {
    pub field: String,
    /// How cells are compared: `exact` for the text ids of CRMs, which may differ in nothing but letter
    /// case, else the type whose normal form counts.
    pub kind: String,
}

impl Identity {
    /// The identity by a field; `is_key` says that the lead block marks it as the key.
    pub fn of(field: &str, ty: &Type, is_key: bool) -> Identity {
        let kind = match ty {
            Type::Text if is_key => "exact",
            Type::Text => "text",
            Type::Email => "email",
            Type::Domain => "domain",
            Type::Country => "country",
            Type::Integer(_) => "integer",
            Type::Number(_) => "number",
            Type::YesNo => "yes_no",
            Type::Date => "date",
            Type::Timestamp => "timestamp",
            Type::OneOf(_) => "one of",
            Type::Tags => "tags",
            Type::List(_) | Type::Rep | Type::Team | Type::Queue | Type::Row(_) => "text",
        };
        Identity { field: field.to_owned(), kind: kind.to_owned() }
    }

    /// The form in which the ledger has a lead that somebody names.
    pub fn normal(&self, written: &str) -> String {
        let ty = match self.kind.as_str() {
            "text" => Type::Text,
            "email" => Type::Email,
            "domain" => Type::Domain,
            "country" => Type::Country,
            "integer" => Type::Integer(None),
            "number" => Type::Number(None),
            "yes_no" => Type::YesNo,
            "date" => Type::Date,
            "timestamp" => Type::Timestamp,
            "tags" => Type::Tags,
            // `exact`, and members, which only their policy knows.
            _ => return written.trim().to_owned(),
        };
        match ty.read(written, &TimeZone::UTC) {
            Ok(cell) => ty.show(&cell),
            Err(_) => written.trim().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_text_is_taken_to_the_letter_and_other_fields_by_their_normal_form() {
        assert_eq!(Identity::of("id", &Type::Text, true).normal(" 005Ab "), "005Ab");
        assert_eq!(Identity::of("company", &Type::Text, false).normal(" ACME "), "acme");
        assert_eq!(Identity::of("email", &Type::Email, false).normal("Ana@Example.COM"), "ana@example.com");
        assert_eq!(Identity::of("id", &Type::Integer(None), true).normal("7.0"), "7");
    }
}
