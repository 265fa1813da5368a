//! The ledger: the only state that lasts from one run to the next. One SQLite file holds whose turn it
//! is, who has how much to do, and the trail of every assignment ever made.
//!
//! | file | is about |
//! | --- | --- |
//! | `schema` | the tables, as an ordered list of migrations; what is a ledger and what is not |
//! | `store` | opening one, and taking turns: one run writes, the others wait |
//! | `identity` | how a lead is known again |
//! | `standing` | the state by name ↔ the router's state by id |
//! | `trail` | assignments, closings and openings: added, never changed |
//! | `page` | rows of the trail before they are in it |
//! | `scribe` | pages on their way into the trail, beside the run that decides |
//! | `flush` | what is written while a ledger is made, on its way to the disk |
//! | `recall` | what the trail says of leads that come again |
//! | `sum` | the trail added up: what the state was before any assignment |
//! | `archive` | the policies, rosters and tables that decisions rest on, by hash |
//! | `hand` | what people do by hand: leads closed, leads given to somebody else |
//! | `ask` | what people ask: how a lead came to be assigned, how things stand |
//! | `waiting` | leads that time may hand on |
//! | `kept` | a lead's cells as they stood |
//! | `latest` | each lead once, as it stands now |
//! | `verify` | whether the state is what the trail adds up to |
//!
//! It knows assignments, by the names of people, teams and rules: a policy changes, a roster changes,
//! and what was is still what it was. It knows nothing of how leads are decided.

pub mod archive;
mod ask;
mod error;
mod flush;
mod hand;
mod identity;
mod kept;
mod latest;
mod page;
mod recall;
mod schema;
mod scribe;
mod standing;
mod store;
mod sum;
mod trail;
mod verify;
mod waiting;

pub use archive::Archived;
pub use ask::{BatchLine, Event, Overview, Past};
pub use error::Error;
pub use hand::{Closed, Handed};
pub use identity::Identity;
pub use kept::Kept;
pub use latest::{EarlierTurn, Latest};
pub use page::{Entry, Page};
pub use recall::{Entered, Made, Recorded};
pub use standing::{Standing, Work};
pub use store::{Ledger, Writing};
pub use sum::Sum;
pub use trail::{BatchEntry, BatchKind, Decided, Decision, Division};
pub use verify::Fault;
pub use waiting::Waiting;
