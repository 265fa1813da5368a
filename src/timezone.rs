//! Time zones by their names in the IANA database.
//!
//! The database is the one inside this program and never the machine's own, so that the same policy
//! sends the same lead to the same person everywhere.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use windows_timezones::WindowsTimezone;

use crate::suggest;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of that name, in any case of letters.
pub fn named(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// The zone that Windows, Outlook and Exchange call so: `W. Europe Standard Time`.
pub fn of_windows(name: &str) -> Option<TimeZone> {
    named(name.parse::<WindowsTimezone>().ok()?.tzdb_id())
}

/// Did-you-mean: the zone whose name, or whose city alone, is most like what was written.
pub fn nearest(written: &str) -> Option<String> {
    let written = written.trim().replace(' ', "_");
    let names: Vec<String> = ZONES.available().map(|name| name.as_str().to_owned()).collect();
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_city = |name: &&String| name.contains('/') && city(name) == city(&written);
    if let Some(name) = names.iter().find(is_city) {
        return Some(name.clone());
    }
    suggest::nearest(&written, names.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_has_names_of_its_own() {
        let zone = |name| of_windows(name).and_then(|zone| zone.iana_name().map(str::to_owned));
        assert_eq!(zone("W. Europe Standard Time").as_deref(), Some("Europe/Berlin"));
        assert_eq!(zone("E. South America Standard Time").as_deref(), Some("America/Sao_Paulo"));
        assert_eq!(zone("Europe/Berlin"), None);
    }

    #[test]
    fn a_city_alone_or_a_misspelt_name_finds_its_zone() {
        assert_eq!(nearest("Sao Paulo").as_deref(), Some("America/Sao_Paulo"));
        assert_eq!(nearest("berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest("Europe/Berlni").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest("Germany/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest("zzzz"), None);
        assert_eq!(
            named("europe/berlin").and_then(|zone| zone.iana_name().map(str::to_owned)).as_deref(),
            Some("Europe/Berlin")
        );
    }
}
