//! What a user can say about the server, in the editor's own settings.

use serde::Deserialize;
use serde_json::Value;

use crate::diagnostic::{Code, Stage};
use crate::lint::Levels;

/// The settings, under the names that docs/editors.md gives them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// A file of leads, by which hovering counts what reaches a rule: a path in the project's folder.
    pub sample: Option<String>,
    /// When the lints run.
    pub analyse: Analyse,
    deny: Vec<String>,
    warn: Vec<String>,
    allow: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Analyse {
    /// When nothing has been typed for a moment.
    #[default]
    Idle,
    /// When a text is opened or saved.
    Save,
}

/// The leads that are counted unless a setting names others.
pub const SAMPLE: &str = "leads.csv";

impl Settings {
    /// From what a client sends, with `{ "pointsman": … }` around it or without; what is wrong with it,
    /// otherwise.
    pub fn read(sent: &Value) -> Result<Settings, String> {
        let own = sent.get("pointsman").unwrap_or(sent);
        if own.is_null() {
            return Ok(Settings::default());
        }
        let settings: Settings = serde_json::from_value(own.clone()).map_err(|why| why.to_string())?;
        for code in settings.deny.iter().chain(&settings.warn).chain(&settings.allow) {
            if lint_named(code).is_none() {
                return Err(format!("there is no lint `{code}`"));
            }
        }
        Ok(settings)
    }

    pub fn levels(&self) -> Levels {
        let codes = |names: &[String]| names.iter().filter_map(|name| lint_named(name)).collect();
        Levels { deny: codes(&self.deny), warn: codes(&self.warn), allow: codes(&self.allow), deny_warnings: false }
    }
}

fn lint_named(name: &str) -> Option<Code> {
    Code::named(name).filter(|code| code.stage() == Stage::Lint)
}
