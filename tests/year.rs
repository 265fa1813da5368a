//! Day after day with one ledger: people are away, join and leave, leads are closed, and everybody gets
//! their share of what came while they were there.
//!
//! The whole year takes a while: `cargo test --release --test suite -- --ignored --nocapture year::`.

#![expect(clippy::print_stdout, reason = "the year tells how large its ledger is")]

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;

use crate::workplace::Workplace;

const REPS: usize = 18;
const TEAMS: [&str; 3] = ["north", "south", "west"];

const POLICY: &str = r#"roster "roster.yaml"
lead {
  id         text key
  email      email
  company    text
  country    country
  industry   one of [Healthcare, "Financial Services", Manufacturing, Software, Retail]
  employees  integer
  score      number 0 to 100
  created_at timestamp
}
queue rest
segment large = employees >= 1000
territory policy regions {
  rule spam when email ends with "@spam.example" reject "disposable address"
  rule north when country in [DE, SE, PL] assign team north by weight or queue rest
  rule south when country in [ES, IT, BR] assign team south by weight or queue rest
  rule large when large and industry is Software assign team everyone by load or queue rest
  otherwise go to general
}
fallback policy general { otherwise assign team west by round robin or queue rest }
start at regions
"#;

/// A year, or as many days of it as there is time for.
struct Year {
    days: usize,
    leads_a_day: usize,
}

impl Year {
    fn date(&self, day: usize) -> Date {
        let first = Date::constant(2026, 1, 1);
        first.checked_add(Span::new().days(day as i64)).unwrap()
    }

    fn weight(rep: usize) -> usize {
        rep % 3 + 1
    }

    /// Two people come later, one goes.
    fn works_here(&self, rep: usize, day: usize) -> bool {
        match rep {
            16 => day >= self.days / 3,
            17 => day >= self.days / 2,
            3 => day < self.days * 3 / 5,
            _ => true,
        }
    }

    /// Everybody is away for a while now and then, never at the same time as all of their team.
    fn is_away(&self, rep: usize, day: usize) -> bool {
        (day + 7 * rep) % 30 < 4
    }

    fn is_there(&self, rep: usize, day: usize) -> bool {
        self.works_here(rep, day) && !self.is_away(rep, day)
    }

    fn roster(&self, day: usize) -> String {
        let here = |rep: &usize| self.works_here(*rep, day) || *rep == 3;
        let mut text = String::from("reps:\n");
        for rep in (0..REPS).filter(here) {
            let left = if rep == 3 { format!(", left: {}", self.date(self.days * 3 / 5)) } else { String::new() };
            let today = self.date(day);
            let away = if self.is_away(rep, day) { format!(", away: [{today}..{today}]") } else { String::new() };
            text += &format!("  r{rep:02}: {{ weight: {}{left}{away} }}\n", Year::weight(rep));
        }
        text += "teams:\n";
        let named = |reps: Vec<usize>| reps.iter().map(|rep| format!("r{rep:02}")).collect::<Vec<_>>().join(", ");
        for (team, name) in TEAMS.iter().enumerate() {
            text += &format!("  {name}: [{}]\n", named((0..REPS).filter(|rep| rep % 3 == team).filter(here).collect()));
        }
        text + &format!("  everyone: [{}]\n", named((0..REPS).filter(here).collect()))
    }

    fn leads(&self, day: usize) -> String {
        let mut text = String::from("id,email,company,country,industry,employees,score,created_at,source\n");
        for n in day * self.leads_a_day..(day + 1) * self.leads_a_day {
            let dice = n.wrapping_mul(2_654_435_761) >> 7;
            let country = ["DE", "Spain", "US", "SE", "Italy", "FR", "PL", "Brazil", "GB"][dice % 9];
            let industry = ["Healthcare", "Financial Services", "Software", "Retail"][dice / 9 % 4];
            let domain = if dice % 97 == 5 { "spam.example" } else { "company.example" };
            let (employees, score) = (dice / 36 % 5000, dice % 101);
            text += &format!(
                "L-{n:07},contact.{n}@{domain},Company {n} GmbH,{country},{industry},{employees},{score},{}T{:02}:{:02}:00Z,web\n",
                self.date(day),
                6 + dice % 8,
                dice % 60,
            );
        }
        text
    }
}

/// Goes through the days; the folder with the ledger.
fn live(year: &Year) -> Workplace {
    let place = Workplace::with(&[("p/main.rules", POLICY)]);
    for day in 0..year.days {
        place.write("p/roster.yaml", &year.roster(day));
        place.write(&format!("{day}.csv"), &year.leads(day));
        let at = format!("{}T15:00:00Z", year.date(day));
        let file = format!("{day}.csv");
        let arguments = ["route", "p", &file, "--ledger", "year.ledger", "-o", "out.csv", "--at", &at];
        let ended = place.run_as_is(&arguments);
        assert_eq!(ended.code, 0, "{}", ended.err);
        if let Some(done) = day.checked_sub(5) {
            let done = format!("{done}.csv");
            let closed = ["ledger", "close", "year.ledger", "--from", &done, "--reason", "done", "--at", &at];
            place.run_as_is(&closed).out(0);
        }
    }
    place
}

/// What everybody should have got from each team by weight or in turn: day by day, who was there then
/// divides what came that day. This is worked out from the rosters, not from the ledger.
fn due(year: &Year, place: &Workplace) -> BTreeMap<(String, String), f64> {
    let db = place.open("year.ledger");
    let sql = "SELECT team, count(*) FROM assignments WHERE team <> 'everyone' AND substr(assigned_at, 1, 10) = ?1 GROUP BY team";
    let mut statement = db.prepare(sql).unwrap();
    let mut due = BTreeMap::new();
    for day in 0..year.days {
        let found = statement.query_map([year.date(day).to_string()], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        for (team, leads) in found.map(Result::unwrap).collect::<Vec<(String, f64)>>() {
            let members = (0..REPS).filter(|rep| TEAMS[rep % 3] == team && year.is_there(*rep, day));
            let weight = |rep| if team == "west" { 1.0 } else { Year::weight(rep) as f64 };
            let all: f64 = members.clone().map(weight).sum();
            for rep in members {
                *due.entry((team.clone(), format!("r{rep:02}"))).or_insert(0.0) += leads * weight(rep) / all;
            }
        }
    }
    due
}

/// The most that anybody is away from their share.
fn furthest_from_share(year: &Year, place: &Workplace) -> f64 {
    let db = place.open("year.ledger");
    let due = due(year, place);
    assert!(due.len() >= REPS - 1, "{due:?}");
    let got = |(team, rep): (&String, &String)| -> f64 {
        let sql = "SELECT count(*) FROM assignments WHERE team = ?1 AND assigned_to = ?2";
        db.query_row(sql, [team, rep], |row| row.get(0)).unwrap()
    };
    due.iter().map(|((team, rep), due)| (got((team, rep)) - due).abs()).fold(0.0, f64::max)
}

fn adds_up(year: &Year) -> Workplace {
    let place = live(year);
    let off = furthest_from_share(year, &place);
    assert!(off < 2.0, "somebody is {off} leads from their share");
    place.run_as_is(&["ledger", "verify", "year.ledger"]).out(0);
    let db = place.open("year.ledger");
    let count = |sql: &str| -> usize { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM current_assignments"), year.days * year.leads_a_day);
    assert_eq!(count("SELECT count(*) FROM batches"), year.days);
    let open = year.leads_a_day * year.days.min(5);
    assert_eq!(count("SELECT count(*) FROM current_assignments WHERE closed_at IS NULL"), open);
    assert_eq!(
        count("SELECT sum(open) FROM workloads"),
        count("SELECT count(*) FROM open_leads WHERE assigned_kind = 'rep'")
    );
    println!("nobody is further than {off:.3} leads from their share");
    place
}

#[test]
fn a_month_of_comings_and_goings_gives_everybody_their_share() {
    adds_up(&Year { days: 20, leads_a_day: 60 });
}

#[test]
#[ignore = "minutes: 200,000 leads in 250 batches"]
fn a_year_of_comings_and_goings_gives_everybody_their_share() {
    let year = Year { days: 250, leads_a_day: 800 };
    let place = adds_up(&year);
    let size = std::fs::metadata(place.path("year.ledger")).unwrap().len();
    let leads = (year.days * year.leads_a_day) as u64;
    println!("{leads} leads in {} batches: {size} bytes, {} a lead", year.days, size / leads);
    let db = place.open("year.ledger");
    let sizes = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8";
    if let Ok(mut statement) = db.prepare(sizes) {
        let sizes = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
        sizes.map(Result::unwrap).for_each(|(name, size)| println!("  {name}: {size}"));
    }
}
