//! Random small projects as policy text, and leads for them. The domains are small on purpose: a
//! few values per field, so that random rules really meet random leads.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A project and some leads, as their files would hold them.
#[derive(Clone, Debug)]
pub struct Case {
    pub main: String,
    pub leads: Vec<Vec<(&'static str, String)>>,
}

pub const ROSTER: &str = "\
reps:
  ana: { weight: 2, manager: carla, skills: [pt] }
  bruno: { capacity: 3 }
  carla: {}
teams:
  north: [ana, bruno]
  south: [bruno, { rep: carla, weight: 3 }]
";

pub const ACCOUNTS: &str = "\
domain,owner,tier
a.example,ana,gold
b.example,bruno,
c.example,nobody_here,silver
";

const HEAD: &str = r#"roster "roster.yaml"
lead {
  id        text key
  email     email
  country   country
  state     text
  industry  one of [Health, Finance, "Real Estate"]
  employees integer 0 to 1000
  score     number
  partner   yes_no
  seen      timestamp
  interests tags
  owner_id  text owner
}
table accounts from "accounts.csv" {
  domain domain key
  owner  rep
  tier   one of [gold, silver]
}
let account = accounts[domain of email]
territory dach = country in [DE, AT, CH]
segment big = employees >= 500 and not (score < 10)
queue rest "nobody could take them" { after 1 hour assign team north by load }
"#;

/// A project of one to four policies with up to five rules each, and up to `leads` leads.
pub fn case(leads: usize) -> impl Strategy<Value = Case> {
    (policies(), vec(lead(), 1..=leads)).prop_map(|(policies, leads)| Case { main: format!("{HEAD}{policies}"), leads })
}

/// A project of policies with so many rules that they are looked up, and 60 leads for it.
pub fn long_case() -> impl Strategy<Value = Case> {
    // What takes few leads, so that many rules get their turn.
    let condition = vec(condition(), 2..=4).prop_map(|parts| parts.join(" and "));
    let policies = policies_of(condition.boxed(), 14..40, 1..=2);
    (policies, vec(lead(), 60)).prop_map(|(policies, leads)| Case { main: format!("{HEAD}{policies}"), leads })
}

fn policies() -> impl Strategy<Value = String> {
    policies_of(condition().boxed(), 0..5, 1..=4)
}

fn policies_of(
    condition: BoxedStrategy<String>,
    rules: std::ops::Range<usize>,
    policies: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = String> {
    vec((vec((condition, action()), rules), proptest::option::of(action())), policies).prop_map(|policies| {
        let count = policies.len();
        let mut text = String::new();
        for (number, (rules, otherwise)) in policies.into_iter().enumerate() {
            text.push_str(&format!("policy p{number} {{\n"));
            for (rule, (condition, action)) in rules.into_iter().enumerate() {
                text.push_str(&format!("  rule r{rule} when {condition} {}\n", action.written(count)));
            }
            if let Some(action) = otherwise {
                text.push_str(&format!("  otherwise {}\n", action.written(count)));
            }
            text.push_str("}\n");
        }
        text.push_str("start at p0\n");
        text
    })
}

#[derive(Clone, Debug)]
enum Act {
    Fixed(&'static str),
    GoTo(usize),
}

impl Act {
    fn written(&self, policies: usize) -> String {
        match self {
            Act::Fixed(text) => (*text).to_owned(),
            Act::GoTo(number) => format!("go to p{}", number % policies),
        }
    }
}

fn action() -> impl Strategy<Value = Act> {
    let fixed = select(vec![
        "assign rep ana",
        "assign team north by round robin or queue rest",
        "assign team south by weight or queue rest",
        "assign account.owner or manager of account.owner or queue rest",
        "assign team north with skill pt by load or team south by balance of score or queue rest",
        "assign queue rest",
        "reject \"not for us\"",
        "keep owner",
    ]);
    prop_oneof![4 => fixed.prop_map(Act::Fixed), 1 => (0..4usize).prop_map(Act::GoTo)]
}

/// A condition of up to three levels.
pub fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" and "))),
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not {part}")),
        ]
    })
}

fn comparison() -> impl Strategy<Value = String> {
    select(vec![
        "country is DE",
        "country is not US",
        "country in [US, DE]",
        "country not in [AT]",
        "country is known",
        "dach",
        "big",
        "state is \"NY\"",
        "state contains [\"y\", \"ma\"]",
        "state starts with \"n\"",
        "state ends with \"Y\"",
        "industry is Health",
        "industry in [Finance, \"Real Estate\"]",
        "industry is blank",
        "employees < 50",
        "employees <= 50",
        "employees > 50",
        "employees >= 50",
        "employees in 50 to 499",
        "employees is 50",
        "score > 9.5",
        "score is -1",
        "partner is yes",
        "partner is not no",
        "seen >= 2026-03-01",
        "seen in 2026-01-01 to 2026-03-31",
        "hour of seen in 9 to 17",
        "weekday of seen in [saturday, sunday]",
        "interests has \"a\"",
        "interests has any of [\"a\", \"b\"]",
        "interests has all of [\"a\", \"b\"]",
        "account is known",
        "account.tier is gold",
        "account.tier is blank",
        "account.owner is known",
        "domain of email in accounts",
        "domain of email ends with \".example\"",
        "email is \"x@a.example\"",
        "first known of [employees, score] > 50",
    ])
    .prop_map(str::to_owned)
}

/// Cells of one lead, blanks and cells that do not fit their type among them.
pub fn lead() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let cell = |field: &'static str, values: &'static [&'static str]| {
        select(values).prop_map(move |value: &str| (field, value.to_owned()))
    };
    (
        cell("email", &["", "x@a.example", "y@b.example", "z@c.example", "u@d.example", "not an address"]),
        cell("country", &["", "DE", "Austria", "US", "Germny", "BR"]),
        cell("state", &["", "NY", "ny ", "MA", "Maryland", "x"]),
        cell("industry", &["", "Health", "finance", "Real Estate", "Helth"]),
        cell("employees", &["", "0", "49", "50", "51", "499", "500", "1000", "1001", "about 50"]),
        cell("score", &["", "-1", "9.5", "9.50001", "10", "100"]),
        cell("partner", &["", "yes", "0", "maybe"]),
        cell("seen", &["", "2026-01-01", "2026-02-28T23:30:00-05:00", "2026-03-31T23:59:59Z", "2026-04-04T10:00:00Z"]),
        cell("interests", &["", "a", "b; a", "c"]),
        cell("owner_id", &["", "005A"]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| vec![a, b, c, d, e, f, g, h, i, j])
}
