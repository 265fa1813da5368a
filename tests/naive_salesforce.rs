//! Assignment rules as Salesforce documents them, worked out in the plainest way: random rules as data,
//! what they decide about a record, and the XML that says the same. Nothing here is shared with the
//! importer, which has to come to the same decisions from the XML alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A record: the fields that are not blank, by the header of their column.
pub type Record = BTreeMap<&'static str, String>;

#[derive(Clone, Debug)]
pub struct Entry {
    pub asks: Asks,
    /// None keeps the owner.
    pub queue: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub enum Asks {
    Nothing,
    Criteria(Vec<Criterion>, Option<Filter>),
    Formula(Formula),
}

#[derive(Clone, Debug)]
pub struct Criterion {
    pub field: &'static str,
    pub operation: &'static str,
    /// Blank is the empty text.
    pub members: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Filter {
    Number(usize),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
}

#[derive(Clone, Debug)]
pub enum Formula {
    IsNew,
    IsPickVal(&'static str, &'static str),
    IsBlank(&'static str),
    Equals(Text, &'static str),
    Differs(Text, &'static str),
    Contains(Text, &'static str),
    Begins(Text, &'static str),
    Includes(&'static str, &'static str),
    Greater(&'static str, i64),
    Checked(&'static str),
    /// `CASE(field, v1, 1, v2, 2, 0) >= n`
    Case(&'static str, Vec<&'static str>, usize),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    Not(Box<Formula>),
    If(Box<Formula>, Box<Formula>, Box<Formula>),
}

#[derive(Clone, Debug)]
pub enum Text {
    Field(&'static str),
    Lower(&'static str),
    Left(&'static str, usize),
    Right(&'static str, usize),
}

// --- what is decided ------------------------------------------------------------------------------

/// Whether formulas tell `US` from `us`, as Salesforce documents it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Letters {
    Heeded,
    Alike,
}

/// The number of the first entry that takes a record.
pub fn decide(entries: &[Entry], record: &Record, letters: Letters) -> Option<usize> {
    entries.iter().position(|entry| takes(entry, record, letters)).map(|index| index + 1)
}

fn takes(entry: &Entry, record: &Record, letters: Letters) -> bool {
    match &entry.asks {
        Asks::Nothing => true,
        Asks::Criteria(criteria, None) => criteria.iter().all(|criterion| holds(criterion, record)),
        Asks::Criteria(criteria, Some(filter)) => filter_holds(filter, criteria, record),
        Asks::Formula(formula) => is_true(formula, record, letters),
    }
}

fn filter_holds(filter: &Filter, criteria: &[Criterion], record: &Record) -> bool {
    match filter {
        Filter::Number(number) => holds(&criteria[number - 1], record),
        Filter::And(parts) => parts.iter().all(|part| filter_holds(part, criteria, record)),
        Filter::Or(parts) => parts.iter().any(|part| filter_holds(part, criteria, record)),
        Filter::Not(part) => !filter_holds(part, criteria, record),
    }
}

fn holds(Criterion { field, operation, members }: &Criterion, record: &Record) -> bool {
    let cell = record.get(column(field)).map(String::as_str);
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok();
    let equal = |member: &str| match cell {
        None => member.is_empty(),
        Some(_) if member.is_empty() => false,
        Some(cell) if is_number(field) => number(cell) == number(member),
        Some(cell) if *field == "Lead.Hot__c" => cell.eq_ignore_ascii_case(member),
        Some(cell) => cell.to_lowercase() == member.to_lowercase(),
    };
    let order = |member: &str| match is_number(field) {
        true => number(cell?)?.partial_cmp(&number(member)?),
        false => Some(cell?.to_lowercase().cmp(&member.to_lowercase())),
    };
    let lower = cell.unwrap_or_default().to_lowercase();
    let any = |test: &dyn Fn(&str) -> bool| members.iter().any(|member| test(member));
    match *operation {
        "equals" => any(&equal),
        "notEqual" => !any(&equal),
        "contains" => any(&|member| lower.contains(&member.to_lowercase())),
        "notContain" => !any(&|member| lower.contains(&member.to_lowercase())),
        "startsWith" => any(&|member| lower.starts_with(&member.to_lowercase())),
        "includes" => any(&|member| lower.split("; ").any(|one| one == member.to_lowercase())),
        "excludes" => !any(&|member| lower.split("; ").any(|one| one == member.to_lowercase())),
        "lessThan" => any(&|member| order(member).is_some_and(|order| order.is_lt())),
        "lessOrEqual" => any(&|member| order(member).is_some_and(|order| order.is_le())),
        "greaterThan" => any(&|member| order(member).is_some_and(|order| order.is_gt())),
        "greaterOrEqual" => any(&|member| order(member).is_some_and(|order| order.is_ge())),
        other => panic!("{other}"),
    }
}

/// A blank is the empty text.
fn is_true(formula: &Formula, record: &Record, letters: Letters) -> bool {
    let text = |field: &&'static str| record.get(*field).cloned().unwrap_or_default();
    let pair = |value: &Text, literal: &str| match (letters, value) {
        (Letters::Alike, Text::Field(_) | Text::Left(..) | Text::Right(..)) => {
            (value.of(record).to_lowercase(), literal.to_lowercase())
        }
        _ => (value.of(record), literal.to_owned()),
    };
    let holds = |part: &Formula| is_true(part, record, letters);
    match formula {
        Formula::IsNew => true,
        Formula::IsPickVal(field, value) => text(field) == *value,
        Formula::IsBlank(field) => text(field).is_empty(),
        Formula::Equals(value, literal) => {
            let (value, literal) = pair(value, literal);
            value == literal
        }
        Formula::Differs(value, literal) => {
            let (value, literal) = pair(value, literal);
            value != literal
        }
        Formula::Contains(value, piece) => {
            let (value, piece) = pair(value, piece);
            value.contains(&piece)
        }
        Formula::Begins(value, piece) => {
            let (value, piece) = pair(value, piece);
            value.starts_with(&piece)
        }
        Formula::Includes(field, value) => text(field).split("; ").any(|one| one == *value),
        Formula::Greater(field, limit) => text(field).parse::<i64>().is_ok_and(|number| number > *limit),
        Formula::Checked(field) => text(field) == "true",
        Formula::Case(field, values, least) => {
            let found = values.iter().position(|value| text(field) == *value);
            found.map_or(0, |index| index + 1) >= *least
        }
        Formula::And(parts) => parts.iter().all(holds),
        Formula::Or(parts) => parts.iter().any(holds),
        Formula::Not(part) => !holds(part),
        Formula::If(condition, yes, no) => holds(if holds(condition) { yes } else { no }),
    }
}

impl Text {
    fn of(&self, record: &Record) -> String {
        let text = |field: &&'static str| record.get(*field).cloned().unwrap_or_default();
        match self {
            Text::Field(field) => text(field),
            Text::Lower(field) => text(field).to_lowercase(),
            Text::Left(field, length) => text(field).chars().take(*length).collect(),
            Text::Right(field, length) => {
                let text = text(field);
                text.chars().skip(text.chars().count().saturating_sub(*length)).collect()
            }
        }
    }
}

fn is_number(field: &str) -> bool {
    matches!(field, "Lead.NumberOfEmployees" | "Lead.Score__c")
}

/// Look-ups are compared by name, which exports have in a column of that name.
fn column(field: &'static str) -> &'static str {
    if field == "Lead.OwnerId" { "Owner.Name" } else { field.strip_prefix("Lead.").unwrap_or(field) }
}

// --- how it is written ----------------------------------------------------------------------------

pub fn xml(entries: &[Entry]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AssignmentRules xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n<assignmentRule><fullName>Random</fullName><active>true</active>\n".to_owned();
    for entry in entries {
        out.push_str("<ruleEntry>\n");
        if let Some(queue) = entry.queue {
            let _ = writeln!(out, "<assignedTo>{queue}</assignedTo><assignedToType>Queue</assignedToType>");
        }
        match &entry.asks {
            Asks::Nothing => {}
            Asks::Criteria(criteria, filter) => {
                if let Some(filter) = filter {
                    let _ = writeln!(out, "<booleanFilter>{}</booleanFilter>", filter_text(filter));
                }
                criteria.iter().for_each(|criterion| out.push_str(&criterion_xml(criterion)));
            }
            Asks::Formula(formula) => {
                let _ = writeln!(out, "<formula>{}</formula>", escaped(&formula_text(formula)));
            }
        }
        out.push_str("</ruleEntry>\n");
    }
    out + "</assignmentRule></AssignmentRules>\n"
}

fn criterion_xml(Criterion { field, operation, members }: &Criterion) -> String {
    let member = |member: &String| match member.contains([',', '"']) {
        true => format!("\"{}\"", member.replace('"', "\"\"")),
        false => member.clone(),
    };
    let value = members.iter().map(member).collect::<Vec<_>>().join(",");
    let value = if value.is_empty() { String::new() } else { format!("<value>{}</value>", escaped(&value)) };
    format!("<criteriaItems><field>{field}</field><operation>{operation}</operation>{value}</criteriaItems>\n")
}

fn filter_text(filter: &Filter) -> String {
    let joined = |parts: &[Filter], word: &str| {
        let parts: Vec<String> = parts.iter().map(filter_text).collect();
        format!("({})", parts.join(word))
    };
    match filter {
        Filter::Number(number) => number.to_string(),
        Filter::And(parts) => joined(parts, " AND "),
        Filter::Or(parts) => joined(parts, " or "),
        Filter::Not(part) => format!("NOT {}", filter_text(part)),
    }
}

fn formula_text(formula: &Formula) -> String {
    let all = |parts: &[Formula]| parts.iter().map(formula_text).collect::<Vec<_>>();
    match formula {
        Formula::IsNew => "ISNEW()".to_owned(),
        Formula::IsPickVal(field, value) => format!("ISPICKVAL({field} , '{value}')"),
        Formula::IsBlank(field) => format!("ISBLANK({field})"),
        Formula::Equals(text, literal) => format!("{} = \"{literal}\"", text.written()),
        Formula::Differs(text, literal) => format!("\"{literal}\" <> {}", text.written()),
        Formula::Contains(text, piece) => format!("CONTAINS({}, \"{piece}\")", text.written()),
        Formula::Begins(text, piece) => format!("begins({}, '{piece}')", text.written()),
        Formula::Includes(field, value) => format!("INCLUDES({field}, \"{value}\")"),
        Formula::Greater(field, limit) => format!("({limit} < {field})"),
        Formula::Checked(field) => (*field).to_owned(),
        Formula::Case(field, values, least) => {
            let cases: String =
                values.iter().enumerate().map(|(index, value)| format!("\"{value}\", {}, ", index + 1)).collect();
            format!("CASE({field}, {cases}0) >= {least}")
        }
        Formula::And(parts) if parts.len() == 2 => format!("({})", all(parts).join(" && ")),
        Formula::And(parts) => format!("AND({})", all(parts).join(", ")),
        Formula::Or(parts) if parts.len() == 2 => format!("({})", all(parts).join(" || ")),
        Formula::Or(parts) => format!("OR({})", all(parts).join(", ")),
        Formula::Not(part) => format!("NOT({})", formula_text(part)),
        Formula::If(condition, yes, no) => {
            format!("IF({}, {}, {})", formula_text(condition), formula_text(yes), formula_text(no))
        }
    }
}

impl Text {
    fn written(&self) -> String {
        match self {
            Text::Field(field) => (*field).to_owned(),
            Text::Lower(field) => format!("LOWER({field})"),
            Text::Left(field, length) => format!("LEFT({field}, {length})"),
            Text::Right(field, length) => format!("RIGHT({field}, {length})"),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// --- random rules and records ---------------------------------------------------------------------

/// Values of texts; no two differ by letter case alone.
const TEXTS: [&str; 8] = ["US", "Austria", "Australia", "Korea, Republic of", "say \"hi\"", "Zürich", "AS", "1000"];
/// Texts that formulas can have between quotes of either kind.
const PLAIN: [&str; 6] = ["US", "Austria", "Australia", "Zürich", "AS", "1000"];
const LISTED: [&str; 3] = ["Hot", "Warm", "Cold"];
const SELECTED: [&str; 3] = ["Hardware", "Software", "Training"];

pub fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let queue = prop_oneof![5 => select(vec!["A", "B", "C"]).prop_map(Some), 1 => Just(None)];
    let asks = prop_oneof![
        6 => vec(criterion(), 1..4).prop_map(|criteria| Asks::Criteria(criteria, None)),
        6 => filtered(),
        8 => formula().prop_map(Asks::Formula),
        1 => Just(Asks::Nothing),
    ];
    vec((asks, queue).prop_map(|(asks, queue)| Entry { asks, queue }), 1..7)
}

fn filtered() -> impl Strategy<Value = Asks> {
    let part = || (1..=3usize).prop_map(Filter::Number);
    let filter = part().prop_recursive(3, 8, 3, |part| {
        prop_oneof![
            vec(part.clone(), 2..4).prop_map(Filter::And),
            vec(part.clone(), 2..4).prop_map(Filter::Or),
            part.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    });
    (vec(criterion(), 3), filter).prop_map(|(criteria, filter)| Asks::Criteria(criteria, Some(filter)))
}

fn criterion() -> impl Strategy<Value = Criterion> {
    prop_oneof![
        4 => criterion_of(&["Lead.Country", "Lead.City", "Lead.OwnerId", "Lead.Rating"], &["equals", "notEqual"], &TEXTS, true),
        3 => criterion_of(&["Lead.Country", "Lead.City"], &["contains", "notContain", "startsWith"], &TEXTS, false),
        1 => criterion_of(&["Lead.Rating"], &["equals", "notEqual"], &LISTED, true),
        1 => ordering(&["Lead.City", "Lead.PostalCode"], &TEXTS),
        2 => ordering(&["Lead.NumberOfEmployees", "Lead.Score__c"], &["-3", "5", "1,000"]),
        1 => criterion_of(&["Lead.NumberOfEmployees"], &["equals", "notEqual"], &["-3", "5", "1,000"], true),
        1 => criterion_of(&["Lead.Hot__c"], &["equals", "notEqual"], &["True", "False"], false),
        2 => criterion_of(&["Lead.Interests__c"], &["includes", "excludes"], &SELECTED, false),
        1 => criterion_of(&["Lead.Interests__c"], &["equals", "notEqual"], &["Hardware", "hardware; Training"], true),
    ]
}

fn criterion_of(
    fields: &'static [&'static str],
    operations: &'static [&'static str],
    members: &'static [&'static str],
    may_be_blank: bool,
) -> impl Strategy<Value = Criterion> {
    let member = prop_oneof![6 => select(members), 1 => Just(if may_be_blank { "" } else { members[0] })];
    (select(fields), select(operations), vec(member, 1..4)).prop_map(|(field, operation, members)| Criterion {
        field,
        operation,
        members: members.into_iter().map(str::to_owned).collect(),
    })
}

fn ordering(fields: &'static [&'static str], members: &'static [&'static str]) -> impl Strategy<Value = Criterion> {
    let operations: &[&str] = &["lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"];
    (select(fields), select(operations), select(members)).prop_map(|(field, operation, member)| Criterion {
        field,
        operation,
        members: vec![member.to_owned()],
    })
}

fn formula() -> impl Strategy<Value = Formula> {
    formula_test().prop_recursive(4, 16, 3, |part| {
        prop_oneof![
            4 => vec(part.clone(), 2..4).prop_map(Formula::And),
            4 => vec(part.clone(), 2..4).prop_map(Formula::Or),
            2 => negatable().prop_map(|part| Formula::Not(Box::new(part))),
            1 => (negatable(), part.clone(), part).prop_map(|(condition, yes, no)| {
                Formula::If(Box::new(condition), Box::new(yes), Box::new(no))
            }),
        ]
    })
}

/// The opposite of a comparison with a blank number is not documented.
fn formula_test() -> impl Strategy<Value = Formula> {
    let greater = (select(vec!["NumberOfEmployees", "Score__c"]), -5..1001i64);
    prop_oneof![6 => negatable(), 1 => greater.prop_map(|(field, limit)| Formula::Greater(field, limit))]
}

fn negatable() -> impl Strategy<Value = Formula> {
    let text = || select(vec!["Country", "Company"]);
    let value = || {
        prop_oneof![
            3 => text().prop_map(Text::Field),
            1 => text().prop_map(Text::Lower),
            1 => (text(), 1..4usize).prop_map(|(field, length)| Text::Left(field, length)),
            1 => (text(), 1..4usize).prop_map(|(field, length)| Text::Right(field, length)),
        ]
    };
    let whole = || prop_oneof![3 => text().prop_map(Text::Field), 1 => text().prop_map(Text::Lower)];
    let plain = || select(&PLAIN[..]);
    let or_lower = || prop_oneof![3 => plain(), 1 => select(vec!["us", "austria", "", "Au", "ia"])];
    prop_oneof![
        1 => Just(Formula::IsNew),
        2 => (Just("Rating"), select(vec!["Hot", "Warm", "Cold", ""])).prop_map(|(field, value)| Formula::IsPickVal(field, value)),
        1 => select(vec!["Country", "Company", "Rating", "Interests__c"]).prop_map(Formula::IsBlank),
        3 => (value(), or_lower()).prop_map(|(value, literal)| Formula::Equals(value, literal)),
        2 => (value(), or_lower()).prop_map(|(value, literal)| Formula::Differs(value, literal)),
        2 => (whole(), plain()).prop_map(|(value, piece)| Formula::Contains(value, piece)),
        2 => (whole(), plain()).prop_map(|(value, piece)| Formula::Begins(value, piece)),
        1 => select(&SELECTED[..]).prop_map(|value| Formula::Includes("Interests__c", value)),
        1 => Just(Formula::Checked("Hot__c")),
        1 => (vec(select(&LISTED[..]), 1..4), 0..3usize).prop_map(|(values, least)| Formula::Case("Rating", values, least)),
    ]
}

/// A record of values that the rules speak of, or nearly.
pub fn record() -> impl Strategy<Value = Record> {
    let text = || {
        (select(&["", "", "", "x ", "AS"][..]), select(&TEXTS[..]), select(&["", "", "", "tralia", " x"][..]))
            .prop_map(|(before, text, after)| format!("{before}{text}{after}"))
    };
    let any_case = || (text(), any::<bool>()).prop_map(|(text, upper)| if upper { text.to_uppercase() } else { text });
    let number = || select(vec!["-3", "5", "1000", "1000.0", "4", "6", "-5", "0"]).prop_map(str::to_owned);
    let listed = prop_oneof![3 => select(&LISTED[..]), 1 => select(&TEXTS[..])].prop_map(str::to_owned);
    let selected = select(vec!["Hardware", "Software", "Hardware; Training", "Training; Software", "Hard"]);
    fn cell<S: Strategy<Value = String>>(cell: S) -> impl Strategy<Value = Option<String>> {
        prop_oneof![4 => cell.prop_map(Some), 1 => Just(None)]
    }
    let texts = (cell(any_case()), cell(any_case()), cell(any_case()), cell(any_case()), cell(any_case()));
    let others = (
        cell(number().prop_filter("whole", |number| !number.contains('.'))),
        cell(number().prop_filter("whole", |number| !number.contains('.'))),
        cell(listed),
        cell(select(vec!["true", "false"]).prop_map(str::to_owned)),
        cell(selected.prop_map(str::to_owned)),
    );
    (texts, others).prop_map(|((country, company, city, owner, postal), (employees, score, rating, hot, interests))| {
        let cells = [
            ("Country", country),
            ("Company", company),
            ("City", city),
            ("Owner.Name", owner),
            ("PostalCode", postal),
            ("NumberOfEmployees", employees),
            ("Score__c", score),
            ("Rating", rating),
            ("Hot__c", hot),
            ("Interests__c", interests),
        ];
        cells.into_iter().filter_map(|(field, cell)| Some((field, cell?))).collect()
    })
}
