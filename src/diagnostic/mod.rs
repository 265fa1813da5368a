//! What the compiler has to say: one [`Finding`] for everything, from a misplaced comma to a rule
//! that no lead can reach. The renderers beside this file turn findings into what leaves the program.

pub mod baseline;
mod code;
mod excerpt;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod sarif;
mod visible;

pub use code::{Code, Severity, Stage};
pub use visible::visible;

use crate::source::{SourceMap, Span};

/// One thing found, at its place.
///
/// Wording: lower case, no full stop, the user's text in backticks; what is wrong in the message,
/// where in the labels, what to do in the help.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The place itself. A finding without a place cannot be made.
    pub span: Span,
    /// What stands at the place, said beside it; may be empty.
    pub label: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    pub verdict: Verdict,
    pub scope: Scope,
    /// `policy.rule`
    pub rule: Option<String>,
    pub policy: Option<String>,
    /// Rules that together take all of this rule's leads, as `policy.rule`.
    pub covered_by: Vec<String>,
    pub same_destination: Option<bool>,
    pub witness: Option<Witness>,
    /// Changes that would mend it, the likeliest first.
    pub fixes: Vec<Fix>,
    /// How many things are wrong in the same way, e.g. rows of a table that are told together.
    pub instances: usize,
    /// What is meant by the place where its words are not: of rows told together the first may be mended.
    pub identity: Option<String>,
    /// Whether a baseline knows it; `None` without a baseline.
    pub known: Option<Known>,
}

/// Whether a baseline knows a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    Yes,
    No,
}

/// Changes to the text that mend a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, e.g. ``write `employees` ``.
    pub title: String,
    /// No two overlap.
    pub edits: Vec<Edit>,
}

/// Something in place of a text; an empty span is a place between characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    pub span: Span,
    pub by: Replacement,
}

/// What is to stand there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Replacement {
    Text(String),
    /// What stands in another place, and something after it.
    Copy(Span, String),
}

impl Edit {
    pub fn replace(span: Span, text: impl Into<String>) -> Edit {
        Edit { span, by: Replacement::Text(text.into()) }
    }

    pub fn remove(span: Span) -> Edit {
        Edit::replace(span, "")
    }

    /// The text that is to stand there.
    pub fn text(&self, sources: &SourceMap) -> String {
        match &self.by {
            Replacement::Text(text) => text.clone(),
            Replacement::Copy(from, rest) => format!("{}{rest}", sources.text(*from)),
        }
    }
}

/// A second place and what to say there.
#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    pub span: Span,
    pub message: String,
    /// The rule that stands there, as `policy.rule`.
    pub rule: Option<String>,
}

/// How sure a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It follows from the text.
    Proved,
    /// A lead shows it.
    Witnessed,
    /// The budget ran out; it may or may not be so.
    Open,
}

/// Whether a finding depends on what the tables and the roster hold today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Always,
    WithCurrentTables,
}

/// A lead that shows the finding, routed before it is printed.
#[derive(Clone, PartialEq, Debug)]
pub struct Witness {
    /// Field name and cell as a lead file would hold it, in the order of the lead block.
    pub lead: Vec<(String, String)>,
    /// What happens to it, e.g. `falls off the end of policy regions`.
    pub outcome: String,
}

impl Finding {
    /// A proved finding with the code's own severity.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: code.default_severity(),
            message: message.into(),
            help: None,
            span,
            label: String::new(),
            labels: Vec::new(),
            verdict: Verdict::Proved,
            scope: Scope::Always,
            rule: None,
            policy: None,
            covered_by: Vec::new(),
            same_destination: None,
            witness: None,
            fixes: Vec::new(),
            instances: 1,
            identity: None,
            known: None,
        }
    }

    /// Says something at the finding's own place.
    pub fn at(mut self, label: impl Into<String>) -> Finding {
        self.label = label.into();
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Points to another place.
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Finding {
        self.labels.push(Label { span, message: message.into(), rule: None });
        self
    }

    /// Offers to write something else in some places.
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Finding {
        self.fixes.push(Fix { title: title.into(), edits });
        self
    }

    /// Offers to write something else in the place itself.
    pub fn write_instead(self, text: impl Into<String>) -> Finding {
        let (span, text) = (self.span, text.into());
        self.fix(format!("write `{text}`"), vec![Edit::replace(span, text)])
    }

    pub fn in_rule(mut self, rule: impl Into<String>) -> Finding {
        self.rule = Some(rule.into());
        self
    }

    pub fn in_policy(mut self, policy: impl Into<String>) -> Finding {
        self.policy = Some(policy.into());
        self
    }

    /// Stands for several things that are wrong in the same way, by what they have in common.
    pub fn standing_for(mut self, instances: usize, identity: impl Into<String>) -> Finding {
        self.instances = instances;
        self.identity = Some(identity.into());
        self
    }

    /// Whether it is to be shown and to count: all are, but for those that a baseline knows.
    pub fn is_news(&self) -> bool {
        match self.known {
            None | Some(Known::No) => true,
            Some(Known::Yes) => false,
        }
    }

    /// True only while tables and roster hold what they hold today.
    pub fn with_current_tables(mut self) -> Finding {
        self.scope = Scope::WithCurrentTables;
        self
    }
}

impl Finding {
    /// The finding where its text has moved to; `None` if any of its places is gone.
    pub fn moved(&self, to: &dyn Fn(Span) -> Option<Span>) -> Option<Finding> {
        let mut moved = self.clone();
        moved.span = to(self.span)?;
        for label in &mut moved.labels {
            label.span = to(label.span)?;
        }
        for edit in moved.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = to(edit.span)?;
            if let Replacement::Copy(from, _) = &mut edit.by {
                *from = to(*from)?;
            }
        }
        Some(moved)
    }
}

/// Whether any finding is an error.
/// Whether any finding is an error that no baseline knows.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error && finding.is_news())
}
