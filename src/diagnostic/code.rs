//! The only list of codes. A released code keeps its meaning for ever: it may be retired, and is
//! then never used for anything else.
//!
//! A new code takes a line here, a page `docs/lints/<code>.md` and an example
//! `examples/rules/invalid/<stage>/<code>.rules`; tests find what is missing.

use std::fmt;

/// How much a finding weighs. `error` makes `lint` fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// Which stage of the compiler finds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Files and their text.
    Syntax,
    /// Names and what they stand for.
    Names,
    /// Types and values.
    Types,
    /// Rosters and tables.
    Data,
    /// A project that compiles, and is wrong or questionable all the same. Only these can be
    /// allowed, denied or made warnings.
    Lint,
}

macro_rules! codes {
    ($($variant:ident = $name:literal, $stage:ident, $severity:ident, $summary:literal;)*) => {
        /// What a finding is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, in documentation order.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// As people write it.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            pub fn stage(self) -> Stage {
                match self { $(Code::$variant => Stage::$stage,)* }
            }

            pub fn default_severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// One line: what it finds.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }

            /// The page that `lint --explain` prints (Markdown).
            pub fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("../../docs/lints/", $name, ".md")),)* }
            }
        }
    };
}

codes! {
    SyntaxError = "syntax-error", Syntax, Error, "the text is not of the policy language";
    NestedTooDeep = "nested-too-deep", Syntax, Error, "brackets or `not`s inside one another beyond 128 levels, or names made of names beyond 500";
    UnreadableFile = "unreadable-file", Syntax, Error, "a file that the project names cannot be read";
    OutsideProject = "outside-project", Syntax, Error, "a path that leaves the project's folder";

    UnknownName = "unknown-name", Names, Error, "a name that nothing declares";
    DuplicateName = "duplicate-name", Names, Error, "a name, or a part there can be only one of, declared twice";
    MissingPart = "missing-part", Names, Error, "a part that every project needs, such as `lead` or `start at`";
    CircularName = "circular-name", Names, Error, "a `let` that is made of itself";

    WrongType = "wrong-type", Types, Error, "an operator, a destination or a clause that does not fit the type of its value";
    UnknownValue = "unknown-value", Types, Error, "a word or text that is no value of the type it is compared with";
    EmptyRange = "empty-range", Types, Error, "a range whose low end is above its high end";
    MisplacedRule = "misplaced-rule", Types, Error, "a rule after `otherwise`, which can never be tried";

    BadRoster = "bad-roster", Data, Error, "a roster that does not say what a roster can say";
    BadCalendar = "bad-calendar", Data, Error, "a rep's calendar file that is no calendar, or has an absence that cannot be read";
    BadTable = "bad-table", Data, Error, "a table whose file lacks a column, has ragged rows or is not CSV";
    BadCell = "bad-cell", Data, Error, "a table's cell that does not fit its column's type";
    DuplicateKey = "duplicate-key", Lint, Error, "rows of a table that repeat a key";

    MissingFallback = "missing-fallback", Lint, Error, "leads that fall off the end of a policy";
    PolicyCycle = "policy-cycle", Lint, Error, "`go to` chains that return to where they were";
    UnreachableRule = "unreachable-rule", Lint, Error, "a rule that no lead can reach";
    ImpossibleCondition = "impossible-condition", Lint, Error, "a condition that no lead satisfies";
    UnreachablePolicy = "unreachable-policy", Lint, Warning, "a policy that no lead gets to";
    RedundantRule = "redundant-rule", Lint, Warning, "a rule without which every lead would go to the same place";
    ConstantCondition = "constant-condition", Lint, Warning, "a part of a condition that is always true or always false where it stands";
    BoundaryGap = "boundary-gap", Lint, Warning, "thresholds that leave a value between them to the fallback";
    HiddenOverlap = "hidden-overlap", Lint, Note, "rules with different destinations that share leads; only if asked for";
    LooseSubstring = "loose-substring", Lint, Warning, "a piece of text that is also found inside of other values";
    DeadListMember = "dead-list-member", Lint, Warning, "a member of a list for which no lead is left";
    LexicalOrder = "lexical-order", Lint, Warning, "`<` or `>` between texts that look like numbers";
    BlankSlipsThrough = "blank-slips-through", Lint, Warning, "a negated comparison that a blank satisfies";
    EndlessWait = "endless-wait", Lint, Warning, "a queue from which nothing ever takes an unclaimed lead";
    CanRunDry = "can-run-dry", Lint, Error, "a chain that can end with nobody taking the lead";
    Unstaffed = "unstaffed", Lint, Warning, "a team of which nobody can ever take a lead, or nobody at some hours between others";
    UnstaffedHours = "unstaffed-hours", Lint, Note, "hours of the week at which nobody of a team works; only if asked for";
    UnknownOwner = "unknown-owner", Lint, Error, "a table's row that names a rep, team or queue which does not exist";
    UnsplitList = "unsplit-list", Lint, Warning, "a list's cell that holds one member where several seem meant";
    UnusedName = "unused-name", Lint, Warning, "a declaration that nothing uses";
    ShadowedRow = "shadowed-row", Lint, Error, "a table's row that earlier rows hide";
    ExpiredRule = "expired-rule", Lint, Warning, "a rule whose dates are over";
    NeedlessAllow = "needless-allow", Lint, Warning, "an `allow` that silences nothing";
}

impl Code {
    /// Whether it is looked for without being asked for.
    pub fn is_on_by_default(self) -> bool {
        !matches!(self, Code::HiddenOverlap | Code::UnstaffedHours)
    }

    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Stage {
    /// The folder of `examples/rules/invalid` that holds the stage's examples.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Syntax => "syntax",
            Stage::Names => "names",
            Stage::Types => "types",
            Stage::Data => "data",
            Stage::Lint => "lint",
        }
    }
}
