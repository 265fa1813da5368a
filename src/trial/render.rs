//! Test results for people, for programs and for CI systems.

use std::fmt::Write;

use anstyle::AnsiColor;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde::Serialize;

use crate::diagnostic::human::Look;
use crate::diagnostic::json::SpanV1;
use crate::explain;
use crate::ids::RuleId;
use crate::policy::Project;
use crate::source::SourceMap;
use crate::trial::{Failure, Trial};

/// The results of one run with what it takes to say them.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    pub project: &'a Project,
    pub sources: &'a SourceMap,
    /// Put before file names.
    pub prefix: &'a str,
    pub trials: &'a [Trial],
    /// Rules that no test reaches, if coverage was asked for.
    pub unreached: Option<&'a [RuleId]>,
}

impl Report<'_> {
    fn failed(&self) -> usize {
        self.trials.iter().filter(|trial| !trial.passed()).count()
    }

    fn unreached_names(&self) -> Option<Vec<String>> {
        Some(self.unreached?.iter().map(|&rule| self.project.rule_name(rule)).collect())
    }

    fn test<'t>(&self, trial: &'t Trial) -> TestV1<'t> {
        let span = |span| SpanV1::of(span, self.sources, self.prefix);
        let failures = trial.failures.iter().map(|failure| FailureV1 {
            expected: &failure.expected,
            found: &failure.found,
            span: span(failure.span),
        });
        TestV1 {
            name: &trial.name,
            passed: trial.passed(),
            span: span(trial.span),
            rule: trial.explanation.decision.as_ref().map(|decision| decision.rule.as_str()),
            failures: failures.collect(),
        }
    }

    /// `examples/rules/tour/main.rules:12:3`
    fn place(&self, failure: &Failure) -> String {
        let at = SpanV1::of(failure.span, self.sources, self.prefix);
        format!("{}:{}:{}", at.file, at.line, at.column)
    }
}

/// A line a test, and the path of each lead that went another way.
pub fn human(report: &Report<'_>, look: Look) -> String {
    let (good, bad) = (AnsiColor::Green.on_default(), AnsiColor::Red.on_default());
    let painted = |style: anstyle::Style, text: &str| {
        if look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let mut out = String::new();
    for trial in report.trials {
        let sign = if trial.passed() { painted(good, "✓") } else { painted(bad, "✗") };
        let _ = writeln!(out, "{sign} {}", trial.name);
        for failure in &trial.failures {
            let _ = writeln!(out, "    expected {}\n    found    {}", failure.expected, failure.found);
            let _ = writeln!(out, "    at {}", report.place(failure));
        }
        if !trial.passed() {
            out.push('\n');
            out.push_str(&indented(&explain::human::render(&trial.explanation, look)));
            out.push('\n');
        }
    }
    if let Some(names) = report.unreached_names() {
        write_coverage(&mut out, &names, report.project.rules.len());
    }
    let failed = report.failed();
    let _ = writeln!(out, "{} passed, {failed} failed", report.trials.len() - failed);
    out
}

fn write_coverage(out: &mut String, unreached: &[String], rules: usize) {
    let _ = writeln!(out, "{} of {rules} rules are reached by a test", rules - unreached.len());
    for name in unreached {
        let _ = writeln!(out, "  not reached: {name}");
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// Version 1. Fields may be added, never changed or removed.
#[derive(Serialize)]
struct ReportV1<'a> {
    version: u32,
    command: &'static str,
    tests: Vec<TestV1<'a>>,
    summary: SummaryV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<CoverageV1>,
}

#[derive(Serialize)]
struct TestV1<'a> {
    name: &'a str,
    passed: bool,
    span: SpanV1,
    /// `policy.rule` that decided.
    rule: Option<&'a str>,
    failures: Vec<FailureV1<'a>>,
}

#[derive(Serialize)]
struct FailureV1<'a> {
    expected: &'a str,
    found: &'a str,
    span: SpanV1,
}

#[derive(Serialize)]
struct SummaryV1 {
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct CoverageV1 {
    rules: usize,
    reached: usize,
    unreached: Vec<String>,
}

pub fn json(report: &Report<'_>) -> String {
    let tests = report.trials.iter().map(|trial| report.test(trial));
    let rules = report.project.rules.len();
    let document = ReportV1 {
        version: 1,
        command: "test",
        tests: tests.collect(),
        summary: SummaryV1 { passed: report.trials.len() - report.failed(), failed: report.failed() },
        coverage: report.unreached_names().map(|unreached| CoverageV1 {
            rules,
            reached: rules - unreached.len(),
            unreached,
        }),
    };
    serde_json::to_string_pretty(&document).expect("text and numbers are always JSON") + "\n"
}

/// JUnit's XML as CI systems read it (the schema of the Jenkins xUnit plugin).
pub fn junit(report: &Report<'_>) -> String {
    let (tests, failures) = (report.trials.len().to_string(), report.failed().to_string());
    let counts = [("name", "pointsman"), ("tests", &tests), ("failures", &failures), ("errors", "0")];
    let mut writer = quick_xml::Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).and_then(|()| {
        let suites = writer.create_element("testsuites").with_attributes(counts);
        suites.write_inner_content(|writer| {
            let suite = writer.create_element("testsuite").with_attributes(counts);
            suite
                .write_inner_content(|writer| report.trials.iter().try_for_each(|trial| case(writer, report, trial)))?;
            Ok(())
        })?;
        Ok(())
    });
    written.expect("writing to memory cannot fail");
    String::from_utf8(writer.into_inner()).expect("the parts are all text") + "\n"
}

fn case(writer: &mut quick_xml::Writer<Vec<u8>>, report: &Report<'_>, trial: &Trial) -> std::io::Result<()> {
    let at = SpanV1::of(trial.span, report.sources, report.prefix);
    let (name, line) = (xml_text(&trial.name), at.line.to_string());
    let attributes =
        [("name", name.as_str()), ("classname", &at.file), ("file", &at.file), ("line", &line), ("time", "0")];
    let case = writer.create_element("testcase").with_attributes(attributes);
    if trial.passed() {
        case.write_empty()?;
        return Ok(());
    }
    case.write_inner_content(|writer| {
        for failure in &trial.failures {
            let message = xml_text(&format!("expected {}, found {}", failure.expected, failure.found));
            let place = xml_text(&format!("at {}\n\n{}", report.place(failure), path(trial)));
            let element = writer.create_element("failure").with_attribute(("message", message.as_str()));
            element.write_text_content(BytesText::new(&place))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn path(trial: &Trial) -> String {
    explain::human::render(&trial.explanation, Look::plain())
}

/// Without the characters that XML 1.0 cannot hold (section 2.2).
fn xml_text(text: &str) -> String {
    let is_held = |letter: &char| match letter {
        '\n' | '\t' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        letter => !letter.is_control(),
    };
    text.chars().filter(is_held).collect()
}
