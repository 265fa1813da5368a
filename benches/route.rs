//! What `route` costs end to end, file to file, beside loops that only read and write:
//! `cargo bench --bench route`. Words choose parts (`cargo bench --bench route -- csv growth`), and
//! `--leads N` and `--rounds N` make it shorter or steadier. `-- keep FOLDER` makes the leads and policies
//! in a folder and measures nothing: `benches/peers.py` measures other tools on them.
//!
//! Every measurement is a process of its own, and what is compared alternates in one run, so that a busy
//! machine slows both down. Printed are medians of ratios: CPU time (user and system of all threads), time of
//! the wall, and the most memory that was resident. The leads and policies are made anew in a temporary
//! folder ([`work`]).
//!
//! | part | compares |
//! | --- | --- |
//! | `csv` | three columns, R = 10 … 10,000 rules, with 100,000 accounts, on one thread and two, with a loop of the csv crate that writes three columns |
//! | `growth` | R = 10,000 with R = 10; 100,000 accounts with none |
//! | `columns` | all columns and six more, with the csv crate echoing all columns |
//! | `declared` | every column declared and checked, with nine |
//! | `ndjson` | NDJSON with serde_json reading the fields that the policy needs |
//! | `ledger` | a new ledger with none, R = 10 and 1,000; half of the leads into a ledger of the other half |
//! | `traces` | with and without |
//! | `start` | the time to the first decision: a file of one lead |
//! | `memory` | five times the leads |

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it stands")]
#![expect(clippy::print_stdout, reason = "a bench says what it has measured")]

use std::borrow::Cow;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

#[path = "route/work.rs"]
mod work;

use work::Declared;

/// Measures something, and says what came of it.
type Part = fn(&Bench);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [loop_name, input, output] = &arguments[..]
        && let Some(work) = baseline(loop_name)
    {
        return work(Path::new(input), Path::new(output));
    }
    if let [word, folder] = &arguments[..]
        && word == "keep"
    {
        return keep(Path::new(folder));
    }
    let number = |name: &str, usual: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(usual, |at| arguments[at + 1].parse().unwrap())
    };
    let bench = Bench::new(number("--leads", 1_000_000), number("--rounds", 5));
    let parts: [(&str, Part); 9] = [
        ("csv", csv),
        ("growth", growth),
        ("columns", columns),
        ("declared", declared),
        ("ndjson", ndjson),
        ("ledger", ledger),
        ("traces", traces),
        ("start", start),
        ("memory", memory),
    ];
    let is_wanted = |name: &str| arguments.iter().any(|argument| argument == name);
    let some = parts.iter().any(|(name, _)| is_wanted(name));
    for (name, part) in parts {
        if !some || is_wanted(name) {
            println!("\n{name}");
            part(&bench);
        }
    }
}

/// Makes the work in a folder, and leaves it there for `benches/peers.py`.
fn keep(folder: &Path) {
    for rules in [10, 100, 1_000, 10_000] {
        let project = folder.join(format!("r{rules}-a100000"));
        std::fs::create_dir_all(&project).unwrap();
        work::project(&project, rules, 100_000, Declared::Needed);
    }
    work::leads(&folder.join("leads.csv"), 0..1_000_000);
}

/// What one process took.
#[derive(Clone, Copy)]
struct Took {
    cpu: f64,
    wall: f64,
    /// Bytes.
    memory: u64,
}

struct Bench {
    folder: tempfile::TempDir,
    leads: usize,
    rounds: usize,
}

/// A command line of `pointsman route` without the project and the leads.
type Flags<'a> = &'a [&'a str];

const THREE: &str = "--columns=id=id,owner=assigned_to,rule=rule";

impl Bench {
    fn new(leads: usize, rounds: usize) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap(), leads, rounds };
        work::leads(&bench.path("leads.csv"), 0..leads);
        let size = bench.path("leads.csv").metadata().unwrap().len() / 1_000_000;
        println!("{leads} leads, {size} MB, medians of {rounds} rounds");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn project(&self, rules: usize, accounts: usize, declared: Declared) -> PathBuf {
        let folder = self.path(&format!("r{rules}-a{accounts}-{}", declared == Declared::All));
        if std::fs::create_dir(&folder).is_ok() {
            work::project(&folder, rules, accounts, declared);
        }
        folder
    }

    /// A loop of this file, run as a process.
    fn baseline(&self, name: &str, input: &str) -> Took {
        let mut command = Command::new(std::env::current_exe().unwrap());
        took(command.arg(name).arg(self.path(input)).arg(self.path("out.csv")))
    }

    fn route(&self, project: &Path, input: &str, flags: Flags) -> Took {
        let output = self.path("out").with_extension(Path::new(input).extension().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
        took(command.arg("route").arg(project).arg(self.path(input)).arg("-o").arg(output).args(flags))
    }

    fn route_into_new_ledger(&self, project: &Path, input: &str) -> Took {
        let file = self.path("leads.ledger");
        let _ = std::fs::remove_file(&file);
        self.route(project, input, &[THREE, "--ledger", file.to_str().unwrap()])
    }

    /// Runs the first and the others in turn, and says how the others compare with the first.
    fn compare(&self, first: (&str, &dyn Fn() -> Took), others: &[(&str, &dyn Fn() -> Took)]) {
        let mut firsts = Vec::new();
        let mut ratios = vec![Vec::new(); others.len()];
        let mut tooks = vec![Vec::new(); others.len()];
        for _ in 0..self.rounds {
            let base = first.1();
            firsts.push(base);
            for (other, (_, run)) in others.iter().enumerate() {
                let took = run();
                ratios[other].push((took.cpu / base.cpu, took.wall / base.wall));
                tooks[other].push(took);
            }
        }
        say(first.0, &firsts, None);
        for (other, (name, _)) in others.iter().enumerate() {
            say(name, &tooks[other], Some(&ratios[other]));
        }
    }
}

fn say(name: &str, tooks: &[Took], ratios: Option<&[(f64, f64)]>) {
    let of = |part: fn(&Took) -> f64| median(tooks.iter().map(part).collect());
    let (cpu, wall, memory) = (of(|took| took.cpu), of(|took| took.wall), of(|took| took.memory as f64) / 1e6);
    print!("  {name:44} cpu {cpu:6.3} s  wall {wall:6.3} s  memory {memory:4.0} MB");
    if let Some(ratios) = ratios {
        let cpu = median(ratios.iter().map(|ratio| ratio.0).collect());
        let wall = median(ratios.iter().map(|ratio| ratio.1).collect());
        print!("   x cpu {cpu:5.2}  x wall {wall:5.2}");
    }
    println!();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn took(command: &mut Command) -> Took {
    #[expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
    let begun = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let used = child.wait4().unwrap();
    let wall = begun.elapsed();
    assert!(matches!(used.status.code(), Some(0 | 1)), "{command:?} failed");
    let seconds = |time: Duration| time.as_secs_f64();
    let cpu = seconds(used.rusage.utime) + seconds(used.rusage.stime);
    Took { cpu, wall: seconds(wall), memory: used.rusage.maxrss }
}

fn csv(bench: &Bench) {
    let projects: Vec<PathBuf> =
        [10, 100, 1_000, 10_000].iter().map(|&rules| bench.project(rules, 100_000, Declared::Needed)).collect();
    let run = |rules: usize, threads: &'static str| {
        let (project, bench) = (&projects[rules], &bench);
        move || bench.route(project, "leads.csv", &[THREE, "--threads", threads])
    };
    bench.compare(
        ("csv crate, three columns", &|| bench.baseline("csv3", "leads.csv")),
        &[
            ("route, R = 10, one thread", &run(0, "1")),
            ("route, R = 10, two threads", &run(0, "2")),
            ("route, R = 100, one thread", &run(1, "1")),
            ("route, R = 100, two threads", &run(1, "2")),
            ("route, R = 1,000, one thread", &run(2, "1")),
            ("route, R = 1,000, two threads", &run(2, "2")),
            ("route, R = 10,000, one thread", &run(3, "1")),
            ("route, R = 10,000, two threads", &run(3, "2")),
        ],
    );
}

fn growth(bench: &Bench) {
    let run = |rules: usize, accounts: usize| {
        let project = bench.project(rules, accounts, Declared::Needed);
        move || bench.route(&project, "leads.csv", &[THREE])
    };
    bench.compare(
        ("R = 10, 100,000 accounts", &run(10, 100_000)),
        &[("R = 1,000", &run(1_000, 100_000)), ("R = 10,000", &run(10_000, 100_000))],
    );
    bench.compare(("R = 1,000, no accounts", &run(1_000, 0)), &[("100,000 accounts", &run(1_000, 100_000))]);
}

fn columns(bench: &Bench) {
    let project = bench.project(1_000, 100_000, Declared::Needed);
    bench.compare(
        ("csv crate, all columns", &|| bench.baseline("echo", "leads.csv")),
        &[("route, all columns and six", &|| bench.route(&project, "leads.csv", &[]))],
    );
}

fn declared(bench: &Bench) {
    let run = |declared| {
        let project = bench.project(1_000, 100_000, declared);
        move || bench.route(&project, "leads.csv", &[THREE])
    };
    bench.compare(("nine columns declared", &run(Declared::Needed)), &[("fifteen", &run(Declared::All))]);
}

fn ndjson(bench: &Bench) {
    work::as_ndjson(&bench.path("leads.csv"), &bench.path("leads.ndjson"));
    let project = bench.project(1_000, 100_000, Declared::Needed);
    bench.compare(
        ("serde_json, the fields needed", &|| bench.baseline("serde", "leads.ndjson")),
        &[
            ("route, three columns", &|| bench.route(&project, "leads.ndjson", &[THREE])),
            ("route, everything and six", &|| bench.route(&project, "leads.ndjson", &[])),
        ],
    );
}

fn ledger(bench: &Bench) {
    for rules in [10, 1_000] {
        let project = bench.project(rules, 100_000, Declared::Needed);
        bench.compare(
            (&format!("R = {rules}, without a ledger"), &|| bench.route(&project, "leads.csv", &[THREE])),
            &[("with a new ledger", &|| bench.route_into_new_ledger(&project, "leads.csv"))],
        );
    }
    let project = bench.project(1_000, 100_000, Declared::Needed);
    let half = bench.leads / 2;
    work::leads(&bench.path("first.csv"), 0..half);
    work::leads(&bench.path("second.csv"), half..2 * half);
    for key in ["id", "email"] {
        let [half, file] = ["half.ledger", "leads.ledger"].map(|name| bench.path(name));
        let route_into = |file: &Path, input: &str| {
            bench.route(&project, input, &[THREE, "--ledger", file.to_str().unwrap(), "--key", key])
        };
        let _ = std::fs::remove_file(&half);
        route_into(&half, "first.csv");
        let again = || {
            std::fs::copy(&half, &file).unwrap();
            route_into(&file, "second.csv")
        };
        bench.compare(
            ("half of them, without a ledger", &|| bench.route(&project, "second.csv", &[THREE])),
            &[(&format!("with one that has the other half, by {key}"), &again)],
        );
    }
}

fn traces(bench: &Bench) {
    let project = bench.project(10, 100_000, Declared::Needed);
    let file = bench.path("traces.ndjson");
    bench.compare(
        ("R = 10, without traces", &|| bench.route(&project, "leads.csv", &[THREE])),
        &[("with traces", &|| bench.route(&project, "leads.csv", &[THREE, "--traces", file.to_str().unwrap()]))],
    );
}

fn start(bench: &Bench) {
    work::leads(&bench.path("one.csv"), 0..1);
    let run = |rules: usize, accounts: usize| {
        let project = bench.project(rules, accounts, Declared::Needed);
        move || bench.route(&project, "one.csv", &[THREE])
    };
    bench.compare(
        ("one lead, R = 10", &run(10, 0)),
        &[("R = 1,000", &run(1_000, 0)), ("R = 10,000, 100,000 accounts", &run(10_000, 100_000))],
    );
}

fn memory(bench: &Bench) {
    let accounts = bench.project(1_000, 100_000, Declared::Needed);
    work::leads(&bench.path("many.csv"), 0..5 * bench.leads);
    let run = |input: &'static str, accounts: usize| {
        let project = bench.project(1_000, accounts, Declared::Needed);
        move || bench.route(&project, input, &[THREE])
    };
    bench.compare(
        ("no accounts", &run("leads.csv", 0)),
        &[
            ("no accounts, five times the leads", &run("many.csv", 0)),
            ("100,000 accounts, five times the leads", &run("many.csv", 100_000)),
            ("the same with a new ledger", &|| bench.route_into_new_ledger(&accounts, "many.csv")),
        ],
    );
    let _ = std::fs::remove_file(bench.path("many.csv"));
}

/// The loops that `route` is compared with.
fn baseline(name: &str) -> Option<fn(&Path, &Path)> {
    match name {
        "csv3" => Some(|input, output| csv_loop(input, output, &[0, 3, 7])),
        "echo" => Some(|input, output| csv_loop(input, output, &(0..15).collect::<Vec<usize>>())),
        "serde" => Some(serde_loop),
        _ => None,
    }
}

/// Reads records and writes some of their columns.
fn csv_loop(input: &Path, output: &Path, columns: &[usize]) {
    let mut reader = csv::Reader::from_path(input).unwrap();
    let mut writer = csv::Writer::from_path(output).unwrap();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        writer.write_record(columns.iter().map(|&column| &record[column])).unwrap();
    }
    writer.flush().unwrap();
}

#[derive(serde::Deserialize)]
struct Needed<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    email: Option<Cow<'a, str>>,
    #[serde(borrow)]
    country: Option<Cow<'a, str>>,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    #[serde(borrow)]
    postal_code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    industry: Option<Cow<'a, str>>,
    employees: Option<u64>,
    score: Option<f64>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
}

/// Reads the fields that the policy needs, and writes three of them.
fn serde_loop(input: &Path, output: &Path) {
    #[expect(clippy::disallowed_methods, reason = "a bench reads its own input")]
    let mut reader = std::io::BufReader::with_capacity(1 << 18, std::fs::File::open(input).unwrap());
    #[expect(clippy::disallowed_methods, reason = "a bench writes to its own folder")]
    let mut writer = std::io::BufWriter::with_capacity(1 << 18, std::fs::File::create(output).unwrap());
    let mut line = String::new();
    let mut known = 0;
    while reader.read_line(&mut line).unwrap() > 0 {
        let lead: Needed<'_> = serde_json::from_str(&line).unwrap();
        let is_known = lead.email.is_some() && lead.employees.is_some() && lead.score.is_some();
        let others = [&lead.state, &lead.postal_code, &lead.industry, &lead.source];
        known += usize::from(is_known && others.iter().all(|field| field.is_some()));
        let country = lead.country.as_deref().unwrap_or_default();
        writeln!(writer, "{{\"id\":\"{}\",\"country\":\"{country}\"}}", lead.id).unwrap();
        line.clear();
    }
    std::hint::black_box(known);
    writer.flush().unwrap();
}
