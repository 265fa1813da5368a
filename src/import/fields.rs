//! The fields that the rules look at: what they are called, and what they hold.
//!
//! Rule files do not say what type a field is of. Salesforce's own fields are known; of custom ones
//! (`…__c`) the rules tell something, by what they ask:
//!
//! | what is asked | type |
//! | --- | --- |
//! | `includes`, `excludes`, `INCLUDES` | `tags` |
//! | ordered against numbers, in a field that is custom, not a postal code and never treated as a text | `number` |
//! | ordered against days | `timestamp` |
//! | only ever `True` or `False`, or true by itself in a formula | `yes_no` |
//! | anything else | `text` |
//!
//! So a country is `text`, because Salesforce compares its letters. A multi-select list that is also
//! compared as a whole is two fields of one column, `Interests` and `Interests_whole`.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;

use super::question::{Ask, Question, Value};
use super::values;

/// Which of [`Fields`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FieldId(usize);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Type {
    Text,
    Number,
    Timestamp,
    YesNo,
    Tags,
}

/// How a type was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    /// It is a field of Salesforce's own.
    Standard,
    /// What the rules ask leaves no choice.
    Asked,
    /// It is likely from what the rules compare it with.
    Compared,
}

/// All fields, by name; letter case does not tell names apart.
#[derive(Debug)]
pub struct Fields {
    /// `Lead`
    object: String,
    known: IndexMap<String, Field>,
}

#[derive(Debug)]
struct Field {
    /// As it was first written, without the object's name: `Country`, `Account.SLA__c`.
    path: String,
    seen: Seen,
}

/// What the rules ask of a field.
#[derive(Default, Debug)]
struct Seen {
    /// What criteria compare it with, but for blanks.
    equals: BTreeSet<String>,
    ordered: BTreeSet<String>,
    pieces: bool,
    members: bool,
    texts: bool,
    numbers: bool,
    flags: bool,
    blank: bool,
    /// A formula takes it for a picklist.
    listed: bool,
}

impl Fields {
    pub fn of(object: &str) -> Fields {
        Fields { object: object.to_owned(), known: IndexMap::new() }
    }

    /// A field as criteria name it. They compare look-ups by the name of what is looked up, so the
    /// field `OwnerId` is what exports call `Owner.Name`.
    pub fn of_criterion(&mut self, written: &str) -> FieldId {
        let path = self.without_object(written);
        let path = match path.strip_suffix("Id") {
            Some(relation) if is_standard(path) && !relation.is_empty() && !relation.ends_with('.') => {
                format!("{relation}.Name")
            }
            _ => path.to_owned(),
        };
        self.enter(&path)
    }

    /// A field as formulas name it.
    pub fn of_formula(&mut self, written: &str) -> FieldId {
        let path = self.without_object(written).to_owned();
        self.enter(&path)
    }

    pub fn path(&self, id: FieldId) -> &str {
        &self.known[id.0].path
    }

    /// Learns from a question what the field may be.
    pub fn learn(&mut self, question: &Question) {
        let seen = &mut self.known[question.field.0].seen;
        match &question.ask {
            Ask::Blank => seen.blank = true,
            Ask::Flag => seen.flags = true,
            Ask::Equals(values) => values.iter().for_each(|value| seen.compared(value, false)),
            Ask::Order(_, value) => seen.compared(value, true),
            Ask::Text(..) => seen.pieces = true,
            Ask::Includes(_) => seen.members = true,
        }
    }

    /// Learns that a formula takes a field for a picklist.
    pub fn learn_listed(&mut self, id: FieldId) {
        self.known[id.0].seen.listed = true;
    }

    pub fn is_listed(&self, id: FieldId) -> bool {
        self.known[id.0].seen.listed
    }

    pub fn ty(&self, id: FieldId) -> Type {
        self.type_and_why(id).0
    }

    pub fn type_and_why(&self, id: FieldId) -> (Type, Because) {
        let Field { path, seen } = &self.known[id.0];
        if seen.members {
            return (Type::Tags, Because::Asked);
        }
        match standard(path) {
            Some(ty) => (ty, Because::Standard),
            None => seen.ty(path),
        }
    }

    /// Whether a text could as well be a number: it is only ever compared with numbers.
    pub fn might_be_number(&self, id: FieldId) -> bool {
        let Field { path, seen } = &self.known[id.0];
        let is_number = |text: &String| values::number(text).is_some() && !values::has_leading_zero(text);
        let compared_alone = !seen.pieces && !seen.texts && !seen.equals.is_empty();
        compared_alone && !is_standard(path) && !is_postal(path) && seen.equals.iter().all(is_number)
    }

    fn without_object<'a>(&self, written: &'a str) -> &'a str {
        match written.split_once('.') {
            Some((object, path)) if object.eq_ignore_ascii_case(&self.object) => path,
            _ => written,
        }
    }

    fn enter(&mut self, path: &str) -> FieldId {
        let entry = self.known.entry(path.to_lowercase());
        let id = FieldId(entry.index());
        entry.or_insert_with(|| Field { path: path.to_owned(), seen: Seen::default() });
        id
    }
}

impl Seen {
    fn compared(&mut self, value: &Value, ordered: bool) {
        match value {
            Value::Written(text) if ordered => _ = self.ordered.insert(text.clone()),
            Value::Written(text) => _ = self.equals.insert(text.clone()),
            Value::Text(_) => self.texts = true,
            Value::Number(_) => self.numbers = true,
        }
    }

    /// Of a field that is not known.
    fn ty(&self, path: &str) -> (Type, Because) {
        let written = || self.equals.iter().chain(&self.ordered);
        let is_text = self.pieces || self.texts;
        let is_code = is_standard(path) || is_postal(path) || written().any(|text| values::has_leading_zero(text));
        if self.flags {
            (Type::YesNo, Because::Asked)
        } else if self.numbers && !is_text {
            (Type::Number, Because::Asked)
        } else if is_text {
            (Type::Text, Because::Asked)
        } else if written().any(|text| values::is_day(text)) && written().all(|text| values::is_day(text)) {
            (Type::Timestamp, Because::Compared)
        } else if !self.ordered.is_empty() && !is_code && written().all(|text| values::number(text).is_some()) {
            (Type::Number, Because::Compared)
        } else if self.is_checkbox() {
            (Type::YesNo, Because::Compared)
        } else {
            (Type::Text, if is_standard(path) { Because::Standard } else { Because::Compared })
        }
    }

    /// A list of values could hold `True`, too, but then it is read in the same way.
    fn is_checkbox(&self) -> bool {
        let is_word = |text: &String| values::checkbox(text).is_some();
        let is_letters = |text: &String| text.parse::<u8>().is_err();
        self.ordered.is_empty() && !self.blank && self.equals.iter().all(is_word) && self.equals.iter().any(is_letters)
    }
}

/// Whether a field is one of Salesforce's own rather than `…__c`.
fn is_standard(path: &str) -> bool {
    !path.to_ascii_lowercase().ends_with("__c")
}

/// The types of Salesforce's own fields, but for those that hold texts, or nearly all do.
fn standard(path: &str) -> Option<Type> {
    if !is_standard(path) {
        return None;
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    let among = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    [(NUMBERS, Type::Number), (DAYS, Type::Timestamp), (CHECKBOXES, Type::YesNo)]
        .into_iter()
        .find_map(|(names, ty)| among(names).then_some(ty))
}

/// Numbers among the standard fields of leads, cases, accounts, contacts, opportunities and users.
const NUMBERS: &[&str] = &[
    "NumberOfEmployees",
    "AnnualRevenue",
    "Amount",
    "Probability",
    "ExpectedRevenue",
    "TotalOpportunityQuantity",
    "Latitude",
    "Longitude",
];

/// Dates and moments among them.
const DAYS: &[&str] = &[
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "ClosedDate",
    "CloseDate",
    "ConvertedDate",
    "LastActivityDate",
    "LastViewedDate",
    "LastReferencedDate",
    "LastTransferDate",
    "LastLoginDate",
    "LastCURequestDate",
    "LastCUUpdateDate",
    "EmailBouncedDate",
    "Birthdate",
    "SlaStartDate",
    "SlaExitDate",
    "StopStartDate",
];

/// Checkboxes among them.
const CHECKBOXES: &[&str] = &[
    "IsConverted",
    "IsDeleted",
    "IsUnreadByOwner",
    "IsClosed",
    "IsClosedOnCreate",
    "IsEscalated",
    "IsStopped",
    "IsVisibleInSelfService",
    "IsActive",
    "IsWon",
    "IsPrivate",
    "IsPartner",
    "IsCustomerPortal",
    "IsPersonAccount",
    "IsEmailBounced",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "DoNotCall",
];

/// Codes that look like numbers and are none.
fn is_postal(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["zip", "postal", "postcode", "plz", "phone", "fax"].iter().any(|word| path.contains(word))
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Text => "text",
            Type::Number => "number",
            Type::Timestamp => "timestamp",
            Type::YesNo => "yes_no",
            Type::Tags => "tags",
        })
    }
}
