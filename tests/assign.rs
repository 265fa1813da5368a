//! From a chain to one person: who can take a lead, whose turn it is, and what is said of the others.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pointsman::assign::idle;
use pointsman::assign::rotation::{self, Credit, Turn};
use pointsman::assign::staffing::{self, Dry, Staffing};
use pointsman::assign::{
    Assignment, Attempt, Attendance, Meant, Presence, Rotas, Standing, State, Taker, assign, assign_by,
};
use pointsman::calendar::Stretch;
use pointsman::cell::{Cell, Type};
use pointsman::check::roster;
use pointsman::ids::{FieldId, Id, IdVec, PolicyId, QueueId, TeamId, ValueId};
use pointsman::lead::Lead;
use pointsman::policy::{
    Chain, Claim, Destination, DestinationKind, Field, LeadBlock, Method, Project, Queue, QueueOrder, Spellings,
    TeamChoice,
};
use pointsman::source::{SourceMap, Span, Spanned};
use proptest::prelude::*;
use rust_decimal::Decimal;

// --- a project made by hand: a roster, one field `score`, one queue `unassigned` ---

const NOWHERE: Span = Span { start: 0, end: 0 };

fn project(roster_text: &str) -> Project {
    let mut sources = SourceMap::new();
    let file = sources.add("roster.yaml", roster_text).expect("small");
    let (roster, findings) = roster::read(file, &sources, &TimeZone::UTC);
    assert_eq!(findings, []);
    let score =
        Field { name: "score".to_owned(), ty: Type::Number(None), from: None, name_span: NOWHERE, span: NOWHERE };
    let unassigned = Queue {
        name: "unassigned".to_owned(),
        description: None,
        open_to: Vec::new(),
        order: QueueOrder::OldestFirst,
        claim: Claim::Next,
        preview: Vec::new(),
        lock: None,
        holding: None,
        floor: None,
        mix: None,
        skips: None,
        first_look: None,
        after: Vec::new(),
        name_span: NOWHERE,
        span: NOWHERE,
    };
    Project {
        timezone: TimeZone::UTC,
        roster,
        lead: LeadBlock {
            fields: vec![score].into(),
            key: None,
            owner: None,
            required: Vec::new(),
            blanks: Vec::new(),
            span: NOWHERE,
        },
        tables: IdVec::new(),
        values: IdVec::new(),
        derived: 0,
        lets: Vec::new(),
        conditions: IdVec::new(),
        assumptions: Vec::new(),
        queues: vec![unassigned].into(),
        policies: IdVec::new(),
        rules: IdVec::new(),
        start: Spanned::new(PolicyId::from_index(0), NOWHERE),
        tests: Vec::new(),
        alerts: Vec::new(),
        allows: Vec::new(),
        spellings: Spellings::default(),
    }
}

const SCORE: usize = 0;

fn chain(links: Vec<DestinationKind>) -> Chain {
    let links = links.into_iter().map(|kind| Destination { kind, span: NOWHERE }).collect();
    Chain { links, span: NOWHERE }
}

fn rep(project: &Project, name: &str) -> DestinationKind {
    DestinationKind::Rep(project.roster.rep_named(name).expect("in the roster"))
}

fn team(project: &Project, name: &str, method: Method) -> DestinationKind {
    let team = project.roster.team_named(name).expect("in the roster");
    DestinationKind::Team(TeamChoice { team, skills: Vec::new(), method: Some(method) })
}

fn team_with(project: &Project, name: &str, skill: &str, method: Method) -> DestinationKind {
    let team = project.roster.team_named(name).expect("in the roster");
    DestinationKind::Team(TeamChoice { team, skills: vec![skill.to_owned()], method: Some(method) })
}

fn owner() -> DestinationKind {
    let team = ValueId::from_index(0);
    DestinationKind::Value(TeamChoice { team, skills: Vec::new(), method: Some(Method::RoundRobin) })
}

fn queue() -> DestinationKind {
    DestinationKind::Queue(QueueId::from_index(0))
}

fn manager_of(inner: DestinationKind) -> DestinationKind {
    DestinationKind::ManagerOf(Box::new(inner))
}

fn balance() -> Method {
    Method::BalanceOf(FieldId::from_index(SCORE))
}

/// Assigns one lead after another at one moment.
struct Run<'a> {
    project: &'a Project,
    attendance: Attendance,
    state: State,
    rotas: Rotas,
    owner: Cell,
    score: Cell,
}

impl<'a> Run<'a> {
    fn new(project: &'a Project, now: &str) -> Run<'a> {
        Run::with(project, now, Presence::AsStated)
    }

    fn with(project: &'a Project, now: &str, presence: Presence) -> Run<'a> {
        let attendance = Attendance::at(&project.roster, at(now), presence);
        let state = State::new(&project.roster);
        Run { project, attendance, state, rotas: Rotas::default(), owner: Cell::Blank, score: Cell::Blank }
    }

    fn move_to(&mut self, now: &str) {
        self.attendance = Attendance::at(&self.project.roster, at(now), Presence::AsStated);
        self.rotas = Rotas::default();
    }

    fn assign(&mut self, chain: &Chain) -> (Option<Assignment>, Vec<Attempt>) {
        let mut attempts = Vec::new();
        let lead = Lead::of(vec![self.score.clone()].into());
        let mut before = self.state.clone();
        let owner = self.owner.clone();
        let values = move |_: ValueId| owner.clone();
        let unwatched = assign(self.project, &self.attendance, chain, &values, &lead, &mut self.state.clone(), &mut ());
        let assignment = assign(self.project, &self.attendance, chain, &values, &lead, &mut self.state, &mut attempts);
        let (rotas, again) = (&mut self.rotas, &mut before);
        let known = assign_by(rotas, self.project, &self.attendance, chain, &values, &lead, again, &mut ());
        assert_eq!((assignment, &self.state), (known, &before), "what is known of the last lead changes nothing");
        assert_eq!(assignment, unwatched, "watching changes nothing");
        (assignment, attempts)
    }

    /// The name of whoever takes the lead.
    fn taker(&mut self, chain: &Chain) -> String {
        match self.assign(chain).0.map(|assignment| assignment.taker) {
            Some(taker) => name(self.project, taker),
            None => "nobody".to_owned(),
        }
    }

    fn takers(&mut self, chain: &Chain, leads: usize) -> String {
        (0..leads).map(|_| self.taker(chain)).collect::<Vec<_>>().join(" ")
    }

    /// What was tried for one lead, as `explain` would tell it.
    fn told(&mut self, chain: &Chain) -> String {
        let (assignment, attempts) = self.assign(chain);
        let mut told: Vec<String> = attempts.iter().map(|attempt| tell(self.project, attempt)).collect();
        told.push(match assignment {
            Some(assignment) => format!("→ {} by link {}", name(self.project, assignment.taker), assignment.link + 1),
            None => "→ the chain ran dry".to_owned(),
        });
        told.join("\n")
    }
}

fn at(now: &str) -> Timestamp {
    now.parse().expect("a timestamp")
}

fn name(project: &Project, taker: Taker) -> String {
    match taker {
        Taker::Rep(rep) => project.roster.reps[rep].name.clone(),
        Taker::Queue(queue) => project.queues[queue].name.clone(),
    }
}

fn tell(project: &Project, attempt: &Attempt) -> String {
    let meant = match &attempt.meant {
        Meant::Rep(rep) => format!("rep {}", project.roster.reps[*rep].name),
        Meant::Team(team) => format!("team {}", project.roster.teams[*team].name),
        Meant::Queue(queue) => format!("queue {}", project.queues[*queue].name),
        Meant::Nobody(why) => format!("nobody: {why}"),
    };
    let mut lines = vec![meant];
    for candidate in &attempt.candidates {
        let mut line = format!("  {}", project.roster.reps[candidate.rep].name);
        if let Some(why) = &candidate.why_not {
            line += &format!(": {why}");
        }
        if let Some(served) = candidate.served {
            line += &format!("; served {served}");
        }
        line += &match candidate.standing {
            Some(Standing::Rotation { share, credit, due }) => {
                let due = due.map_or("never".to_owned(), |due| due.to_string());
                format!("; share {share}, credit {credit}, due {due}")
            }
            Some(Standing::Load { open, weight }) => format!("; {open} open, weight {weight}"),
            Some(Standing::Balance { total, weight }) => format!("; total {total}, weight {weight}"),
            None => String::new(),
        };
        lines.push(line);
    }
    lines.join("\n")
}

/// A Tuesday at noon in Berlin and in the morning in São Paulo.
const TUESDAY: &str = "2026-11-24T12:00:00Z";

// --- destinations ---

const PEOPLE: &str = r#"
timezone: Europe/Berlin
holidays: [2026-12-25]
reps:
  ana: { manager: carla, capacity: 2, skills: [healthcare] }
  bruno: { manager: ana, away: [2026-11-20..2026-11-22, 2026-11-23..2026-11-24] }
  carla: { hours: "Mon-Fri 09:00-17:00" }
  dora: { manager: carla, left: 2026-10-01, skills: [healthcare] }
  eve: { weight: 0 }
  fay: { daily: 1, skills: [pt, healthcare] }
  gus: { last_seen: 2026-11-22T08:00:00Z }
  hal: { hours: "Mon-Fri 09:00-17:00", timezone: America/Sao_Paulo }
teams:
  everyone: [ana, bruno, carla, dora, eve, fay, gus, hal]
  empty: []
  weightless: [eve, { rep: ana, weight: 0 }]
rules: { unavailable_after: 24 hours }
"#;

#[test]
fn a_chain_goes_on_until_somebody_can_take_the_lead() {
    let project = project(PEOPLE);
    let chain = chain(vec![rep(&project, "bruno"), manager_of(rep(&project, "dora")), queue()]);
    let mut run = Run::new(&project, TUESDAY);
    insta::assert_snapshot!(run.told(&chain), @"
    rep bruno
      bruno: away until 2026-11-24
    rep carla
      carla
    → carla by link 2
    ");
    run.move_to("2026-11-28T12:00:00Z");
    insta::assert_snapshot!(run.told(&chain), @"
    rep bruno
      bruno
    → bruno by link 1
    ");
    run.move_to("2026-12-25T12:00:00Z");
    insta::assert_snapshot!(run.told(&chain), @"
    rep bruno
      bruno: holiday on 2026-12-25
    rep carla
      carla: holiday on 2026-12-25
    queue unassigned
    → unassigned by link 3
    ");
}

#[test]
fn a_manager_is_followed_and_somebody_without_one_cannot_take_it() {
    let project = project(PEOPLE);
    let chain = chain(vec![manager_of(rep(&project, "carla")), manager_of(manager_of(rep(&project, "bruno")))]);
    insta::assert_snapshot!(Run::new(&project, TUESDAY).told(&chain), @"
    nobody: carla has no manager
    rep carla
      carla
    → carla by link 2
    ");
}

#[test]
fn what_a_table_names_may_be_a_rep_a_team_a_queue_or_nobody() {
    let project = project(PEOPLE);
    let links = chain(vec![owner(), manager_of(owner())]);
    let mut run = Run::new(&project, TUESDAY);
    insta::assert_snapshot!(run.told(&links), @"
    nobody: its cell is blank
    nobody: its cell is blank
    → the chain ran dry
    ");
    run.owner = Cell::Stranger("otto".into());
    insta::assert_snapshot!(run.told(&links), @"
    nobody: otto is not in the roster
    nobody: otto is not in the roster
    → the chain ran dry
    ");
    run.owner = Cell::Rep(project.roster.rep_named("dora").expect("in the roster"));
    insta::assert_snapshot!(run.told(&links), @"
    rep dora
      dora: left on 2026-10-01
    rep carla
      carla
    → carla by link 2
    ");
    run.owner = Cell::Queue(QueueId::from_index(0));
    assert_eq!(run.taker(&links), "unassigned");
    run.owner = Cell::Team(project.roster.team_named("empty").expect("in the roster"));
    insta::assert_snapshot!(run.told(&links), @"
    team empty
    nobody: only a rep has a manager
    → the chain ran dry
    ");
}

#[test]
fn everybody_in_a_team_is_told_why_they_do_or_do_not_get_the_lead() {
    let project = project(PEOPLE);
    let mut run = Run::new(&project, TUESDAY);
    let by_weight = chain(vec![team(&project, "everyone", Method::Weight)]);
    run.takers(&by_weight, 4);
    insta::assert_snapshot!(run.told(&by_weight), @"
    team everyone
      ana; served 1; share 0.333333, credit 0.083333, due 1
      bruno: away until 2026-11-24; served 0
      carla; served 1; share 0.333333, credit 0.083333, due 1
      dora: left on 2026-10-01; served 0
      eve: weight zero; served 0
      fay: at the daily limit (1 of 1 new leads today); served 1
      gus: not seen since 2026-11-22T08:00:00Z, more than 24 hours ago; served 0
      hal; served 1; share 0.333333, credit 0.083333, due 1
    → ana by link 1
    ");
    let with_skill = chain(vec![team_with(&project, "everyone", "healthcare", Method::RoundRobin), queue()]);
    insta::assert_snapshot!(run.told(&with_skill), @"
    team everyone
      ana: at capacity (2 of 2 open leads); served 2
      bruno: lacks skill healthcare; served 0
      carla: lacks skill healthcare; served 1
      dora: left on 2026-10-01; served 0
      eve: lacks skill healthcare; served 0
      fay: at the daily limit (1 of 1 new leads today); served 1
      gus: lacks skill healthcare; served 0
      hal: lacks skill healthcare; served 1
    queue unassigned
    → unassigned by link 2
    ");
}

#[test]
fn a_team_without_anybody_lets_the_chain_go_on() {
    let project = project(PEOPLE);
    let mut run = Run::new(&project, TUESDAY);
    for method in [Method::RoundRobin, Method::Weight, Method::Load, balance()] {
        assert_eq!(run.taker(&chain(vec![team(&project, "empty", method), queue()])), "unassigned");
    }
    for method in [Method::Weight, Method::Load, balance()] {
        assert_eq!(run.taker(&chain(vec![team(&project, "weightless", method)])), "nobody");
    }
    assert_eq!(run.taker(&chain(vec![team(&project, "weightless", Method::RoundRobin)])), "eve");
    assert_eq!(run.taker(&chain(vec![DestinationKind::Nobody { written: "otto".to_owned() }, queue()])), "unassigned");
    assert_eq!(run.taker(&chain(Vec::new())), "nobody");
}

#[test]
fn a_team_of_which_nobody_can_now_says_why_of_everybody_and_the_chain_goes_on() {
    let told = |reps: &str| {
        let project = project(&format!("holidays: [2026-11-25]\nreps:\n{reps}teams: {{ sales: [ana, bruno] }}\n"));
        Run::new(&project, TUESDAY).told(&chain(vec![team(&project, "sales", Method::Weight), queue()]))
    };
    let all = [
        told("  ana: { weight: 0 }\n  bruno: { weight: 0 }\n"),
        told("  ana: { away: [2026-11-24] }\n  bruno: { away: [2026-11-20..2026-11-24, 2026-11-26] }\n"),
        told("  ana: { capacity: 40, open: 41 }\n  bruno: { daily: 0 }\n"),
        told(
            "  ana: { hours: 'Mon-Fri 09:00-11:00', timezone: Asia/Tokyo }\n  bruno: { hours: never, timezone: Pacific/Kiritimati }\n",
        ),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

// --- who is there ---

/// Whether somebody with these hours, in Berlin, can take a lead at each of some moments.
fn works(hours: &str, moments: &[&str]) -> Vec<bool> {
    let project = project(&format!("reps:\n  ana: {{ timezone: Europe/Berlin, hours: \"{hours}\" }}\n"));
    let chain = chain(vec![rep(&project, "ana")]);
    moments.iter().map(|now| Run::new(&project, now).taker(&chain) == "ana").collect()
}

#[test]
fn hours_are_those_of_the_reps_own_clock() {
    // Berlin is one hour ahead of UTC in winter and two in summer.
    assert_eq!(works("Mon-Fri 09:00-17:00", &["2026-01-05T07:59:59Z", "2026-01-05T08:00:00Z"]), [false, true]);
    assert_eq!(works("Mon-Fri 09:00-17:00", &["2026-07-06T06:59:59Z", "2026-07-06T07:00:00Z"]), [false, true]);
    assert_eq!(works("Mon-Fri 09:00-17:00", &["2026-01-05T15:59:59Z", "2026-01-05T16:00:00Z"]), [true, false]);
    assert_eq!(works("Mon-Fri 09:00-17:00", &["2026-01-10T12:00:00Z"]), [false]);
}

#[test]
fn a_break_at_noon_is_free() {
    let moments = ["2026-01-05T10:59:00Z", "2026-01-05T11:30:00Z", "2026-01-05T12:00:00Z"];
    assert_eq!(works("Mon 09:00-12:00, 13:00-18:00", &moments), [true, false, true]);
}

#[test]
fn a_day_that_ends_at_midnight_includes_its_last_second() {
    let moments = ["2026-01-05T22:59:59Z", "2026-01-05T23:00:00Z"];
    assert_eq!(works("Mon 18:00-24:00", &moments), [true, false]);
    assert_eq!(works("Mon 22:00-06:00", &moments), [true, true]);
    assert_eq!(works("Mon 22:00-06:00", &["2026-01-06T04:59:59Z", "2026-01-06T05:00:00Z"]), [true, false]);
}

#[test]
fn an_hour_that_clocks_skip_is_not_worked_and_one_that_comes_twice_is_worked_twice() {
    // On 2026-03-29 clocks go from 02:00 to 03:00, at 01:00 UTC.
    let spring = ["2026-03-29T00:30:00Z", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"];
    assert_eq!(works("Sun 01:00-02:30", &spring), [true, true, false, false]);
    assert_eq!(works("Sun 02:00-03:00", &spring), [false; 4]);
    assert_eq!(works("Sun 02:30-04:00", &spring), [false, false, true, false]);
    // On 2026-10-25 they go from 03:00 back to 02:00, at 01:00 UTC.
    let autumn = ["2026-10-24T23:59:59Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"];
    assert_eq!(works("Sun 02:00-03:00", &autumn), [false, true, true, false]);
}

#[test]
fn a_day_off_is_a_day_of_the_reps_own_calendar() {
    let project = project(
        "reps:\n  ana: { timezone: Asia/Tokyo, away: [2026-11-20] }\n  dora: { timezone: America/Los_Angeles, left: 2026-11-20 }\n",
    );
    let (ana, dora) = (chain(vec![rep(&project, "ana")]), chain(vec![rep(&project, "dora")]));
    // 15:00 UTC is midnight in Tokyo; 08:00 UTC is midnight in Los Angeles.
    for (now, ana_takes, dora_takes) in [
        ("2026-11-19T14:59:59Z", true, true),
        ("2026-11-19T15:00:00Z", false, true),
        ("2026-11-20T07:59:59Z", false, true),
        ("2026-11-20T08:00:00Z", false, false),
        ("2026-11-20T15:00:00Z", true, false),
    ] {
        let takes = |chain: &Chain| Run::new(&project, now).assign(chain).0.is_some();
        assert_eq!((takes(&ana), takes(&dora)), (ana_takes, dora_takes), "{now}");
    }
}

#[test]
fn somebody_is_unseen_only_after_the_whole_time() {
    let project = project(
        "reps:\n  ana: { last_seen: 2026-11-21T17:00:00Z }\n  bruno:\nrules: { unavailable_after: 24 hours }\n",
    );
    let chain = chain(vec![rep(&project, "ana")]);
    assert_eq!(Run::new(&project, "2026-11-22T17:00:00Z").taker(&chain), "ana");
    assert_eq!(
        Run::new(&project, "2026-11-22T17:00:01Z").told(&chain),
        "rep ana\n  ana: not seen since 2026-11-21T17:00:00Z, more than 24 hours ago\n→ the chain ran dry"
    );
}

#[test]
fn capacity_and_daily_limits_count_the_leads_of_the_run() {
    let project = project("reps:\n  ana: { capacity: 40, open: 38 }\n  fay: { daily: 2, timezone: Asia/Tokyo }\n");
    let mut run = Run::new(&project, "2026-11-19T14:00:00Z");
    let ana = chain(vec![rep(&project, "ana")]);
    assert_eq!(run.takers(&ana, 2), "ana ana");
    assert_eq!(run.told(&ana), "rep ana\n  ana: at capacity (40 of 40 open leads)\n→ the chain ran dry");
    let fay = chain(vec![rep(&project, "fay")]);
    assert_eq!(run.takers(&fay, 2), "fay fay");
    assert_eq!(run.told(&fay), "rep fay\n  fay: at the daily limit (2 of 2 new leads today)\n→ the chain ran dry");
    // Midnight in Tokyo.
    run.move_to("2026-11-19T15:00:00Z");
    assert_eq!(run.taker(&fay), "fay");
    assert_eq!(run.taker(&ana), "nobody");
}

#[test]
fn a_test_of_the_policy_finds_everybody_there_who_is_staffed() {
    let project = project(
        "holidays: [2026-11-24]\nreps:\n  ana: { capacity: 0, daily: 0, hours: never, away: [2026-11-24], last_seen: 2020-01-01T00:00:00Z }\n  \
         dora: { left: 2099-01-01 }\n  eve: { weight: 0 }\nteams: { all: [dora, eve, ana] }\nrules: { unavailable_after: 1 hour }\n",
    );
    let mut run = Run::with(&project, TUESDAY, Presence::Everyone);
    assert_eq!(run.takers(&chain(vec![rep(&project, "ana")]), 3), "ana ana ana");
    insta::assert_snapshot!(run.told(&chain(vec![team(&project, "all", Method::Weight)])), @"
    team all
      dora: left on 2099-01-01; served 0
      eve: weight zero; served 0
      ana; served 0; share 1, credit 0, due 0
    → ana by link 1
    ");
}

// --- whose turn it is ---

const TEAM: &str = r#"
reps:
  ana: { weight: 2 }
  bruno:
  carla:
teams:
  sales: [ana, bruno, carla]
  patient: { members: [ana, bruno], catch_up: true }
"#;

#[test]
fn weights_divide_the_leads_and_round_robin_does_not_look_at_them() {
    let project = project(TEAM);
    let by_weight = chain(vec![team(&project, "sales", Method::Weight)]);
    let in_turn = chain(vec![team(&project, "sales", Method::RoundRobin)]);
    assert_eq!(Run::new(&project, TUESDAY).takers(&by_weight, 8), "ana bruno carla ana ana bruno carla ana");
    assert_eq!(Run::new(&project, TUESDAY).takers(&in_turn, 6), "ana bruno carla ana bruno carla");
}

#[test]
fn who_was_away_owes_nothing_on_return_and_gets_nothing_back() {
    let project = project(&TEAM.replace("bruno:\n", "bruno: { away: [2026-11-24] }\n"));
    let chain = chain(vec![team(&project, "sales", Method::RoundRobin)]);
    let mut run = Run::new(&project, "2026-11-24T12:00:00Z");
    assert_eq!(run.takers(&chain, 4), "ana carla ana carla");
    run.move_to("2026-11-25T12:00:00Z");
    assert_eq!(run.takers(&chain, 6), "ana bruno carla ana bruno carla");
}

#[test]
fn a_team_that_catches_up_gives_the_missed_leads_to_whoever_returns() {
    let project = project(&TEAM.replace("  bruno:\n", "  bruno: { weight: 2, away: [2026-11-24] }\n"));
    let chain = chain(vec![team(&project, "patient", Method::Weight)]);
    let mut run = Run::new(&project, "2026-11-24T12:00:00Z");
    assert_eq!(run.takers(&chain, 4), "ana ana ana ana");
    run.move_to("2026-11-25T12:00:00Z");
    insta::assert_snapshot!(run.told(&chain), @"
    team patient
      ana; served 4; share 0.5, credit -2, due 4
      bruno; served 0; share 0.5, credit 2, due 0
    → bruno by link 1
    ");
    assert_eq!(run.takers(&chain, 7), "bruno bruno bruno ana bruno ana bruno");
}

#[test]
fn only_absence_is_made_up_for() {
    let project = project(
        "reps:\n  ana:\n  bruno: { capacity: 1, open: 1 }\n  dora: { left: 2026-01-01, away: [2026-11-24] }\n  eve: { away: [2026-11-24] }\n\
         teams:\n  patient: { members: [ana, bruno, dora, eve], catch_up: true }\n",
    );
    insta::assert_snapshot!(
        Run::new(&project, TUESDAY).told(&chain(vec![team_with(&project, "patient", "pt", Method::Weight)])), @"
    team patient
      ana: lacks skill pt; served 0
      bruno: lacks skill pt; served 0
      dora: left on 2026-01-01; served 0
      eve: lacks skill pt; served 0
    → the chain ran dry
    ");
    insta::assert_snapshot!(
        Run::new(&project, TUESDAY).told(&chain(vec![team(&project, "patient", Method::Weight)])), @"
    team patient
      ana; served 0; share 0.5, credit 0, due 0
      bruno: at capacity (1 of 1 open leads); served 0
      dora: left on 2026-01-01; served 0
      eve: away until 2026-11-24; served 0; share 0.5, credit 0, due 0
    → ana by link 1
    ");
}

#[test]
fn load_looks_for_the_fewest_open_leads_by_weight() {
    let project = project(
        "reps:\n  ana: { open: 4, weight: 2 }\n  bruno: { open: 1 }\n  carla: { open: 3 }\nteams: { sales: [ana, bruno, carla] }\n",
    );
    let chain = chain(vec![team(&project, "sales", Method::Load)]);
    let mut run = Run::new(&project, TUESDAY);
    insta::assert_snapshot!(run.told(&chain), @"
    team sales
      ana; served 0; 4 open, weight 2
      bruno; served 0; 1 open, weight 1
      carla; served 0; 3 open, weight 1
    → bruno by link 1
    ");
    // All have two open leads for each unit of weight but carla: who was served least, then who is listed first.
    assert_eq!(run.takers(&chain, 4), "ana bruno ana carla");
}

#[test]
fn balance_gives_the_lead_to_the_lowest_running_total() {
    let project = project(TEAM);
    let chain = chain(vec![team(&project, "sales", balance())]);
    let mut run = Run::new(&project, TUESDAY);
    let mut got = Vec::new();
    for score in [50, 10, 20, 5, 5, 30] {
        run.score = Cell::Number(score.into());
        got.push(format!("{}+{score}", run.taker(&chain)));
    }
    run.score = Cell::Blank;
    got.push(run.taker(&chain));
    assert_eq!(got.join(" "), "ana+50 bruno+10 carla+20 bruno+5 bruno+5 carla+30 bruno");
    insta::assert_snapshot!(run.told(&chain), @"
    team sales
      ana; served 1; total 50, weight 2
      bruno; served 4; total 20, weight 1
      carla; served 2; total 50, weight 1
    → bruno by link 1
    ");
}

#[test]
fn a_new_member_starts_level_and_resets_nobody() {
    let before = project(TEAM);
    let by_weight = |project: &Project| chain(vec![team(project, "sales", Method::Weight)]);
    let mut run = Run::new(&before, TUESDAY);
    assert_eq!(run.takers(&by_weight(&before), 3), "ana bruno carla");
    let after =
        project(&TEAM.replace("bruno, carla]", "bruno, carla, dora]").replace("  carla:\n", "  carla:\n  dora:\n"));
    let mut later = Run::new(&after, TUESDAY);
    let sales = TeamId::from_index(0);
    run.state.teams[sales].iter().enumerate().for_each(|(member, served)| later.state.teams[sales].set(member, served));
    insta::assert_snapshot!(later.told(&by_weight(&after)), @"
    team sales
      ana; served 1; share 0.4, credit 0.5, due 0
      bruno; served 1; share 0.2, credit -0.25, due 5
      carla; served 1; share 0.2, credit -0.25, due 5
      dora; served 0; share 0.2, credit 0, due 4
    → ana by link 1
    ");
}

// --- the promise, against exact arithmetic ---

/// These properties turn long wheels; a few each time will do.
const CASES: u32 = 64;

/// Weights of every kind: equal, alike, worlds apart.
fn weights(members: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<u64>> {
    let weight = prop_oneof![Just(1_u64), 1..4_u64, 1..100_u64, 1..1_000_000_000_000_u64];
    proptest::collection::vec(weight, members)
}

/// A rotation that is driven by hand.
struct Wheel {
    credits: Vec<Credit>,
    served: Vec<i128>,
}

impl Wheel {
    fn new(members: usize) -> Wheel {
        Wheel { credits: vec![Credit::ZERO; members], served: vec![0; members] }
    }

    /// One lead for those present, by their weights.
    fn turn(&mut self, present: &[usize], weights: &[u64]) -> usize {
        let shares = rotation::shares(weights);
        assert_eq!(shares.iter().copied().sum::<Credit>(), Credit::LEAD);
        let turns: Vec<Turn> = present
            .iter()
            .zip(&shares)
            .map(|(member, share)| Turn { share: *share, credit: self.credits[*member], present: true })
            .collect();
        let next = present[rotation::first_due(&turns).expect("somebody is present")];
        present.iter().zip(&shares).for_each(|(member, share)| self.credits[*member] += *share);
        self.credits[next] -= Credit::LEAD;
        self.served[next] += 1;
        next
    }

    fn furthest(&self) -> Credit {
        self.credits.iter().map(|credit| (*credit).max(-*credit)).max().unwrap_or(Credit::ZERO)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: CASES, ..ProptestConfig::default() })]

    /// `|served − n w / Σw| < 1`, in whole numbers: and Tijdeman's sharper `1 − 1 / (2k − 2)`, but for
    /// the rounding of shares.
    #[test]
    fn nobody_is_ever_a_whole_lead_off_their_exact_share(weights in weights(1..=12), leads in 1..200_i128) {
        let members: Vec<usize> = (0..weights.len()).collect();
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        let mut wheel = Wheel::new(members.len());
        let scale = (2 * members.len() as i128 - 2).max(1);
        for lead in 1..=leads {
            wheel.turn(&members, &weights);
            for member in &members {
                let off = (wheel.served[*member] * total - lead * i128::from(weights[*member])).abs();
                prop_assert!(off < total, "member {member} after lead {lead}: {off} of {total}");
                let rounding = 1 + lead * total * scale / Credit::LEAD.parts();
                prop_assert!(off * scale <= total * (scale - 1) + rounding, "member {member} after lead {lead}");
            }
        }
    }

    /// Turns come again after a round: who has seen one names whom everybody else names, whatever comes between.
    #[test]
    fn whoever_has_seen_a_whole_round_names_the_same_people(
        weights in proptest::collection::vec(prop_oneof![1..5_u32, Just(25_u32)], 3..5),
        stretches in proptest::collection::vec((0..4_u8, 1..70_u8), 1..6),
    ) {
        let names = ["ana", "bruno", "carla", "dora"];
        let reps: String = names.iter().zip(&weights).map(|(rep, weight)| format!("  {rep}: {{ weight: {weight}, skills: [{}] }}\n", if *rep == "ana" { "" } else { "de" })).collect();
        let names = names[..weights.len()].join(", ");
        let project = project(&format!("reps:\n{reps}teams:\n  all: [{names}]\n"));
        let everyone = chain(vec![team(&project, "all", Method::Weight)]);
        let in_turn = chain(vec![team(&project, "all", Method::RoundRobin)]);
        let skilled = chain(vec![team_with(&project, "all", "de", Method::Weight)]);
        let mut kept = Run::new(&project, TUESDAY);
        let mut fresh = Run::new(&project, TUESDAY);
        let (attendance, lead) = (&kept.attendance, Lead::of(vec![Cell::Blank].into()));
        for (kind, leads) in stretches {
            let chain = match kind {
                0 | 1 => &everyone,
                2 => &in_turn,
                _ => &skilled,
            };
            for number in 0..leads {
                let by_round = assign_by(&mut kept.rotas, &project, attendance, chain, &|_| Cell::Blank, &lead, &mut kept.state, &mut ());
                let by_credit = assign(&project, attendance, chain, &|_| Cell::Blank, &lead, &mut fresh.state, &mut ());
                prop_assert_eq!(by_round, by_credit, "lead {}", number);
                prop_assert_eq!(&kept.state, &fresh.state, "after lead {}", number);
            }
            // Somebody is owed a lead, whoever knows the turns by heart or not.
            let all = TeamId::from_index(0);
            let mut owed = kept.state.teams[all].served(1);
            owed.credit += if kind == 1 { rotation::shares(&[1, 2])[0] } else { Credit::ZERO };
            kept.state.teams[all].set(1, owed);
            fresh.state.teams[all].set(1, owed);
        }
    }

    /// The same of whole teams as rosters have them: many members, weights with decimals, through the chain.
    #[test]
    fn a_large_team_with_decimal_weights_is_served_fairly_at_every_lead(
        weights in proptest::collection::vec(prop_oneof![1..10_000_000_i64, 1..2_000_i64, Just(1_000_000_i64)], 40..70),
    ) {
        let decimal = |weight: &i64| Decimal::new(*weight, 6).to_string();
        let reps: String = weights.iter().enumerate().map(|(rep, weight)| format!("  r{rep}: {{ weight: {} }}\n", decimal(weight))).collect();
        let names: Vec<String> = (0..weights.len()).map(|rep| format!("r{rep}")).collect();
        let project = project(&format!("reps:\n{reps}teams:\n  all: [{}]\n", names.join(", ")));
        let chain = chain(vec![team(&project, "all", Method::Weight)]);
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        let mut run = Run::new(&project, TUESDAY);
        for lead in 1..=150_i128 {
            let lead_of = Lead::of(vec![Cell::Blank].into());
            assign(&project, &run.attendance, &chain, &|_| Cell::Blank, &lead_of, &mut run.state, &mut ());
            for (served, weight) in run.state.teams[TeamId::from_index(0)].iter().zip(&weights) {
                let off = (i128::from(served.leads) * total - lead * i128::from(*weight)).abs();
                prop_assert!(off < total, "a member of weight {} after lead {}: {} of {}", weight, lead, off, total);
            }
        }
    }

    /// A team that makes up for absences: once all are back and have caught up, everybody has their share of
    /// all leads there ever were, and keeps it.
    #[test]
    fn who_was_away_has_their_whole_share_again_after_catching_up(
        weights in proptest::collection::vec(1..6_u64, 2..6),
        days in proptest::collection::vec(1..64_u8, 0..40),
    ) {
        let members = weights.len();
        let shares = rotation::shares(&weights);
        let (mut credits, mut served) = (vec![Credit::ZERO; members], vec![0_i128; members]);
        let mut turn = |present: &dyn Fn(usize) -> bool| {
            let turns: Vec<Turn> =
                (0..members).map(|m| Turn { share: shares[m], credit: credits[m], present: present(m) }).collect();
            let Some(next) = rotation::first_due(&turns) else { return (served.clone(), credits.clone()) };
            credits.iter_mut().zip(&shares).for_each(|(credit, share)| *credit += *share);
            credits[next] -= Credit::LEAD;
            served[next] += 1;
            (served.clone(), credits.clone())
        };
        for there in days {
            turn(&|member| there >> member & 1 == 1);
        }
        // Whoever got 40 leads too many waits for them at one sixteenth of a lead each.
        (0..2_000).for_each(|_| drop(turn(&|_| true)));
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        for _ in 0..100 {
            let (served, credits) = turn(&|_| true);
            prop_assert_eq!(credits.into_iter().sum::<Credit>(), Credit::ZERO);
            let leads: i128 = served.iter().sum();
            for (served, weight) in served.iter().zip(&weights) {
                let off = (served * total - leads * i128::from(*weight)).abs();
                prop_assert!(off < total, "{} of {} after {} leads", off, total, leads);
            }
        }
    }

    /// `load` and `balance` keep everybody within one lead, or one lead's amount, of the others.
    #[test]
    fn load_and_balance_never_leave_anybody_further_behind_than_one_lead(
        scores in proptest::collection::vec(prop_oneof![4 => (0..1_000_i64).prop_map(Some), 1 => Just(None)], 1..80),
    ) {
        let project = project("reps:\n  ana: { weight: 2 }\n  bruno:\n  carla: { weight: 0.5 }\nteams: { sales: [ana, bruno, carla] }\n");
        let weights = [Decimal::TWO, Decimal::ONE, Decimal::new(5, 1)];
        for method in [Method::Load, balance()] {
            let links = chain(vec![team(&project, "sales", method)]);
            let mut run = Run::new(&project, TUESDAY);
            let mut amounts = [Decimal::ZERO; 3];
            let mut largest = Decimal::ONE;
            for score in &scores {
                let amount = match method {
                    Method::Load => Decimal::ONE,
                    _ => score.map_or(Decimal::ZERO, Decimal::from),
                };
                run.score = score.map_or(Cell::Blank, |score| Cell::Number(score.into()));
                largest = largest.max(amount);
                let Some(Assignment { taker: Taker::Rep(taker), .. }) = run.assign(&links).0 else { panic!("all are there") };
                amounts[taker.index()] += amount;
                let relative: Vec<Decimal> = amounts.iter().zip(&weights).map(|(amount, weight)| amount / weight).collect();
                let (least, most) = (relative.iter().min().expect("three"), relative.iter().max().expect("three"));
                prop_assert!(most - least <= largest * Decimal::TWO, "{:?} by {:?}", amounts, method);
            }
        }
    }

    /// Anybody may be there or not, with any weight, at every lead.
    #[test]
    fn whoever_comes_and_goes_nobody_is_further_off_than_the_others_are_many(
        members in 2..9_usize,
        days in proptest::collection::vec((any::<u16>(), weights(8..=8)), 1..200),
    ) {
        let mut wheel = Wheel::new(members);
        for (there, weights) in days {
            let present: Vec<usize> = (0..members).filter(|member| there >> member & 1 == 1).collect();
            if present.is_empty() {
                continue;
            }
            wheel.turn(&present, &weights[..present.len()]);
            prop_assert_eq!(wheel.credits.iter().copied().sum::<Credit>(), Credit::ZERO);
            prop_assert!(wheel.furthest().parts() <= (members as i128 - 1) * Credit::LEAD.parts());
        }
    }

    /// The worst of days: those are there who are furthest ahead, or furthest behind, or the two
    /// neighbours whose order is hardest to keep.
    #[test]
    fn not_even_an_adversary_drives_anybody_further(
        members in 2..9_usize,
        plan in proptest::collection::vec((0..4_u8, 1..8_usize, weights(8..=8)), 1..300),
    ) {
        let mut wheel = Wheel::new(members);
        for (trick, size, weights) in plan {
            let mut order: Vec<usize> = (0..members).collect();
            order.sort_by_key(|member| wheel.credits[*member]);
            let size = size.min(members);
            let present: Vec<usize> = match trick {
                0 => order[..size].to_vec(),
                1 => order[members - size..].to_vec(),
                2 => order.windows(2).min_by_key(|pair| wheel.credits[pair[1]] - wheel.credits[pair[0]]).expect("two").to_vec(),
                _ => order[(members - size) / 2..][..size].to_vec(),
            };
            wheel.turn(&present, &weights[..present.len()]);
            prop_assert!(wheel.furthest().parts() <= (members as i128 - 1) * Credit::LEAD.parts());
        }
    }

    /// After any history everybody is served again in the time their share and the bound allow.
    #[test]
    fn nobody_starves(
        history in proptest::collection::vec((1..64_u8, weights(6..=6)), 0..60),
        weights in proptest::collection::vec(1..9_u64, 6),
    ) {
        let mut wheel = Wheel::new(6);
        for (there, weights) in history {
            let present: Vec<usize> = (0..6).filter(|member| there >> member & 1 == 1).collect();
            wheel.turn(&present, &weights[..present.len()]);
        }
        let everyone: Vec<usize> = (0..6).collect();
        let total: u64 = weights.iter().sum();
        for member in &everyone {
            // From −5 to 5 leads of credit, at w / Σw a lead, and one more.
            let patience = 11 * total / weights[*member] + 1;
            let mut wheel = Wheel { credits: wheel.credits.clone(), served: wheel.served.clone() };
            let waited = (0..patience).position(|_| wheel.turn(&everyone, &weights) == *member);
            prop_assert!(waited.is_some(), "member {member} waited {patience} leads");
        }
    }

    /// Rotation, load and balance in one run, with every limit: counts add up.
    #[test]
    fn every_lead_goes_to_one_taker_and_every_account_agrees(
        leads in proptest::collection::vec((0..5_u8, -100..1_000_i64), 1..120),
    ) {
        let project = project(PEOPLE);
        let methods = [Method::RoundRobin, Method::Weight, Method::Load, balance()];
        let mut run = Run::new(&project, TUESDAY);
        let mut by_rep = vec![0_u32; project.roster.reps.len()];
        for (kind, score) in leads {
            run.score = Cell::Number(score.into());
            let links = match methods.get(usize::from(kind)) {
                Some(method) => chain(vec![team(&project, "everyone", *method), queue()]),
                None => chain(vec![rep(&project, "ana"), rep(&project, "carla")]),
            };
            let (assignment, attempts) = run.assign(&links);
            prop_assert_eq!(attempts.last().and_then(|attempt| attempt.took), assignment.map(|found| found.taker));
            if let Some(Assignment { taker: Taker::Rep(rep), .. }) = assignment {
                by_rep[rep.index()] += 1;
            }
        }
        for (rep, workload) in run.state.reps.iter_with_ids() {
            prop_assert_eq!(workload.open, by_rep[rep.index()]);
            let capacity = project.roster.reps[rep].capacity.unwrap_or(u32::MAX);
            prop_assert!(workload.open <= capacity);
        }
        let everyone = &run.state.teams[TeamId::from_index(0)];
        prop_assert_eq!(everyone.iter().map(|served| served.credit).sum::<Credit>(), Credit::ZERO);
        prop_assert!(everyone.iter().map(|served| served.leads).sum::<u64>() <= u64::from(by_rep.iter().sum::<u32>()));
    }
}

// --- what lints ask ---

/// When nobody of some links can take a lead from a Tuesday on, and why a rep does not then.
fn dry(project: &Project, links: &[DestinationKind]) -> Option<String> {
    let staffing = Staffing::new(project, at(TUESDAY));
    let always = Stretch { from: Timestamp::MIN, to: Timestamp::MAX };
    staffing.dry(links, always).map(|dry| match dry {
        Dry::Whenever => "whenever".to_owned(),
        Dry::From(moment) => moment.to_string(),
    })
}

#[test]
fn who_has_no_limit_and_no_absence_ahead_can_always_take_a_lead() {
    let said = |text: &str| {
        let project = project(text);
        let ana = project.roster.rep_named("ana").expect("in the roster");
        let staffing = Staffing::new(&project, at(TUESDAY));
        let dry = staffing.dry(&[DestinationKind::Rep(ana)], Stretch { from: Timestamp::MIN, to: Timestamp::MAX });
        dry.map_or("always".to_owned(), |dry| staffing.why_dry(ana, dry).expect("there is a reason").to_string())
    };
    let ana = |keys: &str| said(&format!("reps:\n  ana: {{ {keys} }}\n"));
    assert_eq!(ana(""), "always");
    assert_eq!(ana("hours: 'Mon-Sun 00:00-12:00, 12:00-24:00'"), "always");
    assert_eq!(ana("away: [2026-11-01..2026-11-23]"), "always");
    assert_eq!(ana("last_seen: 2020-01-01T00:00:00Z"), "always");
    assert_eq!(
        ana("hours: 'Mon-Sun 00:00-23:59'"),
        "outside hours (works Mon-Sun 00:00-23:59 UTC, it is Tue 23:59 there)"
    );
    assert_eq!(ana("hours: never"), "no working hours");
    assert_eq!(ana("away: [2026-11-01..2026-11-24]"), "away until 2026-11-24");
    assert_eq!(ana("capacity: 40"), "may have 40 open leads");
    assert_eq!(ana("capacity: 0"), "capacity zero");
    assert_eq!(ana("daily: 12"), "may have got 12 leads that day");
    assert_eq!(ana("left: 2026-11-24"), "left on 2026-11-24");
    assert_eq!(ana("left: 2026-11-25"), "left on 2026-11-25");
    assert_eq!(said("holidays: [2026-11-23, 2026-12-25]\nreps: { ana: }\n"), "holiday on 2026-12-25");
    assert_eq!(said("holidays: [2026-11-23]\nreps: { ana: }\n"), "always");
    let seen = "reps: { ana: { last_seen: 2026-11-24T00:00:00Z } }\nrules: { unavailable_after: 1 day }\n";
    assert_eq!(said(seen), "not seen since 2026-11-24T00:00:00Z, more than 24 hours ago");
}

#[test]
fn a_chain_runs_dry_unless_a_queue_or_somebody_is_always_there() {
    let project = project(
        r#"
reps:
  ana: { manager: eve, capacity: 40 }
  day: { hours: "06:00-18:00" }
  night: { hours: "18:00-06:00" }
  far: { hours: "18:00-06:00", timezone: Asia/Tokyo }
  eve: { weight: 0 }
  holiday: { away: [2026-12-20..2026-12-27] }
  helper: { away: [2026-12-28..2026-12-31] }
  late: { away: [2026-12-27..2026-12-31] }
teams:
  capped: [ana]
  relay: [day, night]
  gap: [day, far]
  idle: [eve]
"#,
    );
    let team = |name: &str, method| team(&project, name, method);
    let rep = |name: &str| rep(&project, name);
    let dry = |links: Vec<DestinationKind>| dry(&project, &links).unwrap_or("never".to_owned());
    assert_eq!(dry(vec![rep("ana")]), "whenever");
    assert_eq!(dry(vec![rep("ana"), queue()]), "never");
    assert_eq!(dry(vec![rep("ana"), manager_of(rep("ana"))]), "never");
    assert_eq!(dry(vec![team("capped", Method::Weight)]), "whenever");
    assert_eq!(dry(vec![team("relay", Method::Weight)]), "never");
    assert_eq!(dry(vec![rep("night"), rep("day")]), "never");
    // Tokyo's night is 09:00 to 21:00 UTC.
    assert_eq!(dry(vec![team("gap", Method::Weight)]), "2026-11-24T21:00:00Z");
    assert_eq!(dry(vec![team("idle", Method::Weight)]), "whenever");
    assert_eq!(dry(vec![team("idle", Method::RoundRobin)]), "never");
    assert_eq!(dry(vec![team_with(&project, "relay", "pt", Method::RoundRobin)]), "whenever");
    assert_eq!(dry(vec![DestinationKind::Nobody { written: String::new() }]), "whenever");
    // Absences one after the other are covered, and those that meet on a day are not.
    assert_eq!(dry(vec![rep("holiday"), rep("helper")]), "never");
    assert_eq!(dry(vec![rep("holiday"), rep("late")]), "2026-12-27T00:00:00Z");
}

#[test]
fn a_relay_between_zones_has_a_gap_only_while_clocks_differ_by_another_hour() {
    // New York is six hours behind Berlin, and five from 14 to 28 March and from 31 October to 7 November 2027.
    let relay = |berlin: &str, new_york: &str| {
        let project = project(&format!(
            "reps:\n  ana: {{ timezone: Europe/Berlin, hours: \"{berlin}\" }}\n  bob: {{ timezone: America/New_York, hours: \"{new_york}\" }}\n",
        ));
        dry(&project, &[rep(&project, "ana"), rep(&project, "bob")]).unwrap_or("never".to_owned())
    };
    // At 20:00 on the first of these days it is 01:00 in Berlin.
    assert_eq!(relay("02:00-14:00", "08:00-20:00"), "2027-03-15T00:00:00Z");
    assert_eq!(relay("02:00-14:00", "07:00-20:00"), "2027-03-15T00:00:00Z");
    assert_eq!(relay("01:00-14:00", "08:00-20:00"), "never");
    assert_eq!(relay("01:00-15:00", "07:00-21:00"), "never");
}

#[test]
fn a_team_of_which_nobody_ever_can_is_unstaffed() {
    let project = project(
        "reps:\n  ana: { capacity: 0 }\n  bruno: { hours: never }\n  carla: { daily: 0 }\n  dora: { left: 2026-01-01 }\n  \
         eve: { weight: 0 }\n  fay:\nteams:\n  idle: [ana, bruno, carla, dora, eve]\n  empty: []\n  one: [eve, fay]\n",
    );
    let unstaffed = |team: DestinationKind| {
        let DestinationKind::Team(choice) = team else { panic!("a team") };
        let never = staffing::unstaffed(&project.roster, &choice, at(TUESDAY))?;
        let said = never.iter().map(|(rep, why)| format!("{}: {why}", project.roster.reps[*rep].name));
        Some(said.collect::<Vec<_>>().join(", "))
    };
    assert_eq!(
        unstaffed(team(&project, "idle", Method::Weight)).as_deref(),
        Some(
            "ana: capacity zero, bruno: no working hours, carla: daily zero, dora: left on 2026-01-01, eve: weight zero"
        )
    );
    assert_eq!(unstaffed(team(&project, "idle", Method::RoundRobin)), None);
    assert_eq!(unstaffed(team(&project, "empty", Method::Weight)).as_deref(), Some(""));
    assert_eq!(unstaffed(team(&project, "one", Method::Weight)), None);
    assert_eq!(
        unstaffed(team_with(&project, "one", "pt", Method::Weight)).as_deref(),
        Some("eve: lacks skill pt, fay: lacks skill pt")
    );
}

#[test]
fn idle_hours_are_those_that_nobodys_hours_cover() {
    let idle = |text: &str| {
        let project = project(&format!("{text}teams: {{ all: [ana, bruno] }}\n"));
        let choice = TeamChoice { team: TeamId::from_index(0), skills: Vec::new(), method: Some(Method::Weight) };
        let idle = idle::idle_hours(&project, &choice, at(TUESDAY));
        idle.map_or("never".to_owned(), |hours| hours.to_string())
    };
    assert_eq!(idle("reps:\n  ana: { hours: 'Mon-Fri 09:00-17:00' }\n  bruno:\n"), "never");
    assert_eq!(
        idle(
            "reps:\n  ana: { hours: 'Mon-Fri 09:00-17:00' }\n  bruno: { hours: 'Mon-Thu 16:00-20:00; Sat 00:00-24:00' }\n"
        ),
        "Mon-Thu 20:00-09:00, Fri 17:00-24:00, Sun 00:00 to Mon 09:00"
    );
    // Tokyo's morning is the night before in UTC, and Sunday's end is its Monday.
    assert_eq!(
        idle("timezone: Asia/Tokyo\nreps:\n  ana: { hours: 'Mon-Sun 06:00-21:00' }\n  bruno: { weight: 0 }\n"),
        "Mon-Sun 12:00-21:00"
    );
    assert_eq!(idle("reps:\n  ana: { hours: '06:00-18:00' }\n  bruno: { hours: '18:00-06:00' }\n"), "never");
    assert_eq!(idle("reps:\n  ana: { left: 2020-01-01 }\n  bruno: { hours: never }\n"), "at any hour");
}
