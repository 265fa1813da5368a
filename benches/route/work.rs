//! The work that is measured: leads as forms and events bring them, and a policy over them.
//!
//! The account whose domain is the lead's, else the first of R rules that holds (territory, segment,
//! vertical, score, source; one to three conditions each), else weighted rotation. The rules are
//! narrow, so that hardly any lead is decided by the first of them: a program that tries one rule after
//! the other tries most.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// A small generator of numbers that are alike on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

const HEADER: &str = "id,first_name,last_name,email,company,title,phone,country,state,postal_code,industry,employees,\
                      score,source,created_at\n";
const FIRST: &[&str] = &["Ana", "Bruno", "Carla", "Dmitri", "Élodie", "Fatima", "Grace", "Henrik", "Ines", "João"];
const LAST: &[&str] = &["Souza", "Lindqvist", "O'Neill", "Müller", "Okafor", "Tanaka", "van Dijk", "Rossi", "Haddad"];
const TITLES: &[&str] =
    &["VP Sales", "Head of Revenue Operations", "CTO", "Analyst", "Director, Marketing", "Owner", "Office Manager"];
const BUSINESS: &[&str] = &["Widgets", "Logistics", "Health Partners", "Software", "Financial Group", "Foods"];
const FORMS: &[&str] = &["Inc.", "GmbH", "Ltda", "Ltd", "SA"];
const COUNTRIES: &[&str] = &[
    "US", "US", "US", "US", "US", "US", "US", "US", "CA", "CA", "GB", "GB", "DE", "DE", "FR", "BR", "MX", "AT", "CH",
    "NL", "SE", "ES", "IT", "AU", "JP", "IN", "PL", "IE",
];
const INDUSTRIES: &[&str] = &[
    "Healthcare",
    "Financial Services",
    "Manufacturing",
    "Software",
    "Retail",
    "Education",
    "Energy",
    "Media",
    "Transportation",
    "Hospitality",
    "Construction",
    "Agriculture",
    "Telecommunications",
    "Government",
    "Nonprofit",
    "Insurance",
];
const SOURCES: &[&str] = &[
    "webinar",
    "google ads",
    "trade show",
    "referral",
    "content download",
    "linkedin",
    "cold call",
    "partner",
    "organic search",
    "newsletter",
];

fn state(dice: &mut Dice) -> String {
    let at = dice.below(50);
    format!("{}{}", (b'A' + (at / 7) as u8) as char, (b'A' + (at * 11 % 26) as u8) as char)
}

/// Leads come from so many domains, of which the accounts are some.
const DOMAINS: usize = 1_000_000;

fn domain(number: usize) -> String {
    format!("company{number}.example")
}

/// Writes the leads with these numbers; about 158 bytes each.
pub fn leads(path: &Path, numbers: std::ops::Range<usize>) {
    let mut out = std::io::BufWriter::new(create(path));
    out.write_all(HEADER.as_bytes()).unwrap();
    let mut dice = Dice::new(7 + numbers.start as u64);
    let mut row = String::new();
    for number in numbers {
        row.clear();
        lead(&mut row, number, &mut dice);
        out.write_all(row.as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

fn lead(row: &mut String, number: usize, dice: &mut Dice) {
    let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
    let company = dice.below(DOMAINS);
    let _ = write!(row, "00Q8d{number:010},{first},{last},");
    or_blank(dice, row, |dice, row| {
        let _ = write!(row, "{}.{}@{}", dice.pick(&["ana", "info", "b.lee", "grace"]), number % 1000, domain(company));
    });
    let business = dice.pick(BUSINESS);
    let _ = match dice.one_in(4) {
        true => write!(row, "\"{business} {company}, {}\",", dice.pick(FORMS)),
        false => write!(row, "{business} {company} {},", dice.pick(FORMS)),
    };
    let title = dice.pick(TITLES);
    let _ = if title.contains(',') { write!(row, "\"{title}\",") } else { write!(row, "{title},") };
    let _ = write!(row, "(555) {:03}-{:04},", dice.below(1000), dice.below(10_000));
    or_blank(dice, row, |dice, row| row.push_str(dice.pick(COUNTRIES)));
    or_blank(dice, row, |dice, row| row.push_str(&state(dice)));
    or_blank(dice, row, |dice, row| {
        let _ = write!(row, "{:05}", dice.below(100_000));
    });
    or_blank(dice, row, |dice, row| row.push_str(dice.pick(INDUSTRIES)));
    or_blank(dice, row, |dice, row| {
        let most = 10_usize.pow(1 + dice.below(5) as u32);
        let _ = write!(row, "{}", 1 + dice.below(most));
    });
    or_blank(dice, row, |dice, row| {
        let _ = write!(row, "{}", dice.below(101));
    });
    or_blank(dice, row, |dice, row| row.push_str(dice.pick(SOURCES)));
    let (day, hour, minute) = (1 + dice.below(28), dice.below(24), dice.below(60));
    let _ = writeln!(row, "2026-11-{day:02}T{hour:02}:{minute:02}:{:02}Z", dice.below(60));
}

fn or_blank(dice: &mut Dice, row: &mut String, write: impl FnOnce(&mut Dice, &mut String)) {
    if !dice.one_in(20) {
        write(dice, row);
    }
    row.push(',');
}

/// The same leads, an object a line.
pub fn as_ndjson(csv: &Path, path: &Path) {
    let mut reader = csv::Reader::from_path(csv).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut out = std::io::BufWriter::new(create(path));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap() {
        let mut open = '{';
        for (name, cell) in names.iter().zip(&record) {
            let is_number = matches!(name.as_str(), "employees" | "score") && !cell.is_empty();
            let cell = match (cell, is_number) {
                ("", _) => "null".to_owned(),
                (number, true) => number.to_owned(),
                (text, false) => serde_json::to_string(text).unwrap(),
            };
            write!(out, "{open}\"{name}\":{cell}").unwrap();
            open = ',';
        }
        out.write_all(b"}\n").unwrap();
    }
    out.flush().unwrap();
}

const LEAD: &str = r#"
lead {
  id          text key
  email       email
  country     country
  state       text
  postal_code text
  industry    one of [INDUSTRIES]
  employees   integer 0 to 5_000_000
  score       number 0 to 100
  source      text
  DECLARED
}
"#;

/// How much of a lead the policy declares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// What it looks at: nine of the fifteen columns.
    Needed,
    /// Every column.
    All,
}

/// Makes a project of so many rules and accounts in a folder.
pub fn project(folder: &Path, rules: usize, accounts: usize, declared: Declared) {
    #[expect(clippy::disallowed_methods, reason = "a bench makes its own input")]
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("roster.yaml", &roster());
    if accounts > 0 {
        write("accounts.csv", &accounts_table(accounts));
    }
    write("main.rules", &policy(rules, accounts > 0, declared));
}

const REPS: usize = 40;

fn roster() -> String {
    let mut text = String::from("reps:\n");
    for rep in 0..REPS {
        let _ = writeln!(text, "  rep{rep}: {{ weight: {} }}", 1 + rep % 4);
    }
    for team in ["inside_sales", "specialists"] {
        let members = if team == "inside_sales" { 0..12 } else { 12..18 };
        let members: Vec<String> = members.map(|rep| format!("rep{rep}")).collect();
        let head = if team == "inside_sales" { "teams:\n" } else { "" };
        let _ = writeln!(text, "{head}  {team}: [{}]", members.join(", "));
    }
    text
}

fn accounts_table(accounts: usize) -> String {
    let mut text = String::from("domain,owner\n");
    for number in 0..accounts {
        let _ = writeln!(text, "{},rep{}", domain(number), number % REPS);
    }
    text
}

fn policy(rules: usize, has_accounts: bool, declared: Declared) -> String {
    let mut text = String::from("roster \"roster.yaml\"\n");
    let industries: Vec<String> = INDUSTRIES.iter().map(|name| format!("\"{name}\"")).collect();
    let all = "first_name text last_name text company text title text phone text created_at timestamp";
    let more = if declared == Declared::All { all } else { "" };
    text += &LEAD.replace("INDUSTRIES", &industries.join(", ")).replace("DECLARED", more);
    if has_accounts {
        text += "table accounts from \"accounts.csv\" { domain domain key owner rep }\n\
                 let account = accounts[domain of email]\n";
    }
    text += "queue unassigned { after 30 minutes assign team inside_sales by round robin }\n";
    if has_accounts {
        text += "account policy customers {\n  rule owned when account is known assign account.owner or queue unassigned\n  \
                 otherwise go to regions\n}\n";
    }
    text += "territory policy regions {\n";
    let mut dice = Dice::new(11);
    for number in 0..rules {
        let _ = writeln!(text, "  rule r{number} when {}", condition(&mut dice));
        let _ = match number % 5 {
            4 => writeln!(text, "    assign team specialists by round robin or queue unassigned"),
            _ => writeln!(text, "    assign rep rep{} or queue unassigned", number % REPS),
        };
    }
    text += "  otherwise go to general\n}\n";
    text += "fallback policy general { otherwise assign team inside_sales by weight or queue unassigned }\n";
    text += if has_accounts { "start at customers\n" } else { "start at regions\n" };
    text
}

/// One to three conditions, all of them narrow together.
fn condition(dice: &mut Dice) -> String {
    let country = format!("country is {}", dice.pick(COUNTRIES));
    let states = format!("state in [\"{}\", \"{}\"]", state(dice), state(dice));
    let area = |dice: &mut Dice, digits: usize| {
        let area = dice.below(10_usize.pow(digits as u32));
        format!("postal_code starts with \"{area:0digits$}\"")
    };
    let segment = |dice: &mut Dice| {
        let low = 1 + dice.below(400) * [1, 10, 100][dice.below(3)];
        format!("employees in {low} to {}", low + low / 10 + 1)
    };
    let vertical = format!("industry is \"{}\"", dice.pick(INDUSTRIES));
    let source = format!("source is \"{}\"", dice.pick(SOURCES));
    let score = format!("score >= {}", 60 + dice.below(40));
    match dice.below(6) {
        0 => area(dice, 4),
        1 => format!("{country} and {}", area(dice, 3)),
        2 => format!("{states} and {vertical} and {}", segment(dice)),
        3 => format!("{country} and {vertical} and {}", segment(dice)),
        4 => format!("{states} and {source} and {}", area(dice, 2)),
        _ => format!("{} and {source} and {score}", segment(dice)),
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench makes its own input")]
fn create(path: &Path) -> std::fs::File {
    std::fs::File::create(path).unwrap()
}
