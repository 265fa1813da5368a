//! `import salesforce`: a record goes where Salesforce would send it, and what cannot be promised is
//! said.

use std::fmt::Write;

use pointsman::check::{self, InMemory};
use pointsman::import::report::TranslatedV1;
use pointsman::import::{self, Failed, Imported, Options};
use pointsman::lead::Lead;
use pointsman::plan::{self, Facts, Outcome, Plan};
use pointsman::policy::Project;
use pointsman::source::SourceMap;
use proptest::prelude::*;

use crate::naive_salesforce::{Letters, Record, decide, entries, record, xml};
use crate::projects::now;
use crate::workplace::{Ended, Workplace};

const EVERYTHING: &str = include_str!("salesforce/Lead.assignmentRules-meta.xml");

/// What is made of one file.
fn imported(name: &str, text: &str) -> Result<Imported, (SourceMap, Failed)> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text).unwrap();
    match import::salesforce(&[file], &sources, Options::default()) {
        Ok(mut projects) => Ok(projects.remove(0)),
        Err(failed) => Err((sources, failed)),
    }
}

fn project(imported: &Imported) -> Project {
    let loaded = check::load(&InMemory(imported.files.iter().cloned().collect()), "main.rules");
    loaded.project.unwrap_or_else(|| panic!("{:?}", loaded.findings))
}

/// Entries around which there is one active assignment rule.
fn rules(entries: &str) -> String {
    format!(
        "<AssignmentRules xmlns=\"http://soap.sforce.com/2006/04/metadata\"><assignmentRule><fullName>Leads</fullName>\
         <active>true</active>{entries}</assignmentRule></AssignmentRules>"
    )
}

/// An entry of a queue, with what it asks.
fn entry(asks: &str) -> String {
    format!("<ruleEntry><assignedTo>Q</assignedTo><assignedToType>Queue</assignedToType>{asks}</ruleEntry>")
}

fn formula(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    entry(&format!("<formula>{text}</formula>"))
}

fn criterion(field: &str, operation: &str, value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<criteriaItems><field>{field}</field><operation>{operation}</operation><value>{value}</value></criteriaItems>"
    )
}

/// The condition that is made of each entry, and in parentheses what is said about it.
fn conditions(entries: &[String]) -> Vec<String> {
    let imported =
        imported("Lead.assignmentRules", &rules(&entries.concat())).unwrap_or_else(|(_, why)| panic!("{why:?}"));
    let main = &imported.files[0].1;
    let condition = |number: usize| -> String {
        let (_, after) = main.split_once(&format!("rule entry_{number}\n")).unwrap_or_else(|| panic!("{main}"));
        let clause = after.split("\n    assign ").next().unwrap();
        clause.split_whitespace().collect::<Vec<_>>().join(" ").trim_start_matches("when ").to_owned()
    };
    let said = |entry: &import::report::EntryV1| {
        let open = entry.open.iter().map(|open| open.why.clone());
        let said: Vec<String> = open.chain(entry.remarks.iter().cloned()).collect();
        if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) }
    };
    let all = imported.report.policies[0].entries.iter();
    all.map(|entry| condition(entry.entry) + &said(entry)).collect()
}

fn condition(entry: String) -> String {
    conditions(&[entry]).remove(0)
}

// --- decisions ------------------------------------------------------------------------------------

/// The name of the rule that a project decides by.
fn decided(project: &Project, plan: &Plan, record: &Record) -> String {
    let lead = Lead::read(&project.lead, &project.timezone, |field| {
        let field = &project.lead.fields[field];
        let header = field.from.as_deref().unwrap_or(&field.name);
        if header == "Id" { Some("1") } else { record.get(header).map(String::as_str) }
    });
    match plan::decide(plan, &Facts::new(project, &lead), &mut ()) {
        Outcome::Decided(rule) => project.rule_name(rule),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_goes_where_salesforce_sends_it(entries in entries(), records in prop::collection::vec(record(), 24)) {
        let imported = imported("Lead.assignmentRules", &xml(&entries)).unwrap_or_else(|(_, why)| panic!("{why:?}"));
        let project = project(&imported);
        let report = &imported.report.policies[0].entries;
        prop_assert_eq!(imported.report.summary.not, 0, "{:?}", imported.report);
        let plan = plan::compile(&project, now().to_zoned(project.timezone.clone()).date());
        let exact = report.iter().all(|entry| entry.translated == TranslatedV1::Exactly);
        for record in &records {
            let expected = |letters| match decide(&entries, record, letters) {
                Some(number) => report[number - 1].rule.clone(),
                None => "Random.otherwise".to_owned(),
            };
            let found = decided(&project, &plan, record);
            prop_assert_eq!(&found, &expected(Letters::Alike), "{:?}\n{}", record, imported.files[0].1);
            if exact {
                prop_assert_eq!(&found, &expected(Letters::Heeded), "{:?}\n{}", record, imported.files[0].1);
            }
        }
    }

    #[test]
    fn whatever_a_file_holds_the_importer_ends(text in "(<|>|/|&|;|\"|!|\\[|[a-z]|assignmentRule|ruleEntry|formula|criteriaItems|field|\\(|AND |1 |, ){0,80}") {
        let _ = imported("Lead.assignmentRules", &text);
        let _ = imported("Lead.assignmentRules", &rules(&format!("<ruleEntry>{text}</ruleEntry>")));
        let _ = imported("Lead.assignmentRules", &rules(&formula(&text)));
        let _ = imported("Lead.assignmentRules", &rules(&entry(&criterion("Lead.X__c", "contains", &text))));
    }
}

// --- what is written ------------------------------------------------------------------------------

#[test]
fn a_file_with_everything_becomes_a_policy_to_read() {
    let imported = imported("Lead.assignmentRules-meta.xml", EVERYTHING).unwrap_or_else(|(_, why)| panic!("{why:?}"));
    for (name, text) in &imported.files {
        insta::assert_snapshot!(format!("everything_{name}"), text);
    }
    insta::assert_snapshot!("everything_report", import::report::human(&imported.report, "lead-rules"));
}

#[test]
fn what_is_written_is_laid_out_and_lints_without_errors() {
    let place = Workplace::with(&[("Lead.assignmentRules-meta.xml", EVERYTHING)]);
    import_in(&place, &["Lead.assignmentRules-meta.xml"]).out(0);
    assert_eq!(place.run_as_is(&["fmt", "--check", "lead-rules"]).out(0), "");
    let report = place.run(&["lint", "lead-rules", "--format", "json"]).json();
    assert_eq!(report["summary"]["errors"], 0, "{report:#}");
    let codes: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert!(codes.iter().all(|code| matches!(*code, "lexical-order" | "blank-slips-through")), "{codes:?}");
}

#[test]
fn each_operation_says_the_same_in_the_language() {
    let said = |field, operation, value| condition(entry(&criterion(field, operation, value)));
    assert_eq!(said("Lead.Country", "equals", "US"), r#"Country is "US""#);
    assert_eq!(said("Lead.Country", "equals", "US,\"Korea, South\""), r#"Country in ["US", "Korea, South"]"#);
    assert_eq!(said("Lead.Country", "equals", ",Eritrea"), r#"Country is "Eritrea" or Country is blank"#);
    assert_eq!(said("Lead.Country", "equals", ""), "Country is blank");
    assert_eq!(said("Lead.Country", "notEqual", ""), "Country is known");
    assert_eq!(said("Lead.Country", "notEqual", "US,CA"), r#"Country not in ["US", "CA"]"#);
    assert_eq!(said("Lead.Country", "notEqual", ",CA"), r#"not (Country is "CA" or Country is blank)"#);
    assert_eq!(said("Lead.Company", "contains", "a,b"), r#"Company contains ["a", "b"]"#);
    assert_eq!(said("Lead.Company", "notContain", "a"), r#"not Company contains "a""#);
    assert_eq!(said("Lead.Company", "startsWith", "a"), r#"Company starts with "a""#);
    assert_eq!(said("Lead.I__c", "includes", "a,b"), r#"I__c has any of ["a", "b"]"#);
    assert_eq!(said("Lead.I__c", "excludes", "a"), r#"not I__c has "a""#);
    assert_eq!(said("Lead.N__c", "lessThan", "5"), "N__c < 5");
    assert_eq!(said("Lead.N__c", "greaterOrEqual", "-28"), "N__c >= -28");
    assert_eq!(said("Lead.AnnualRevenue", "equals", "\"1,000,000.50\""), "AnnualRevenue is 1000000.50");
    assert_eq!(said("Lead.CreatedDate", "lessOrEqual", "2026-01-31"), "CreatedDate <= 2026-01-31");
    assert_eq!(said("Lead.CreatedDate", "equals", "31/1/2026"), "CreatedDate is 2026-01-31");
    assert_eq!(said("Lead.B__c", "equals", "True"), "B__c is yes");
    assert_eq!(said("Lead.B__c", "notEqual", "False"), "B__c is not no");
    assert_eq!(said("Lead.OwnerId", "equals", "Ana"), r#"Owner_Name is "Ana""#);
    assert_eq!(said("Account.SLA__c", "equals", "Gold"), r#"Account_SLA__c is "Gold""#);
}

#[test]
fn what_a_policy_cannot_say_is_a_field_that_says_whether_it_holds() {
    let said = |field, operation, value| condition(entry(&criterion(field, operation, value)));
    let open = |why: &str| format!("entry_1_criterion_1 is yes ({why})");
    assert_eq!(said("Lead.CreatedDate", "equals", "TODAY"), open("asks for `TODAY`, which is another day each day"));
    assert_eq!(
        said("Lead.CreatedDate", "equals", "3/4/2026"),
        open("asks for `3/4/2026`, which may be one of two days")
    );
    assert_eq!(said("Lead.N__c", "lessThan", "5,6"), open("orders against several values, which Salesforce refuses"));
    assert_eq!(said("Lead.N__c", "lessThan", ""), open("orders against nothing"));
    assert_eq!(said("Lead.Company", "contains", "a,"), open("looks for an empty text"));
    assert_eq!(said("Lead.I__c", "includes", "a;b"), open("asks for the combination `a;b` of values"));
    assert_eq!(said("Lead.L__c", "within", "1:2:3"), open("uses the operation `within`"));
    assert_eq!(
        said("Lead.AnnualRevenue", "contains", "5"),
        open("looks for a text in `AnnualRevenue`, which is a number")
    );
    let fields = "<criteriaItems><field>Lead.A</field><operation>equals</operation><valueField>Lead.B</valueField></criteriaItems>";
    assert_eq!(condition(entry(fields)), open("compares two fields, `Lead.A` and `Lead.B`"));
}

#[test]
fn the_documented_core_of_formulas_is_translated() {
    let said = |text: &str| condition(formula(text));
    assert_eq!(said("ISPICKVAL(Rating, 'Hot')"), r#"Rating is "Hot""#);
    assert_eq!(said("NOT(ISPICKVAL(Rating, ''))"), "Rating is known");
    assert_eq!(said("TEXT(LeadSource) = 'Web' || TEXT(LeadSource) = 'Fair'"), r#"LeadSource in ["Web", "Fair"]"#);
    assert_eq!(said("ISNEW() && TEXT(A__c) <> 'x' && TEXT(A__c) != 'y'"), r#"A__c not in ["x", "y"]"#);
    assert_eq!(said("CONTAINS(LOWER(Title), 'chief')"), r#"Title contains "chief""#);
    assert_eq!(said("LEFT(UPPER(State), 2) = 'NY'"), r#"State starts with "NY""#);
    assert_eq!(said("LEFT(TEXT(State), 3) = 'NY'"), r#"State is "NY""#);
    assert_eq!(said("50 <= NumberOfEmployees"), "NumberOfEmployees >= 50");
    assert_eq!(
        said("Hot__c && NOT(Cold__c) && Old__c = FALSE"),
        "Hot__c is yes and Cold__c is not yes and Old__c is not yes"
    );
    assert_eq!(said("CASE(TEXT(A__c), 'x', 1, 'y', 1, 'z', 2, 0) = 1"), r#"A__c in ["x", "y"]"#);
    assert_eq!(said("CASE(TEXT(A__c), 'x', 1, 'y', 2, 0) < 2"), r#"A__c is "x" or A__c not in ["x", "y"]"#);
    assert_eq!(said("IF(Hot__c, 'a', 'b') = 'b'"), "Hot__c is not yes");
    assert_eq!(said("AND(Hot__c, OR(ISNEW(), REGEX(Phone, '.')))"), "Hot__c is yes");
    assert_eq!(said("AND(NOT(ISCHANGED(A__c)), ISBLANK(A__c))"), "A__c is blank");
}

#[test]
fn a_formula_that_heeds_letter_case_says_so() {
    let heeds = |field: &str| format!("(the formula heeds letter case in `{field}`; the policy does not)");
    assert_eq!(condition(formula("City = 'Wien'")), format!(r#"City is "Wien" {}"#, heeds("City")));
    assert_eq!(condition(formula("CONTAINS(City, 'Wien')")), format!(r#"City contains "Wien" {}"#, heeds("City")));
    assert_eq!(condition(formula("PostalCode = '1010'")), r#"PostalCode is "1010""#);
    let never = condition(formula("LOWER(City) = 'Wien'"));
    assert_eq!(never, "Id is blank", "a text in small letters is never `Wien`");
}

#[test]
fn other_formulas_are_left_open_as_a_whole() {
    let open = |text: &str| {
        condition(formula(text)).strip_prefix("entry_1_formula is yes (").unwrap_or("translated").to_owned()
    };
    assert_eq!(open("A__c && REGEX(Phone, '.')"), "uses `REGEX`)");
    assert_eq!(open("$Profile.Name = 'x'"), "reads `$Profile.Name`, which is no field of the record)");
    assert_eq!(open("A__c = B__c"), "compares two fields)");
    assert_eq!(open("N__c * 2 > 5"), "computes with `*`)");
    assert_eq!(open("CreatedDate > TODAY()"), "uses `TODAY`)");
    assert_eq!(
        open("OwnerId = '00580000003FrC4'"),
        "compares with the record `00580000003FrC4`, and two ids may differ in letter case alone)"
    );
    assert!(open("NOT(N__c > 5)").starts_with("negates a comparison of the number `N__c`"));
    assert!(open("N__c <> 5").starts_with("negates a comparison of the number `N__c`"));
    assert!(open("A__c <> NULL").starts_with("compares with `NULL`"));
    assert!(open("ISNULL(A__c)").starts_with("uses `ISNULL`"));
    assert!(open("CONTAINS('US:CA', Country)").starts_with("gives `CONTAINS` something else"));
    assert_eq!(open("CONTAINS(City, '')"), "looks for an empty text, which every text holds)");
    assert_eq!(open("CONTAINS(City, ' x')"), "looks for ` x` with the space around it)");
    assert_eq!(open("AND(A__c"), "lacks a `)`)");
}

#[test]
fn a_field_has_one_type_in_all_entries() {
    let entries = [
        entry(&criterion("Lead.Size__c", "greaterThan", "50")),
        entry(&criterion("Lead.Size__c", "equals", "5,6")),
        entry(&criterion("Lead.Zip__c", "greaterThan", "50")),
        entry(&criterion("Lead.Code__c", "greaterThan", "0500")),
        entry(&criterion("Lead.Code__c", "contains", "5")),
        formula("Both__c = 'x'"),
        formula("Both__c > 5"),
    ];
    let said = conditions(&entries);
    assert_eq!(said[0..2], ["Size__c > 50", "Size__c in [5, 6]"]);
    let lexical = |field: &str| format!("(`{field}` is ordered as text, letter by letter: `1000` comes before `9`)");
    assert_eq!(said[2], format!(r#"Zip__c > "50" {}"#, lexical("Zip__c")));
    assert_eq!(said[3], format!(r#"Code__c > "0500" {}"#, lexical("Code__c")));
    assert_eq!(said[6], "entry_7_formula is yes (compares a text with the number 5)");
}

#[test]
fn a_record_that_no_entry_takes_keeps_its_owner_unless_the_gap_is_asked_for() {
    let place = Workplace::with(&[("Lead.assignmentRules", &rules(&formula("Hot__c")))]);
    import_in(&place, &["Lead.assignmentRules"]).out(0);
    assert!(place.read("lead-rules/main.rules").contains("  otherwise keep owner\n"));
    import_in(&place, &["Lead.assignmentRules", "--force", "--strict-fallback"]).out(0);
    assert!(!place.read("lead-rules/main.rules").contains("otherwise"));
    assert!(place.run(&["lint", "lead-rules"]).out(1).contains("missing-fallback"));
}

#[test]
fn an_entry_for_every_record_hides_what_stands_below_it() {
    let place = Workplace::with(&[("Lead.assignmentRules", &rules(&(entry("") + &formula("Hot__c"))))]);
    import_in(&place, &["Lead.assignmentRules"]).out(0);
    assert!(place.read("lead-rules/main.rules").contains("when Id is known"));
    let said = place.run(&["lint", "lead-rules"]);
    assert!(said.out(1).contains("no lead can reach rule `entry_2`"), "{}", said.out);
    place.write("Lead.assignmentRules", &rules(&(formula("Hot__c") + &entry(""))));
    import_in(&place, &["Lead.assignmentRules", "--force"]).out(0);
    assert!(place.read("lead-rules/main.rules").contains("  otherwise assign queue Q\n"));
}

#[test]
fn leads_start_at_the_active_rule_and_it_is_said_if_that_is_not_plain() {
    let rule = |name: &str, active: bool| {
        format!(
            "<assignmentRule><fullName>{name}</fullName><active>{active}</active>{}</assignmentRule>",
            formula("Hot__c")
        )
    };
    let start = |rules: [String; 2]| {
        let place = Workplace::with(&[(
            "Lead.assignmentRules",
            &format!("<AssignmentRules>{}</AssignmentRules>", rules.concat()),
        )]);
        let said = import_in(&place, &["Lead.assignmentRules"]).err(0).to_owned();
        let main = place.read("lead-rules/main.rules");
        (main.lines().last().unwrap().to_owned(), said.lines().last().unwrap().to_owned())
    };
    assert_eq!(start([rule("A", false), rule("B", true)]).0, "start at B");
    let (line, said) = start([rule("A", true), rule("B", true)]);
    assert_eq!((&*line, &*said), ("start at A", "  several are active (A, B): leads start at the first"));
    let (line, said) = start([rule("A", false), rule("B", false)]);
    assert_eq!((&*line, &*said), ("start at A", "  none is active in Salesforce: leads start at the first, `A`"));
}

// --- the command ----------------------------------------------------------------------------------

fn import_in(place: &Workplace, arguments: &[&str]) -> Ended {
    place.run_as_is(&[&["import", "salesforce"], arguments].concat())
}

#[test]
fn each_object_is_a_project_of_its_own() {
    let lead = rules(&entry(&criterion("Lead.City", "equals", "Wien")));
    let case = rules(&entry(&criterion("Case.Origin", "equals", "Web")));
    let place = Workplace::with(&[("Lead.assignmentRules", &lead), ("support.xml", &case)]);
    import_in(&place, &["Lead.assignmentRules", "support.xml", "-o", "all"]).out(0);
    assert!(place.read("all/lead-rules/main.rules").contains("City"));
    assert!(place.read("all/case-rules/main.rules").contains("Origin is \"Web\""));
    assert!(!place.has("all/main.rules"));
}

#[test]
fn a_project_that_is_there_is_left_alone() {
    let file = rules(&entry(&criterion("Lead.City", "equals", "Wien")));
    let place = Workplace::with(&[("Lead.assignmentRules", &file), ("lead-rules/main.rules", "mine")]);
    let said = import_in(&place, &["Lead.assignmentRules"]);
    assert!(said.err(2).contains("`lead-rules/main.rules` is there already"), "{}", said.err);
    assert_eq!(place.read("lead-rules/main.rules"), "mine");
    import_in(&place, &["Lead.assignmentRules", "--force"]).out(0);
    assert_ne!(place.read("lead-rules/main.rules"), "mine");
}

#[test]
fn programs_get_the_report_as_json() {
    let place = Workplace::with(&[("Lead.assignmentRules-meta.xml", EVERYTHING)]);
    let ended = import_in(&place, &["Lead.assignmentRules-meta.xml", "--format", "json"]);
    assert_eq!(ended.err(0), "");
    insta::assert_json_snapshot!("everything_json", ended.json());
}

#[test]
fn what_is_wrong_with_a_file_is_said_at_its_place_and_nothing_is_written() {
    let criteria = criterion("Lead.A", "equals", "1");
    let wrong = [
        ("an empty file", String::new()),
        ("a file that is cut off", rules(&criteria).replace("</assignmentRule>", "").replace("</AssignmentRules>", "")),
        ("tags that cross", "<AssignmentRules>\n  <a><b></a></b>\n</AssignmentRules>".to_owned()),
        (
            "other metadata",
            "<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\"></CustomObject>".to_owned(),
        ),
        ("an entity of one's own", rules("<ruleEntry><formula>&lol;</formula></ruleEntry>")),
        ("a document type", format!("<!DOCTYPE a [<!ENTITY lol \"lol\">]>\n{}", rules(""))),
        ("a CSV file", "Id,Country\n1,DE\n".to_owned()),
        ("no rules", "<AssignmentRules/>".to_owned()),
        (
            "a filter without its criterion",
            rules(&entry(&format!("<booleanFilter>1 AND (2 OR 1)</booleanFilter>{criteria}"))),
        ),
        ("both a formula and criteria", rules(&entry(&format!("{criteria}<formula>A</formula>")))),
        ("a criterion without a field", rules(&entry("<criteriaItems><operation>equals</operation></criteriaItems>"))),
        ("two documents", format!("{0}\n{0}", rules(""))),
        ("nesting without end", "<a>".repeat(100_000)),
    ];
    let mut said = String::new();
    for (what, text) in wrong {
        let place = Workplace::with(&[("Lead.assignmentRules", &text)]);
        let ended = import_in(&place, &["Lead.assignmentRules"]);
        let _ = writeln!(said, "--- {what}\n{}", ended.err(2));
        assert!(!place.has("lead-rules"), "{what}");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_no_text_or_no_file_is_said() {
    let place = Workplace::with(&[("folder/x", "")]);
    place.write_bytes("utf16.xml", b"\xff\xfe<\0a\0>\0");
    place.write_bytes("latin.xml", b"<a>\nF\xfchrung</a>");
    let said = |name: &str| import_in(&place, &[name]).err(2).lines().next().unwrap().to_owned();
    assert_eq!(said("utf16.xml"), "error: `utf16.xml` is UTF-16 text");
    assert_eq!(said("latin.xml"), "error: `latin.xml` is not UTF-8 text (line 2)");
    assert_eq!(said("folder"), "error: `folder` is a folder");
    assert!(said("nothing.xml").starts_with("error: cannot read `nothing.xml`"));
}
