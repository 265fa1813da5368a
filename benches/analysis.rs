//! How long the exact analysis takes on generated rule lists: `cargo bench --bench analysis`. Names
//! choose some (`cargo bench --bench analysis -- territory wide`).
//!
//! *territory*: named accounts first, then territories from specific to general, then specialists
//! and fallbacks, over 20 fields, the shapes of real lists. *random*: three random conditions a rule,
//! without any order among them: the hard case for the complete search. *wide*: the same with three of
//! 20 alike fields, each with two to four of its five values: nothing is left after a few hundred rules,
//! and each proof of it needs many rules. *accounts*: a table of 100,000 rows. *words*: rules that
//! look for lists of words in one text.
//!
//! Each list is measured twice: question by question, and by `lint` as a whole, with the replay of
//! every lead it shows. Seconds are of the wall; where the machine is shared, compare the CPU's (`time`)
//! of two builds in one run, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pointsman::analysis::atoms::Tables;
use pointsman::analysis::parallel::map;
use pointsman::analysis::reach::Reach;
use pointsman::analysis::witness::{Engine, Witness};
use pointsman::check::{self, InMemory};
use pointsman::graph::DecisionGraph;
use pointsman::ids::RuleId;
use pointsman::lint::{Levels, lint};
use pointsman::policy::Project;

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn some(&mut self, choices: &[&str], most: usize) -> String {
        let mut picked: Vec<&str> = (0..=self.below(most)).map(|_| self.pick(choices)).collect();
        picked.sort_unstable();
        picked.dedup();
        format!("[{}]", picked.join(", "))
    }
}

const COUNTRIES: &[&str] = &[
    "US", "CA", "MX", "BR", "AR", "GB", "IE", "FR", "DE", "AT", "CH", "NL", "BE", "SE", "NO", "DK", "FI", "ES", "PT",
    "IT", "PL", "CZ", "JP", "KR", "SG", "AU", "NZ", "IN", "ZA", "AE",
];
const STATES: &[&str] =
    &["\"ca\"", "\"ny\"", "\"tx\"", "\"wa\"", "\"ma\"", "\"il\"", "\"fl\"", "\"ct\"", "\"nj\"", "\"ga\""];
const INDUSTRIES: &[&str] =
    &["i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7", "i8", "i9", "i10", "i11", "i12", "i13", "i14"];
const SIZES: &[usize] = &[0, 10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000];

const LEAD: &str = r#"
lead {
  id text key  company text  email email  country country  state text  postal_code text
  industry one of [i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14]
  employees integer 0 to 5_000_000  revenue number  score number 0 to 100
  source one of [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9]  product one of [p0, p1, p2, p3, p4, p5, p6, p7]
  language one of [l0, l1, l2, l3, l4, l5, l6, l7]  plan one of [q0, q1, q2, q3]  trial yes_no  partner yes_no
  created_at timestamp  interests tags  title text  campaign text
}
"#;

fn queues(text: &mut String) {
    (0..12).for_each(|number| writeln!(text, "queue queue{number}").expect("text grows"));
}

fn territory(rules: usize) -> String {
    let mut dice = Dice(rules as u64);
    let mut text = LEAD.to_owned();
    queues(&mut text);
    text += "policy all {\n";
    for rule in 0..rules {
        let share = rule * 100 / rules;
        let condition = match share {
            0..25 => format!("company is \"company {rule}\""),
            25..40 => format!("domain of email is \"company{}.com\"", dice.below(rules)),
            40..60 => {
                let low = dice.below(SIZES.len() - 2);
                format!(
                    "country in {} and employees in {} to {} and industry in {}",
                    dice.some(COUNTRIES, 2),
                    SIZES[low],
                    SIZES[low + 1 + dice.below(SIZES.len() - low - 1)],
                    dice.some(INDUSTRIES, 3)
                )
            }
            60..70 => format!(
                "country is US and state in {} and industry in {}",
                dice.some(STATES, 3),
                dice.some(INDUSTRIES, 4)
            ),
            70..80 => {
                format!("country is {} and postal_code starts with \"{}\"", dice.pick(COUNTRIES), dice.below(1000))
            }
            80..88 => format!(
                "source is s{} and product is p{} and score >= {}",
                dice.below(10),
                dice.below(8),
                dice.below(100)
            ),
            88..92 => format!(
                "title contains \"{}\" and country is {}",
                dice.pick(&["chief", "head", "vp", "director"]),
                dice.pick(COUNTRIES)
            ),
            92..95 => format!("interests has \"tag{}\" and not trial is yes", dice.below(30)),
            95..97 => format!(
                "email ends with \".{}\" and employees >= {}",
                dice.pick(&["edu", "gov", "org"]),
                SIZES[dice.below(SIZES.len())]
            ),
            _ => format!("country is {} and employees >= {}", dice.pick(COUNTRIES), SIZES[dice.below(SIZES.len())]),
        };
        let _ = writeln!(text, "  rule r{rule} when {condition} assign queue queue{}", dice.below(12));
    }
    text + "  otherwise assign queue queue0\n}\nstart at all\n"
}

fn random(rules: usize) -> String {
    let mut dice = Dice(7);
    let mut text = LEAD.to_owned();
    queues(&mut text);
    text += "policy all {\n";
    for rule in 0..rules {
        let mut parts = BTreeMap::new();
        while parts.len() < 3 {
            let field = dice.below(10);
            let part = match field {
                0 => format!("country in {}", dice.some(COUNTRIES, 10)),
                1 => format!("industry in {}", dice.some(INDUSTRIES, 6)),
                2 => format!("state in {}", dice.some(STATES, 4)),
                3 => format!("employees >= {}", SIZES[dice.below(SIZES.len())]),
                4 => format!("score in {} to {}", dice.below(50), 50 + dice.below(50)),
                5 => format!("source is s{}", dice.below(10)),
                6 => format!("product in [p{}, p{}]", dice.below(8), dice.below(8)),
                7 => format!("language is not l{}", dice.below(8)),
                8 => format!("plan in [q{}, q{}]", dice.below(4), dice.below(4)),
                _ => format!("trial is {}", dice.pick(&["yes", "no"])),
            };
            parts.insert(field, part);
        }
        let parts: Vec<String> = parts.into_values().collect();
        let _ = writeln!(text, "  rule r{rule} when {} assign queue queue{}", parts.join(" and "), dice.below(12));
    }
    text + "  otherwise assign queue queue0\n}\nstart at all\n"
}

/// Finite-domain satisfiability at its hardest: no field is special, no rule narrow.
fn wide(rules: usize) -> String {
    let mut dice = Dice(11);
    let fields: String = (0..20).map(|field| format!("  f{field} one of [v0, v1, v2, v3, v4] required\n")).collect();
    let mut text = format!("lead {{\n  id text key\n{fields}}}\n");
    queues(&mut text);
    text += "policy all {\n";
    for rule in 0..rules {
        let mut parts = BTreeMap::new();
        while parts.len() < 3 {
            let mut values: Vec<usize> = (0..5).collect();
            (0..1 + dice.below(3)).for_each(|_| {
                values.remove(dice.below(values.len()));
            });
            let values: Vec<String> = values.iter().map(|value| format!("v{value}")).collect();
            let field = dice.below(20);
            parts.insert(field, format!("f{field} in [{}]", values.join(", ")));
        }
        let parts: Vec<String> = parts.into_values().collect();
        let _ = writeln!(text, "  rule r{rule} when {} assign queue queue{}", parts.join(" and "), dice.below(12));
    }
    text + "  otherwise assign queue queue0\n}\nstart at all\n"
}

/// Each rule looks for some of the same words in the same two texts.
fn words(rules: usize) -> String {
    let mut dice = Dice(5);
    let mut text = LEAD.to_owned();
    queues(&mut text);
    text += "policy all {\n";
    for rule in 0..rules {
        let mut list = |count: usize, kind: &str| {
            let words: Vec<String> = (0..count).map(|_| format!("\"{kind}{}\"", dice.below(300))).collect();
            words.join(", ")
        };
        let condition = format!(
            "title contains [{}] and campaign starts with [{}] and not title contains [{}]",
            list(10, "word"),
            list(4, "spring "),
            list(5, "no")
        );
        let _ = writeln!(text, "  rule r{rule} when {condition} assign queue queue{}", dice.below(12));
    }
    text + "  otherwise assign queue queue0\n}\nstart at all\n"
}

fn accounts(rows: usize, rules: usize) -> (String, String) {
    let mut dice = Dice(3);
    let mut table = "domain,tier,owner_region,seats\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(
            table,
            "company{row}.com,{},{},{}",
            dice.pick(&["gold", "silver", "bronze", ""]),
            dice.pick(&["emea", "amer", "apac"]),
            dice.below(1000)
        );
    }
    let mut text = territory(rules);
    let head = "table accounts from \"accounts.csv\" { domain domain key  tier one of [gold, silver, bronze]  owner_region text  seats integer }
let account = accounts[domain of email]\n";
    let rules = "  rule a1 when account.tier is gold and account.owner_region is \"emea\" assign queue queue1
  rule a2 when account.tier is gold and account.seats >= 500 assign queue queue2
  rule a3 when account is known assign queue queue3\n";
    text = text.replace("policy all {\n", &format!("{head}policy all {{\n{rules}"));
    (text, table)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn measure(name: &str, main: &str, table: &str) {
    let start = now();
    let loaded = check::load(&InMemory::new([("main.rules", main), ("accounts.csv", table)]), "main.rules");
    let project = loaded.project.expect("the generated policy is right");
    let load = start.elapsed();
    let start = now();
    let engine = Engine::new(&[&project], Tables::Today, None).expect("one project fits itself");
    let compile = start.elapsed();
    let ways = engine.ways(0);
    let mut lap = now();
    let mut laps = String::new();
    let mut take = |what: &str| {
        let _ = write!(laps, " {what} {:.3}", lap.elapsed().as_secs_f64());
        lap = now();
    };
    let rules: Vec<RuleId> = project.rules.ids().collect();
    let reach = map(&rules, |rule| engine.reach(0, &ways, *rule));
    take("reach");
    let reached: Vec<(RuleId, Witness)> = rules
        .iter()
        .zip(&reach)
        .filter_map(
            |(rule, reach)| if let Reach::Reached(witness) = reach { Some((*rule, witness.clone())) } else { None },
        )
        .collect();
    let redundant = map(&reached, |(rule, witness)| engine.redundant(0, &ways, *rule, witness));
    take("redundant");
    let constants = map(&reached, |(rule, witness)| engine.constants(0, &ways, *rule, witness).len());
    take("constants");
    let slips = map(&reached, |(rule, _)| engine.blank_slips(0, &ways, *rule).len());
    take("slips");
    let policies: Vec<_> = project.policies.ids().collect();
    let gaps: usize = policies.iter().map(|policy| engine.gap(0, &ways, *policy).found.len()).sum();
    let boundaries: usize =
        policies.iter().map(|policy| engine.boundary_gaps(0, &ways, *policy, &|_| true).len()).sum();
    let cycles = engine.cycles(0, &ways).len();
    take("gaps");
    let all = start.elapsed();
    let open = reach.iter().filter(|reach| **reach == Reach::Open).count();
    let yes =
        redundant.iter().filter(|redundant| matches!(redundant, pointsman::analysis::ends::Redundant::Yes)).count();
    println!(
        "{name:>16}: load {:.3} | all questions {:.3} s (compile {:.3}{laps}) | {} reached, {} unreachable, {open} open, {yes} redundant, {} constants, {} slips, {gaps} gaps, {boundaries} boundary gaps, {cycles} cycles",
        load.as_secs_f64(),
        all.as_secs_f64(),
        compile.as_secs_f64(),
        reached.len(),
        reach.iter().filter(|reach| matches!(reach, Reach::Unreachable(_))).count(),
        constants.iter().sum::<usize>(),
        slips.iter().sum::<usize>(),
    );
    whole(name, &project);
    difference(name, &project, main, table);
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn whole(name: &str, project: &Project) {
    let graph = DecisionGraph::new(project);
    let start = now();
    let findings = lint(project, &graph, jiff::Timestamp::UNIX_EPOCH, &Levels::default()).expect("leads replay");
    println!("{name:>16}: lint {:.3} s, {} findings", start.elapsed().as_secs_f64(), findings.len());
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn difference(name: &str, old: &Project, main: &str, table: &str) {
    let edited = main.replacen("assign queue queue5", "assign queue queue6", 3);
    let loaded = check::load(&InMemory::new([("main.rules", edited.as_str()), ("accounts.csv", table)]), "main.rules");
    let new = loaded.project.expect("the edited policy is right");
    let start = now();
    let meaning = pointsman::analysis::difference::difference(old, &new, None).expect("same fields");
    let count = meaning.differences.len();
    println!(
        "{name:>16}: difference {:.3} s, {count} found, complete {}",
        start.elapsed().as_secs_f64(),
        meaning.is_complete
    );
}

/// The most memory that was in use, where the system tells.
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark prints what it measured")]
fn peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        println!("most memory in use: {}", peak.trim());
    }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str()));
    let run = |name: &str, lists: &dyn Fn() -> (String, String)| {
        if is_wanted(name) {
            let (main, table) = lists();
            measure(name, &main, &table);
        }
    };
    for rules in [1_000, 3_000, 10_000] {
        run(&format!("territory {rules}"), &|| (territory(rules), String::new()));
    }
    run("random 1000", &|| (random(1_000), String::new()));
    run("wide 1000", &|| (wide(1_000), String::new()));
    run("words 80", &|| (words(80), String::new()));
    run("accounts 1000", &|| accounts(100_000, 1_000));
    run("accounts 10000", &|| accounts(100_000, 10_000));
    peak();
}
