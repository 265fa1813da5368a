//! From the tree to the project: what names, types, tables and rules mean, and what is said where they
//! mean nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use pointsman::cell::Cell;
use pointsman::check::{self, Files, InMemory, Loaded, repeated_keys};
use pointsman::diagnostic::{Code, Severity, Stage};
use pointsman::ids::{Id, PolicyId};
use pointsman::policy::{
    Action, Comparison, Condition, DestinationKind, Origin, Predicate, Project, QueueOrder, ValueKind,
};
use proptest::prelude::*;

use crate::support::{load_str, render};

const LEAD: &str = r#"lead {
  id          text key
  email       email
  website     domain
  company     text
  country     country
  state       text
  industry    one of [Healthcare, "Financial Services", Retail]
  employees   integer 0 to 5_000_000
  score       number 0 to 100
  interests   tags
  customer    yes_no
  signed      date
  created_at  timestamp
  owner_id    text owner
}
"#;

const REST: &str = r#"roster "roster.yaml"
table accounts from "accounts.csv" {
  domain    domain key
  owner     rep
  team      team
  tier      one of [strategic, prospect]
  industry  one of [Healthcare, Retail]
  size      number
}
table patches from "patches.csv" {
  country   country
  states    list of text
  prefix    text
  interest  text
  vertical  one of [Healthcare, Retail]
  kind      one of [Healthcare, Unknown]
  team      team
  owner     rep
  min       integer
  since     date
}
let account = accounts[domain of email]
territory dach = country in [DE, AT, CH]
queue rest "What is left"
"#;

const ROSTER: &str = "reps: { ana: {}, bruno: {} }\nteams: { sales: [ana, bruno] }\n";

const ACCOUNTS: &str = "domain,owner,team,tier,industry,size\n\
    acme.com,ana,sales,strategic,Retail,10\n";

const PATCHES: &str = "country,states,prefix,interest,vertical,kind,team,owner,min,since\n\
    DE,,,,,,sales,,,\n\
    US,NY | MA,10,crm,Retail,,,ana,50,2026-01-31\n\
    ,,,,,,,,,\n\
    Germany,,,,,,sales,,,\n";

/// The sample project with something more.
fn load_with(policy: &str) -> Loaded {
    let files = [("roster.yaml", ROSTER), ("accounts.csv", ACCOUNTS), ("patches.csv", PATCHES)];
    load_str(&format!("{policy}\n\n{LEAD}{REST}"), &files)
}

/// What is said of each of several policies.
fn said(policies: &[&str]) -> String {
    let mut said = String::new();
    for policy in policies {
        let loaded = load_with(policy);
        assert_eq!(loaded.project.is_none(), !loaded.findings.is_empty(), "{policy}");
        said += &format!("{}──────\n", render(&loaded.findings, &loaded.sources));
    }
    said
}

/// What is said of each of several conditions.
fn said_of_conditions(conditions: &[&str]) -> String {
    let policy = |condition: &&str| {
        format!(
            "policy all {{
  rule r
    when {condition}
    reject \"\"
}}
start at all"
        )
    };
    let policies: Vec<String> = conditions.iter().map(policy).collect();
    said(&policies.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What is said of each of several conditions that go through the rows of a table.
fn said_of_rows(conditions: &[&str]) -> String {
    let policy = |condition: &&str| {
        format!(
            "policy all {{
  each row of patches
    when {condition}
    reject \"\"
}}
start at all"
        )
    };
    let policies: Vec<String> = conditions.iter().map(policy).collect();
    said(&policies.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What is said of each of several chains.
fn said_of_chains(chains: &[&str]) -> String {
    let policy = |chain: &&str| {
        format!(
            "policy all {{
  otherwise
    assign {chain} or queue rest
}}
start at all"
        )
    };
    let policies: Vec<String> = chains.iter().map(policy).collect();
    said(&policies.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_literal_of_the_wrong_kind_comes_with_the_right_one() {
    let said = said_of_conditions(&[
        r#"employees is "500""#,
        r#"employees >= "5,000""#,
        r#"employees < many"#,
        r#"employees in "1" to 50"#,
        r#"employees is 2026-01-31"#,
        r#"company is Acme"#,
        r#"state in [NY, MA, "CT"]"#,
        r#"state is not 02134"#,
        r#"company is company"#,
        r#"employees > score"#,
        r#"country is "Germany""#,
        r#"country in [DE, "AT"]"#,
        r#"customer is "yes""#,
        r#"customer is 1"#,
        r#"signed is "2026-01-31""#,
        r#"signed is 2026-01-31T09:00:00Z"#,
        r#"created_at >= "2026-01-31 09:00""#,
        r#"industry is 7"#,
        r#"email contains gmail"#,
        r#"interests has crm"#,
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_value_that_is_none_comes_with_the_nearest() {
    let said = said_of_conditions(&[
        "industry is Helthcare",
        "industry in [Healthcare, Retial, Fishing]",
        "country is Germany",
        "country is UK",
        "country in [DE, Austia]",
        "country is Nowhere",
        "customer is true",
        "customer is maybe",
        r#"email is "ana at acme""#,
        r#"website is "acme dot com""#,
        "created_at < 2026-01-31T99:00:00Z",
        r#"weekday of created_at is Munday"#,
        r#"hour of created_at in "Europe/Berln" >= 9"#,
        r#"company is """#,
        r#"company contains """#,
        r#"company contains " inc""#,
        r#"interests has "a; b""#,
        r#"interests has any of ["", "crm"]"#,
        "account.tier is strategc",
        "account.owner is anna",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn an_operator_that_does_not_fit_the_type_comes_with_one_that_does() {
    let said = said_of_conditions(&[
        r#"employees contains "5""#,
        r#"company has "crm""#,
        r#"interests contains "crm""#,
        r#"interests is "crm""#,
        r#"interests in ["crm", "erp"]"#,
        "industry > Healthcare",
        "country in AT to DE",
        r#"email < "m""#,
        "customer >= yes",
        "account is strategic",
        r#"account starts with "a""#,
        "industry starts with \"H\"",
        "country in DE",
        "industry in Retail",
        "country in dach",
        "country in customers",
        "employees in account.size",
        "country is row.country",
        "employees > account.size",
        "company in accounts",
        "email in accounts",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn values_and_conditions_in_each_others_places_are_told_apart() {
    let said = said_of_conditions(&[
        "customer",
        "account",
        "employees",
        "accounts",
        "rest",
        "dahc",
        "employes > 5",
        "dach is yes",
        "accounts is known",
        "accounts.tier is strategic",
        "patches.team is known",
        "patches[country] is known",
        "accounts[email] is known",
        "accounts[domain of website].tier is strategic",
        "account.teir is strategic",
        "email.domain is \"acme.com\"",
        "employees.size > 5",
        "domain of company is \"acme.com\"",
        "hour of signed > 5",
        "first known of [employees, company] is known",
        "first known of [account, accounts[website]] is known",
        "first known of [industry, account.industry] is Retail",
        "ana is known",
        "row.country is known",
        "dach[website] is known",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn every_error_of_a_condition_is_found() {
    let said = said_of_conditions(&[
        "(employes > 5 or country is Germny) and not (industry is Retial and dahc) and company is Acme",
        "employees in 499 to 50",
        "signed in 2026-12-31 to 2026-01-01",
        "created_at in 2026-06-01T00:00:00Z to 2026-05-31",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_row_is_compared_with_what_fits_it() {
    let said = said_of_rows(&[
        "country is row.county",
        "country is row.prefix",
        "state is row.states",
        "state in row.prefix",
        "country in row.states",
        "state starts with row.country",
        "interests has row.states",
        "industry is row.kind",
        "employees >= row.since",
        "signed > row.min",
        "row.country is DE",
        "row.country is known",
        "nothing is row.prefix and nothing is row.perfix",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_destination_is_somebody_and_a_team_has_a_method() {
    let said = said_of_chains(&[
        "rep anna",
        "rep sales",
        "team ana by weight",
        "team sals by weight",
        "team sales",
        "team sales with skill german",
        "team sales by balance of country",
        "team sales by balance of scor",
        "queue rst",
        "queue all",
        "queue ana",
        "account.owner by weight",
        "account.owner with skill german",
        "account.team",
        "account.tier",
        "account",
        "company",
        "account.onwer",
        "ana",
        "sales",
        "rest",
        "manager of account.team",
        "manager of account.tier",
        "manager of rep anna",
        "dach",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_row_names_its_destination_by_a_column() {
    let policy = |chain: &str| {
        format!(
            "policy all {{
  each row of patches
    when country is row.country
    assign {chain} or queue rest
}}
start at all"
        )
    };
    let chains =
        ["row.team", "row.owner by load", "row.country", "row.boss", "manager of row.team", "manager of row.prefix"];
    let policies: Vec<String> = chains.iter().map(|chain| policy(chain)).collect();
    let said = said(&policies.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(said);
}

#[test]
fn names_are_declared_once_and_stand_for_one_thing() {
    let said = said(&[
        "policy all {} policy all {} start at all",
        "let employees = score policy all {} start at all",
        "territory rest = dach policy all {} start at all",
        "let rich = score segment large = rich territory far = employees policy all {} start at all",
        "territory vip = customer policy all {} start at all",
        "let a = b let b = first known of [score, c] let c = a policy all {} start at all",
        "let a = a let uses_a = a policy all { rule r when uses_a > 5 reject \"\" } start at all",
        "territory here = there and country is DE territory there = not here policy all {} start at all",
        "policy all { otherwise go to al } start at al",
        "policy all { otherwise go to rest } start at dach",
        "policy all {} start at all start at all",
        "policy all {} start at all lead { other text }",
        "policy all {} start at all roster \"roster.yaml\" timezone \"UTC\" timezone \"UTC\"",
        "timezone \"Parris\" policy all {} start at all",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn rules_have_names_of_their_own_and_otherwise_is_last() {
    let said = said(&[
        "policy all { rule a when dach reject \"\" rule a when not dach reject \"\" } start at all",
        "policy all { rule otherwise when dach reject \"\" } start at all",
        "policy all { otherwise reject \"\" otherwise keep owner } start at all",
        "policy all { otherwise reject \"\" rule a when dach reject \"\" rule b when dahc reject \"\" } start at all",
        "policy all {
           each row of patches when country is row.country reject \"\"
           each row of patches when state in row.states reject \"\"
         } start at all",
        "policy all { each row of pathces when country is row.country reject \"\" } start at all",
        "policy all { rule a from 2026-03-01 until 2026-02-01 when dach reject \"\" } start at all",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_lead_block_says_what_is_wrong_with_it() {
    let lead = |fields: &str| {
        let loaded = load_str(&format!("lead {{\n  {fields}\n}}\npolicy all {{}}\nstart at all"), &[]);
        format!("{}──────\n", render(&loaded.findings, &loaded.sources))
    };
    let blocks = [
        "id text key\n  id integer",
        "id text key\n  code text key",
        "size int\n  kind picklist\n  note strng\n  other zzz",
        "size text 0 to 5",
        "size integer 100 to 0",
        "kind one of [A, B, a]",
        "kind one of [A, \" \"]",
        "states list of text",
        "who rep",
        "who text owner\n  boss text owner",
        "who text\n  owner boss",
        "size integer\n  owner siez",
    ];
    let said: String = blocks.iter().map(|block| lead(block)).collect();
    insta::assert_snapshot!(said);
}

#[test]
fn a_missing_part_is_said_once() {
    let mut said = String::new();
    for policy in [
        "",
        "policy all {}\nstart at all",
        "lead { id text key }\npolicy first {}\npolicy second {}",
        "lead { id text key }",
        "lead { id text key }\nqueue q\npolicy all { rule r when id is \"1\" keep owner otherwise keep owner }\nstart at all",
        "lead { id text key }\nqueue q\npolicy all { otherwise assign rep ana or team b by load or queue q }\nstart at all",
        "lead { id text key }\ntable t from \"t.csv\" { a rep b team }\npolicy all {}\nstart at all",
    ] {
        let loaded = load_str(policy, &[("t.csv", "a,b\nx,y\n")]);
        assert!(loaded.project.is_none());
        said += &format!("{policy}\n\n{}──────\n", render(&loaded.findings, &loaded.sources));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn queues_are_checked_clause_by_clause() {
    let said = said(&[
        "queue pool { open to team sals, rep sales order highest country first preview company, compny, dach
           mix at least 130% with score < \"60\" after 30 minutes assign team sales }
         policy all {} start at all",
        "queue pool { claim next claim browse after 1 hour assign rep ana after 60 minutes assign rep bruno }
         policy all {} start at all",
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn tests_name_fields_cells_people_and_rules_that_exist() {
    let policies = "policy one { rule a when dach reject \"\" otherwise go to two }
policy two {
  each row of patches when country is row.country assign queue rest
  otherwise reject \"\"
}
start at one
";
    let cases = [
        "given contry = DE expect reject",
        "given country = Germny, employees = about, score = 200 expect reject",
        "given company = Acme, state = 02134 expect reject",
        "given country = DE, country = AT expect reject",
        "given industry = Helthcare expect reject",
        "given country = DE expect rep sales",
        "given country = DE expect team saels",
        "given country = DE expect queue one",
        "given country = DE expect reject by rule b",
        "given country = DE expect reject by rule otherwise",
        "given country = DE expect reject by rule one.c",
        "given country = DE expect reject by rule oen.a",
        "given country = DE expect reject by rule patches:9",
        "given country = DE expect reject by rule patches:3",
        "given country = DE expect reject by rule accounts:1",
        "at 2026-02-30T10:00:00Z given country = DE expect reject",
    ];
    let policies: Vec<String> = cases.iter().map(|case| format!("test \"t\"\n  {case}\n{policies}")).collect();
    let said = said(&policies.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(said);
}

#[test]
fn only_lints_can_be_allowed_and_with_a_reason() {
    let said = said(&[
        "allow unused-nmae \"later\" queue a policy all {} start at all",
        "allow bad-cell \"known\" queue a policy all {} start at all",
        "allow unused-name \" \" queue a policy all {} start at all",
    ]);
    insta::assert_snapshot!(said);
}

fn load_table(head: &str, csv: &str) -> String {
    let policy =
        format!("table t from \"t.csv\" {{\n  {head}\n}}\n{LEAD}roster \"roster.yaml\"\npolicy all {{}}\nstart at all");
    let loaded = load_str(&policy, &[("t.csv", csv), ("roster.yaml", ROSTER)]);
    assert_eq!(loaded.project.is_none(), !loaded.findings.is_empty());
    format!("{csv}\n\n{}──────\n", render(&loaded.findings, &loaded.sources))
}

#[test]
fn a_table_says_where_its_file_is_wrong() {
    let tables = [
        load_table("a text\n  b text", ""),
        load_table("country country\n  size integer from \"Employees\"", "Land,employes\nDE,5\n"),
        load_table("a text\n  b text", "a;b\n1;2\n"),
        load_table("a text\n  b text", "a,b\n1,2\n3\n4,5,6\n"),
        load_table("a text\n  b text", "a,b\n1,\"two\n3,4\n"),
        load_table("x text from \"a\"", "A,A\n1,2\n"),
        load_table("a tags key\n  b list of text key", "a,b\n1,2\n"),
        load_table("a text owner\n  a text", "a\n1\n"),
        load_table("a list of rep\n  b list of tags", "a,b\n1,2\n"),
    ];
    let said = tables.concat();
    insta::assert_snapshot!(said);
}

#[test]
fn a_cell_that_does_not_fit_is_said_at_the_cell() {
    let tables = [
        load_table(
            "key text key\n  country country\n  size integer 0 to 10 required",
            "key,country,size\r\na,\"Germny\",5\r\nb,DE,about 5\r\nc, AT ,\r\n",
        ),
        load_table("kind one of [A, B]\n  days list of date", "kind,days\nAB,2026-01-01 | soon\n"),
        load_table("size integer", "size\na\nb\nc\nd\ne\nf\ng\n"),
        load_table("key text key\n  x text", "key,x\nAcme,1\n,2\n,3\n\"acme \",4\nACME,5\n"),
    ];
    let said = tables.concat();
    insta::assert_snapshot!(said);
}

#[test]
fn a_file_that_cannot_be_read_is_said_where_it_is_named() {
    let policies = [
        "table t from \"acounts.csv\" { a text }",
        "table t from \"../accounts.csv\" { a text }",
        "table t from \"/etc/passwd\" { a text }",
        "table t from \"C:\\\\data.csv\" { a text }",
        "table t from \"\" { a text }",
        "roster \"people.yaml\" policy p { otherwise assign rep anybody or queue q } queue q",
        "use \"other.rules\" policy p { rule r when anything go to anywhere }",
    ];
    let mut said = String::new();
    for policy in policies {
        let loaded = load_str(
            &format!("{policy}\nlead {{ id text }}\npolicy all {{}}\nstart at all"),
            &[("accounts.csv", "a\n")],
        );
        assert!(loaded.project.is_none());
        said += &format!("{}──────\n", render(&loaded.findings, &loaded.sources));
    }
    insta::assert_snapshot!(said);
}

/// The sample project with something more, which has no errors.
fn project_with(policy: &str) -> Project {
    let loaded = load_with(policy);
    assert_eq!(render(&loaded.findings, &loaded.sources), "");
    loaded.project.expect("there are no findings")
}

/// The condition of a rule, as its comparisons show it.
fn condition(policy: &str) -> String {
    let project = project_with(policy);
    shown(first_condition(&project), &project)
}

fn first_condition(project: &Project) -> &Condition {
    project.rules.as_slice()[0].when.as_ref().expect("the first rule has a condition")
}

fn when(condition: &str) -> String {
    format!("policy all {{ rule r when {condition} reject \"\" }} start at all")
}

fn shown(condition: &Condition, project: &Project) -> String {
    let parts = |parts: &[Condition], word: &str| {
        format!("({})", parts.iter().map(|part| shown(part, project)).collect::<Vec<_>>().join(word))
    };
    match condition {
        Condition::And(all) => parts(all, " and "),
        Condition::Or(any) => parts(any, " or "),
        Condition::Not(inner, _) => format!("not {}", shown(inner, project)),
        Condition::Named(id, _) => project.conditions[*id].name.clone(),
        Condition::Comparison(comparison) => comparison.text.clone(),
    }
}

fn only_comparison(policy: &str) -> Comparison {
    let project = project_with(policy);
    let comparisons = first_condition(&project).comparisons();
    assert_eq!(comparisons.len(), 1);
    comparisons[0].clone()
}

fn predicate(condition: &str) -> String {
    let comparison = only_comparison(&when(condition));
    let not = if comparison.negated { "not " } else { "" };
    format!("{not}{:?}", comparison.predicate)
}

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    assert_eq!(
        condition(&when("dach or score > 5 and not customer is yes or employees is blank")),
        "(dach or (score > 5 and not customer is yes) or employees is blank)"
    );
    assert_eq!(condition(&when("(dach or score > 5) and employees is 1")), "((dach or score > 5) and employees is 1)");
}

#[test]
fn a_comparison_is_shown_on_one_line_as_it_is_written() {
    let policy = when(
        "state not in [ # the coast\n \"NY\",\n\"MA\" ] and email ends with [\"@a.com\"] and hour of created_at in \"Europe/Berlin\" in 9 to 17",
    );
    assert_eq!(
        condition(&policy),
        "(state not in [\"NY\", \"MA\"] and email ends with \"@a.com\" and hour of created_at in \"Europe/Berlin\" in 9 to 17)"
    );
}

#[test]
fn known_and_blank_are_each_others_opposite() {
    for (written, negated) in [("is known", false), ("is blank", true), ("is not known", true), ("is not blank", false)]
    {
        let comparison = only_comparison(&when(&format!("employees {written}")));
        assert_eq!((comparison.predicate, comparison.negated), (Predicate::Known, negated), "{written}");
    }
}

#[test]
fn literals_are_cells_in_their_normal_form() {
    assert_eq!(predicate("company is not \" ACME \""), "not OneOf([Text(\"acme\")])");
    assert_eq!(predicate("email is \"Ana@BÜCHER.de\""), "OneOf([Text(\"ana@bücher.de\")])");
    assert_eq!(predicate("website in [\"XN--BCHER-KVA.de\"]"), "OneOf([Text(\"bücher.de\")])");
    assert_eq!(
        predicate("email ends with [\"@XN--BCHER-KVA.de\", \".ORG\"]"),
        "Text { part: EndsWith, any: [\"@bücher.de\", \".org\"] }"
    );
    assert_eq!(predicate("industry not in [retail, \"financial services\"]"), "not OneOf([Member(2), Member(1)])");
    assert_eq!(predicate("interests has \" CRM\""), "HasAny([\"crm\"])");
    assert_eq!(predicate("interests has all of [\"CRM\", \"erp\"]"), "HasAll([\"crm\", \"erp\"])");
    assert_eq!(
        predicate("score > 200.50"),
        "Within(Range { low: Some(Limit { cell: Number(200.5), included: false }), high: None })"
    );
    assert_eq!(predicate("domain of email in accounts"), "InTable(TableId(0))");
    assert_eq!(predicate("account.owner is bruno"), "OneOf([Rep(RepId(1))])");
}

#[test]
fn a_day_compared_with_a_timestamp_is_the_whole_day_where_the_project_is() {
    let predicate = |condition: &str| {
        let comparison = only_comparison(&format!("timezone \"Europe/Berlin\" {}", when(condition)));
        match comparison.predicate {
            Predicate::Within(range) => {
                let side = |limit: &Option<pointsman::policy::Limit>, signs: [&str; 2]| match limit {
                    Some(limit) => {
                        let Cell::Timestamp(moment) = limit.cell else { panic!("a day became {:?}", limit.cell) };
                        format!("{} {moment}", signs[usize::from(limit.included)])
                    }
                    None => "any".to_owned(),
                };
                format!("{}, {}", side(&range.low, [">", ">="]), side(&range.high, ["<", "<="]))
            }
            other => format!("{other:?}"),
        }
    };
    // The clocks go forward on this day, so it has 23 hours.
    assert_eq!(predicate("created_at is 2026-03-29"), ">= 2026-03-28T23:00:00Z, < 2026-03-29T22:00:00Z");
    assert_eq!(predicate("created_at <= 2026-03-29"), "any, < 2026-03-29T22:00:00Z");
    assert_eq!(predicate("created_at < 2026-03-29"), "any, < 2026-03-28T23:00:00Z");
    assert_eq!(predicate("created_at > 2026-03-29"), ">= 2026-03-29T22:00:00Z, any");
    assert_eq!(predicate("created_at >= 2026-03-29"), ">= 2026-03-28T23:00:00Z, any");
    assert_eq!(predicate("created_at in 2026-03-29 to 2026-03-30"), ">= 2026-03-28T23:00:00Z, < 2026-03-30T22:00:00Z");
    assert_eq!(predicate("created_at < 2026-03-29T12:00"), "any, < 2026-03-29T10:00:00Z");
    assert_eq!(predicate("created_at is 2026-03-29T12:00:00Z"), "OneOf([Timestamp(2026-03-29T12:00:00Z)])");
    assert_eq!(predicate("created_at > 9999-12-31"), ">= 9999-12-30T22:00:00.999999999Z, any");
}

#[test]
fn days_and_moments_in_one_list_are_comparisons_of_their_own() {
    assert_eq!(
        condition(&when("created_at in [2026-02-01T10:00:00Z, 2026-01-01]")),
        "(created_at is 2026-02-01T10:00:00Z or created_at is 2026-01-01)"
    );
    assert_eq!(
        condition(&when("created_at not in [2026-01-01, 2026-02-01]")),
        "(created_at is not 2026-01-01 and created_at is not 2026-02-01)"
    );
}

#[test]
fn names_may_be_used_before_they_are_declared() {
    let project = project_with(&format!(
        "{}\nterritory north = far or dach\nlet far = large and tier is known\nsegment large = size > 5\n\
         let size = first known of [employees, account.size]\nlet tier = account.tier\nlet also_far = far",
        when("north and also_far")
    ));
    let names: Vec<&str> = project.conditions.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["large", "far", "dach", "north", "also_far"], "each after what it is made of");
    let values: Vec<String> =
        project.lets.iter().map(|named| format!("{}: {}", named.name, project.values[named.value].ty)).collect();
    assert_eq!(values, ["size: number", "tier: one of [strategic, prospect]", "account: row"]);
}

#[test]
fn a_value_is_one_however_often_it_is_written() {
    let project = project_with(
        "let host = domain of email
         policy all {
           rule a when domain of email is \"a.com\" reject \"\"
           rule b when host is \"b.com\" and accounts[domain of email].tier is strategic reject \"\"
           rule c when account.tier is prospect and accounts[host] is known reject \"\"
         }
         start at all",
    );
    let values: Vec<&str> = project.values.iter().map(|value| value.text.as_str()).collect();
    assert_eq!(values, ["email", "host", "account", "country", "account.tier"]);
    for (id, value) in project.values.iter_with_ids() {
        let parts = match &value.kind {
            ValueKind::Field(_) => vec![],
            ValueKind::DomainOf(of) | ValueKind::HourOf(of, _) | ValueKind::WeekdayOf(of, _) => vec![*of],
            ValueKind::Lookup(_, of) | ValueKind::Column(of, _) => vec![*of],
            ValueKind::FirstKnown(of) => of.clone(),
        };
        assert!(parts.iter().all(|&part| part < id), "{} comes after its parts", value.text);
    }
}

#[test]
fn each_row_is_a_rule_and_a_blank_cell_drops_its_comparison() {
    let project = project_with(
        "policy all {
           each row of patches
             when country is row.country and state in row.states and postal starts with row.prefix
               and (interests has row.interest or industry is row.vertical)
               and not employees >= row.min and created_at > row.since
             assign row.team by weight or row.owner or manager of row.owner or queue rest
           otherwise reject \"\"
         }
         let postal = state
         start at all",
    );
    let mut said = String::new();
    for rule in &project.rules {
        let when = rule.when.as_ref().map(|when| shown(when, &project));
        writeln!(said, "{}\n  {}\n  {}", rule.name, when.unwrap_or_default(), project.action_name(&rule.action))
            .unwrap();
    }
    insta::assert_snapshot!(said);
    let rows: Vec<Origin> = project.rules.iter().map(|rule| rule.origin).collect();
    assert!(matches!(rows[2], Origin::Row(_, row) if row.index() == 3), "the empty third row is no rule");
}

#[test]
fn what_is_left_of_or_and_not_when_cells_are_blank() {
    let policy = |when: &str| format!("policy all {{ each row of patches when {when} reject \"\" }} start at all");
    let first_and_second = |when: &str| {
        let project = project_with(&policy(when));
        let shown = |rule: usize| shown(project.rules.as_slice()[rule].when.as_ref().unwrap(), &project);
        (shown(0), shown(1))
    };
    // The first row has a country only; the second also has states and a prefix.
    let (first, second) = first_and_second("state in row.states or country is row.country");
    assert_eq!((first.as_str(), second.as_str()), ("country is DE", "(state in [\"NY\", \"MA\"] or country is US)"));
    let (first, second) = first_and_second("not (state in row.states) and score > 5");
    assert_eq!((first.as_str(), second.as_str()), ("score > 5", "(not state in [\"NY\", \"MA\"] and score > 5)"));
    let (first, second) = first_and_second("state in row.states");
    assert_eq!((first.as_str(), second.as_str()), ("()", "state in [\"NY\", \"MA\"]"), "nothing left always holds");
}

#[test]
fn a_rows_member_is_the_same_word_of_the_fields_list() {
    let project =
        project_with("policy all { each row of patches when industry is row.vertical reject \"\" } start at all");
    let second = project.rules.as_slice()[1].when.as_ref().unwrap().comparisons()[0].clone();
    // `Retail` is the second of the column's two members, and the third of the field's.
    assert_eq!(
        (second.text.as_str(), second.predicate),
        ("industry is Retail", Predicate::OneOf(vec![Cell::Member(2)]))
    );
}

#[test]
fn a_name_that_the_roster_does_not_have_is_kept_for_the_lints() {
    let loaded = load_str(
        "lead { id text key } roster \"roster.yaml\" queue rest
         table t from \"t.csv\" { id text key  owner rep  team team  queue queue }
         policy all { each row of t when id is row.id assign row.owner or row.queue or queue rest } start at all",
        &[("roster.yaml", ROSTER), ("t.csv", "id,owner,team,queue\na,Ana,SALES,rest\nb, Zoe ,,gone\n")],
    );
    let project = loaded.project.unwrap();
    let cells: Vec<_> = project.tables.as_slice()[0].rows.iter().map(|row| format!("{:?}", &row.cells[1..])).collect();
    assert_eq!(
        cells,
        ["[Rep(RepId(0)), Team(TeamId(0)), Queue(QueueId(0))]", "[Stranger(\"Zoe\"), Blank, Stranger(\"gone\")]"]
    );
    let Action::Assign(chain) = &project.rules.as_slice()[1].action else { panic!("it assigns") };
    assert_eq!(chain.links[0].kind, DestinationKind::Nobody { written: "Zoe".to_owned() });
}

#[test]
fn a_repeated_key_can_be_allowed_and_then_the_first_row_counts() {
    let files = [("t.csv", "id,size\na,1\nA,2\n,3\n,4\n")];
    let policy = "lead { id text key }
        table t from \"t.csv\" { id text key  size number }
        policy all { rule r when t[id].size > 1 reject \"\" } start at all";
    assert!(load_str(policy, &files).project.is_none());
    let allowed = policy.replace("table t", "allow duplicate-key \"the newest is first\" table t");
    let loaded = load_str(&allowed, &files);
    let project = loaded.project.expect("the repeated key is allowed");
    let table = &project.tables.as_slice()[0];
    let keyed: Vec<(&Cell, usize)> = table.keyed().map(|(key, row)| (key, row.index())).collect();
    assert_eq!(keyed, [(&Cell::Text("a".into()), 0)], "blank keys are not looked up");
    let repeated: Vec<(usize, usize)> =
        repeated_keys(table).into_iter().map(|(first, again)| (first.index(), again.index())).collect();
    assert_eq!(repeated, [(0, 1)]);
    assert_eq!((project.allows.len(), project.allows[0].code), (1, Code::DuplicateKey));
    assert_eq!(
        loaded.sources.text(project.allows[0].scope).lines().next(),
        Some("table t from \"t.csv\" { id text key  size number }")
    );
}

#[test]
fn columns_are_found_by_their_headers() {
    let policy = "lead { id text key } policy all {} start at all
        table t from \"data/t.tsv\" { name text from \"Account Name\"  Size number  state text }";
    let csv = "\u{feff}notes\tSTATE \taccount name\tsize\tnotes\r\n\r\nx\t\"N\"\"Y\"\tAcme, \"Inc\"\t5\t\r\n";
    let loaded = load_str(policy, &[("data/t.tsv", csv)]);
    assert_eq!(render(&loaded.findings, &loaded.sources), "");
    let project = loaded.project.unwrap();
    let row = &project.tables.as_slice()[0].rows.as_slice()[0];
    let text = |text: &str| Cell::Text(text.into());
    assert_eq!(*row.cells, [text("acme, \"inc\""), Cell::Number(5.into()), text("n\"y")]);
    assert_eq!(loaded.sources.text(row.span), "x\t\"N\"\"Y\"\tAcme, \"Inc\"\t5\t");
}

#[test]
fn a_projects_files_are_read_once_and_in_order() {
    let loaded = load_str("use \"b.rules\" use \"sub/../b.rules\"", &[("b.rules", "")]);
    assert_eq!(loaded.findings.iter().filter(|finding| finding.code == Code::OutsideProject).count(), 1);
    let loaded = load_str(
        "use \"parts/b.rules\"
         policy first { rule a when large reject \"\" otherwise go to second }
         start at first",
        &[
            ("parts/b.rules", "use \"c.rules\" use \"main.rules\" policy second { otherwise go to third }"),
            (
                "c.rules",
                "use \"./parts/b.rules\" lead { size integer } let large = size > 5 policy third { otherwise reject \"\" }",
            ),
        ],
    );
    assert_eq!(render(&loaded.findings, &loaded.sources), "");
    let project = loaded.project.unwrap();
    let rules: Vec<String> = project.rules.ids().map(|rule| project.rule_name(rule)).collect();
    assert_eq!(rules, ["first.a", "first.otherwise", "second.otherwise", "third.otherwise"]);
    assert_eq!(project.policies[PolicyId::from_index(1)].rules.len(), 1);
}

#[test]
fn queues_and_tests_are_lowered() {
    let project = project_with(
        "timezone \"Europe/Berlin\"
         queue pool \"Pool\" {
           open to team sales, rep ana order lowest score first claim browse preview company, score
           after 2 hours assign rep ana after 30 minutes assign team sales by balance of score
           mix at least 30% with score < 60
         }
         policy all { rule a \"A rule\" from 2026-01-01 until 2026-01-01 when dach keep owner otherwise assign queue pool }
         start at all
         test \"t\" at 2026-01-01
           given country = Germany, industry = \"retail\", interests = \"b; A\", score = 1_0, company = blank, email = \" \"
           expect queue pool by rule all.otherwise",
    );
    let queue = &project.queues.as_slice()[0];
    assert_eq!(queue.after.iter().map(|expiry| expiry.seconds).collect::<Vec<_>>(), [1800, 7200]);
    assert!(matches!(queue.order, QueueOrder::LowestFirst(_)));
    let test = &project.tests[0];
    assert_eq!(test.at.map(|at| at.to_string()).as_deref(), Some("2025-12-31T23:00:00Z"));
    let given: Vec<String> = test.given.iter().map(|(field, cell)| project.lead.fields[*field].ty.show(cell)).collect();
    assert_eq!(given, ["DE", "Retail", "b; a", "10", "", ""]);
    assert_eq!(test.by.map(|by| project.rule_name(by.node)).as_deref(), Some("all.otherwise"));
    assert_eq!(project.rules.as_slice()[0].description.as_deref(), Some("A rule"));
}

#[test]
fn one_error_does_not_make_others() {
    let codes = |main: &str, files: &[(&str, &str)]| {
        let loaded = load_str(main, files);
        assert!(loaded.project.is_none());
        loaded.findings.iter().map(|finding| finding.code.name()).collect::<Vec<_>>()
    };
    // A field with an unknown type, and all that is made of it.
    assert_eq!(
        codes(
            "lead { size int } let s = size segment large = s > \"5\" policy all { rule r when large and size is yes reject \"\" } start at all",
            &[]
        ),
        ["unknown-name"]
    );
    // A declaration that cannot be read does not make its uses unknown.
    let broken = "lead { id text }\nlet large = id >> \"5\"\npolicy all { rule r when large reject \"\" rule s when lrage reject \"\" }\nstart at all";
    assert_eq!(codes(broken, &[]), ["syntax-error", "unknown-name"]);
    // A broken lead block is not a missing one.
    assert_eq!(codes("lead {\n id text key from\n}\npolicy all {}\nstart at all", &[]), ["syntax-error"]);
    // A file that is not there may declare anything.
    assert_eq!(
        codes("use \"x.rules\" policy all { rule r when large assign queue q } start at al", &[]),
        ["unreadable-file"]
    );
    // A roster that is not there may hold anybody, and a broken one whom it names.
    let people = "roster \"r.yaml\" lead { id text } queue q table t from \"t.csv\" { id text key owner rep }
        policy all { rule r when id in t assign t[id].owner or rep ana or queue q otherwise assign rep anna or queue q } start at all";
    let table = ("t.csv", "id,owner\na,ana\n");
    assert_eq!(codes(people, &[table]), ["unreadable-file"]);
    assert_eq!(
        codes(people, &[table, ("r.yaml", "reps: { ana: { weight: -1 } }\nteams: {}\n")]),
        ["unknown-name", "bad-roster"]
    );
    // A table whose file is not there, or lacks a column.
    let rows = "lead { id text } table t from \"t.csv\" { id text key a text } queue q
        policy all { each row of t when id is row.a reject \"\" } start at all test \"t\" given id = \"x\" expect reject by rule t:1";
    assert_eq!(codes(rows, &[]), ["unreadable-file"]);
    assert_eq!(codes(rows, &[("t.csv", "id\nx\n")]), ["bad-table"]);
}

#[test]
fn an_error_inside_a_rule_names_the_rule() {
    let loaded = load_with("policy all { rule r when dahc reject \"\" otherwise go to al } start at all");
    let named: Vec<_> =
        loaded.findings.iter().map(|finding| (finding.policy.as_deref(), finding.rule.as_deref())).collect();
    assert_eq!(named, [(Some("all"), Some("all.r")), (Some("all"), Some("all.otherwise"))]);
}

/// A project one of whose files is no text.
struct Bytes(BTreeMap<&'static str, Vec<u8>>);

impl Files for Bytes {
    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        match self.0.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => Err(io::Error::new(io::ErrorKind::PermissionDenied, "permission denied")),
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_said_at_its_first_bad_byte() {
    let main =
        b"lead { id text }\nroster \"r.yaml\"\ntable t from \"t.csv\" { a text }\npolicy all {}\nstart at all".to_vec();
    let mut said = String::new();
    for (roster, table) in [
        (&b"reps: { ana: {} }"[..], &b"a\nM\xfcller\n"[..]),
        (&b"\xff\xfer\0e\0"[..], &b"a\n"[..]),
        (&vec![b' '; 17 << 20][..], &b"a\n"[..]),
    ] {
        let files =
            Bytes([("main.rules", main.clone()), ("r.yaml", roster.to_vec()), ("t.csv", table.to_vec())].into());
        let loaded = check::load(&files, "main.rules");
        said += &format!("{}──────\n", render(&loaded.findings, &loaded.sources));
    }
    for files in [Bytes([("main.rules", b"lead {\n\xff".to_vec())].into()), Bytes(BTreeMap::new())] {
        let loaded = check::load(&files, "main.rules");
        said += &format!("{}──────\n", render(&loaded.findings, &loaded.sources));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_policy_or_queue_may_be_called_like_a_field() {
    project_with("policy industry { rule r when industry is Retail assign queue score } queue score start at industry");
}

#[test]
fn a_missing_main_file_is_one_error() {
    let loaded = check::load(&InMemory::default(), "main.rules");
    let codes: Vec<Code> = loaded.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::UnreadableFile]);
}

/// `n0` is a field; each name is made of the one before.
fn chain_of_values(names: usize) -> String {
    let mut policy = format!(
        "lead {{ n0 integer m integer }}\npolicy all {{ rule r when n{names} > 5 reject \"\" }}\nstart at all\n"
    );
    for index in 1..=names {
        writeln!(policy, "let n{index} = first known of [n{}, m]", index - 1).unwrap();
    }
    policy
}

fn chain_of_conditions(names: usize) -> String {
    let mut policy = format!(
        "lead {{ m integer }}\npolicy all {{ rule r when n{names} reject \"\" }}\nstart at all\nlet n0 = m > 5\n"
    );
    for index in 1..=names {
        writeln!(policy, "let n{index} = not n{}", index - 1).unwrap();
    }
    policy
}

#[test]
fn a_long_chain_of_names_is_no_trouble_and_a_longer_one_is_refused_once() {
    for chain in [chain_of_values, chain_of_conditions] {
        assert!(load_str(&chain(160), &[]).project.is_some());
        let refused = load_str(&chain(5_000), &[]);
        let codes: Vec<Code> = refused.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::NestedTooDeep]);
    }
}

const PROPERTY: &str = "timezone \"Europe/Berlin\"
let size = first known of [employees, account.size]
segment large = size in 50 to 499 or weekday of created_at is monday
assume country is known or not large
policy all {
  rule a \"text\" from 2026-01-01 until 2026-02-01 when large and hour of created_at in \"UTC\" < 9 go to second
  each row of patches
    when country is row.country and state in row.states and created_at >= row.since
    assign row.team by weight or manager of row.owner or queue pool
  otherwise keep owner
}
fallback policy second { otherwise assign account.owner or team sales with skill pt by balance of score or queue rest }
queue pool { open to team sales order highest score first mix at least 30% with score < 60 after 30 minutes assign rep ana }
start at all
allow unused-name \"later\" let unused = interests has any of [\"a\", \"b\"]
test \"t\" at 2026-11-23T10:00:00Z given country = DE, employees = 5 expect team sales by rule patches:1
";

/// Loads and looks at what must hold whatever was written.
fn load_and_judge(main: &str, accounts: &str, patches: &str, roster: &str) -> Result<(), TestCaseError> {
    let loaded = load_str(main, &[("accounts.csv", accounts), ("patches.csv", patches), ("roster.yaml", roster)]);
    let stops = loaded.findings.iter().any(|finding| finding.severity == Severity::Error);
    prop_assert_eq!(loaded.project.is_none(), stops);
    prop_assert!(
        loaded.findings.iter().all(|finding| finding.code.stage() != Stage::Lint || finding.code == Code::DuplicateKey)
    );
    render(&loaded.findings, &loaded.sources);
    Ok(())
}

/// A text with some of its words taken out, repeated or replaced by others of its own.
fn mutated(text: String, changes: Vec<(usize, usize, u8)>) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '\n', '.', ',']).collect();
    for (at, other, how) in changes {
        let (at, other) = (at % words.len(), other % words.len());
        match how % 3 {
            0 if words.len() > 1 => {
                words.remove(at);
            }
            1 => words.insert(at, words[other]),
            _ => words[at] = words[other],
        }
    }
    words.concat()
}

fn changes() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
    prop::collection::vec((any::<usize>(), any::<usize>(), any::<u8>()), 0..6)
}

#[test]
fn the_project_of_the_property_tests_has_no_error() {
    project_with(PROPERTY);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_changed_policy_is_loaded_or_refused(changes in changes()) {
        let main = mutated(format!("{PROPERTY}{LEAD}{REST}"), changes);
        load_and_judge(&main, ACCOUNTS, PATCHES, ROSTER)?;
    }

    #[test]
    fn changed_data_is_loaded_or_refused(accounts in changes(), patches in changes(), roster in changes()) {
        let main = format!("{PROPERTY}{LEAD}{REST}");
        let (accounts, patches) = (mutated(ACCOUNTS.to_owned(), accounts), mutated(PATCHES.to_owned(), patches));
        load_and_judge(&main, &accounts, &patches, &mutated(ROSTER.to_owned(), roster))?;
    }

    #[test]
    fn any_text_is_loaded_or_refused(main in "\\PC{0,80}", table in "[a-z,\"\r\n |;]{0,80}") {
        load_and_judge(&main, &table, &table, &main)?;
        load_and_judge(&format!("{PROPERTY}{LEAD}{REST}"), &table, &table, ROSTER)?;
    }
}

#[test]
fn the_rejected_examples_show_one_error_each() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules/invalid");
    let mut said = String::new();
    for code in [
        Code::UnreadableFile,
        Code::OutsideProject,
        Code::UnknownName,
        Code::DuplicateName,
        Code::MissingPart,
        Code::CircularName,
        Code::WrongType,
        Code::UnknownValue,
        Code::EmptyRange,
        Code::MisplacedRule,
        Code::BadTable,
        Code::BadCell,
    ] {
        let (folder, main) = check::locate(&root.join(format!("{}/{code}.rules", code.stage().name()))).unwrap();
        let loaded = check::load(&folder, &main);
        assert!(loaded.findings.iter().all(|finding| finding.code == code), "{code}: {:?}", loaded.findings);
        said +=
            &format!("{}──────\n", render(&loaded.findings, &loaded.sources).replace(&format!("  in {main}\n"), ""));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn two_tests_of_one_name_are_refused_with_both_places() {
    let rules = r#"
lead { id text key }
policy all { otherwise reject "no" }
start at all
test "a lead" given id = "1" expect reject
test "A lead" given id = "2" expect reject
"#;
    let (findings, _) = crate::projects::findings(&[("main.rules", rules)]);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].code.name(), findings[0].labels.len()), ("duplicate-name", 1));
}
