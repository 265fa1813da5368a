//! The picture as one page for a browser, in which one finds a rule, and sees the way of a lead.
//!
//! The page has a script, and the script evaluates nothing: it looks up the ways that the evaluator went
//! when the page was made ([`Trails`]). A second evaluator, in another language, would one day say something
//! else than the first. A lead that the page does not know gets the command that says where it goes.
//!
//! Names and cells come from strangers. In the page's markup the template escapes them; in its script's data `<`
//! is written `\u003c`; the script makes text nodes of them, never markup; and the page's policy allows this
//! one script by its hash, and nothing from anywhere else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::gather::Gathered;
use super::place::{Format, layout};
use super::scene::{Scene, rows_of};
use super::svg::{self, Place};
use super::trails::Trails;
use super::words;
use super::{Subject, text::clean};
use crate::analysis::arrivals::Arrival;
use crate::diagnostic::Finding;
use crate::graph::{Concerns, Node, condition_text};
use crate::ids::RuleId;
use crate::policy::{Action, Origin};
use crate::report::page::THEME;
use crate::source::SourceMap;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page says besides the picture.
pub struct Contents<'a> {
    pub subject: Subject<'a>,
    pub sources: &'a SourceMap,
    /// Leads from where the page is made to the project's folder.
    pub prefix: &'a str,
    /// For a shell: `pointsman explain policies`.
    pub explain: &'a str,
    /// The file of leads, for a shell, if there is one that can be read again.
    pub file: Option<&'a str>,
    pub gathered: &'a Gathered<'a>,
    /// Nothing is folded.
    pub all_rows: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    commands: Commands<'a>,
    /// The name of the file of leads.
    file: Option<&'a str>,
    has_ids: bool,
    fields: Vec<&'a str>,
    policies: Vec<&'a str>,
    rules: Vec<RuleOut>,
    findings: Vec<Found>,
    trails: &'a Trails,
}

#[derive(Serialize)]
struct Commands<'a> {
    explain: &'a str,
    file: Option<&'a str>,
}

#[derive(Serialize)]
struct RuleOut {
    name: String,
    when: Option<String>,
    does: String,
    hands_on: bool,
    description: Option<String>,
    place: String,
    leads: Option<u64>,
    findings: Vec<Found>,
    /// Its row in the picture.
    row: usize,
    /// A lead that comes to it, or why there is none.
    lead: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<&'static str>,
}

#[derive(Serialize)]
struct Found {
    severity: &'static str,
    code: &'static str,
    message: String,
    help: Option<String>,
}

pub fn render(contents: &Contents<'_>) -> String {
    let subject = &contents.subject;
    let scene = Scene::new(subject, !contents.all_rows);
    let rules = rules(contents, &scene);
    let script = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    );
    let table = table(&rules, subject.traffic.is_some());
    let data = data(contents, rules);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy);
                title { (scene.title) }
                style { (PreEscaped(THEME)) (PreEscaped(svg::STYLE)) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { bdi { (scene.title) } }
                    p.soft { (scene.facts.join(" · ")) }
                }
                main {
                    (panel(contents))
                    (picture(&scene))
                    (table)
                }
                footer { (notes(contents)) }
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn picture(scene: &Scene) -> Markup {
    let drawn = |format, class| svg::render(scene, &layout(scene, format), Place::Page(class));
    html! { div.picture { (drawn(Format::Screen, "wide")) (drawn(Format::Narrow, "narrow")) } }
}

/// Where one searches, and sees what was found.
fn panel(contents: &Contents<'_>) -> Markup {
    let fields: Vec<&str> = contents.subject.project.lead.fields.iter().map(|field| field.name.as_str()).collect();
    let example = fields.iter().filter(|name| **name != "id").take(2).map(|name| format!("{name}=…"));
    let example = example.collect::<Vec<String>>().join(", ");
    html! {
        div.panel role="search" {
            form {
                label for="search" { "Find a rule, or paste a lead" }
                input #search type="search" autocomplete="off" spellcheck="false" placeholder=(format!("a name, a word, or {example}")) aria-describedby="status";
            }
            p #status role="status" {}
            div #results {}
            div #shown tabindex="-1" aria-live="polite" {}
        }
    }
}

fn rules(contents: &Contents<'_>, scene: &Scene) -> Vec<RuleOut> {
    let subject = &contents.subject;
    let project = subject.project;
    let concerns = Concerns::new(subject.findings);
    let rows = rows_of(scene, project.rules.len());
    let rule = |(id, rule): (RuleId, &crate::policy::Rule)| {
        let place = match rule.origin {
            Origin::Row(table, row) => project.tables[table].rows[row].span,
            Origin::Rule | Origin::Otherwise => rule.head,
        };
        let place = contents.sources.locate(place);
        let lead = contents.gathered.examples[id];
        let name = project.rule_name(id);
        // What names the rule only as the cause of another's trouble is told there.
        let is_about = |finding: &&Finding| finding.rule.as_deref().is_none_or(|rule| rule == name);
        RuleOut {
            name: clean(&name),
            when: rule.when.as_ref().map(|when| clean(&condition_text(project, when))),
            does: words::action(project, &rule.action),
            hands_on: matches!(rule.action, Action::GoTo(_)),
            description: rule.description.as_deref().map(clean),
            place: format!("{}{}:{}", contents.prefix, clean(place.file), place.start.line),
            leads: subject.traffic.map(|traffic| traffic.taken[id]),
            findings: concerns.of(project, &Node::Rule(id)).filter(is_about).map(found).collect(),
            row: rows[id],
            lead,
            without: lead.is_none().then_some(match contents.gathered.arrivals[id] {
                Arrival::Nobody => "nobody",
                Arrival::Open => "open",
                Arrival::Lead(_) => "left_out",
            }),
        }
    };
    project.rules.iter_with_ids().map(rule).collect()
}

fn found(finding: &Finding) -> Found {
    Found {
        severity: finding.severity.name(),
        code: finding.code.name(),
        message: clean(&finding.message),
        help: finding.help.as_deref().map(clean),
    }
}

/// JSON that cannot end the element it stands in.
fn data(contents: &Contents<'_>, rules: Vec<RuleOut>) -> String {
    let project = contents.subject.project;
    let document = Document {
        commands: Commands { explain: contents.explain, file: contents.file },
        file: contents.subject.traffic.map(|traffic| traffic.name.as_str()),
        has_ids: project.lead.key.is_some(),
        fields: project.lead.fields.iter().map(|field| field.name.as_str()).collect(),
        policies: project.policies.iter().map(|policy| policy.name.as_str()).collect(),
        rules,
        findings: contents.subject.findings.iter().map(found).collect(),
        trails: &contents.gathered.trails,
    };
    let json = serde_json::to_string(&document).expect("text, numbers and lists become JSON");
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Every rule, also those that share a row of the picture.
fn table(rules: &[RuleOut], has_counts: bool) -> Markup {
    html! {
        details.rules {
            summary { "Every rule as a table" }
            div.table {
                table {
                    thead {
                        tr {
                            th scope="col" { "Rule" } th scope="col" { "When" } th scope="col" { "Does" }
                            @if has_counts { th.number scope="col" { "Leads" } }
                            th scope="col" { "Findings" } th scope="col" { "Place" }
                        }
                    }
                    tbody {
                        @for rule in rules {
                            tr {
                                th scope="row" { bdi { (rule.name) } }
                                td { bdi { (rule.when.as_deref().unwrap_or("everything else")) } }
                                td { bdi { (rule.does) } }
                                @if has_counts { td.number { (rule.leads.map(words::count).unwrap_or_default()) } }
                                td { @for found in &rule.findings { div { (found.severity) ": " (found.code) } } }
                                td { (rule.place) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn notes(contents: &Contents<'_>) -> Markup {
    let of_file = contents.subject.traffic.map_or(0, |traffic| traffic.leads);
    let left_out = of_file - contents.gathered.of_file.min(of_file);
    let kept = words::counted(contents.gathered.trails.count() as u64, "lead", "leads");
    html! {
        p {
            "The page holds the ways of " (kept) " as the router went them when it was made: one for each rule that leads reach, those that show findings"
            @if contents.subject.traffic.is_some() { ", and those of the file" }
            ". It evaluates nothing itself."
            @if left_out > 0 { " " (words::counted(left_out, "further lead", "further leads")) " of the file were counted only." }
        }
        noscript { p { "Searching needs JavaScript; the picture and the table do not." } }
        p { "Made by pointsman." }
    }
}
