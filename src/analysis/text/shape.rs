//! Which texts a type has, letter by letter: an address has one `@` outside quotes, labels of host
//! names do not begin with `-`.

/// Which texts the type has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    Text,
    Email,
    Domain,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShapeState {
    /// Text: nothing yet, or read so far with a last letter that may (not) end it.
    TextStart,
    TextInside {
        may_end: bool,
    },
    /// The local part of an address.
    LocalStart,
    LocalAtom,
    LocalDot,
    /// Inside quotes: whether something is in them, whether a backslash came last.
    Quoted {
        filled: bool,
        escaped: bool,
    },
    QuoteClosed,
    /// A host name: in an address labels are stricter (no `_` or `-` at their ends).
    LabelStart {
        in_address: bool,
    },
    Label {
        in_address: bool,
        may_end: bool,
    },
}

impl ShapeState {
    pub fn start(shape: Shape) -> ShapeState {
        match shape {
            Shape::Text => ShapeState::TextStart,
            Shape::Email => ShapeState::LocalStart,
            Shape::Domain => ShapeState::LabelStart { in_address: false },
        }
    }

    pub fn is_in_domain(self) -> bool {
        matches!(self, ShapeState::LabelStart { .. } | ShapeState::Label { .. })
    }

    pub fn may_end(self) -> bool {
        matches!(self, ShapeState::TextInside { may_end: true } | ShapeState::Label { may_end: true, .. })
    }

    pub fn read(self, letter: char) -> Option<ShapeState> {
        match self {
            ShapeState::TextStart => (!letter.is_whitespace()).then_some(ShapeState::TextInside { may_end: true }),
            ShapeState::TextInside { .. } => Some(ShapeState::TextInside { may_end: !letter.is_whitespace() }),
            ShapeState::LocalStart if letter == '"' => Some(ShapeState::Quoted { filled: false, escaped: false }),
            ShapeState::LocalStart | ShapeState::LocalDot => is_atom_letter(letter).then_some(ShapeState::LocalAtom),
            ShapeState::LocalAtom => match letter {
                '.' => Some(ShapeState::LocalDot),
                '@' => Some(ShapeState::LabelStart { in_address: true }),
                _ => is_atom_letter(letter).then_some(ShapeState::LocalAtom),
            },
            ShapeState::Quoted { escaped: true, .. } => {
                letter.is_ascii_graphic().then_some(ShapeState::Quoted { filled: true, escaped: false })
            }
            ShapeState::Quoted { filled, escaped: false } => match letter {
                '\\' => Some(ShapeState::Quoted { filled: true, escaped: true }),
                '"' => filled.then_some(ShapeState::QuoteClosed),
                ' ' | '\t' => Some(ShapeState::Quoted { filled: true, escaped: false }),
                _ => letter.is_ascii_graphic().then_some(ShapeState::Quoted { filled: true, escaped: false }),
            },
            ShapeState::QuoteClosed => (letter == '@').then_some(ShapeState::LabelStart { in_address: true }),
            ShapeState::LabelStart { in_address } => {
                let begins = is_label_letter(letter) && letter != '-' && !(in_address && letter == '_');
                begins.then_some(ShapeState::Label { in_address, may_end: true })
            }
            ShapeState::Label { in_address, may_end } => match letter {
                '.' => may_end.then_some(ShapeState::LabelStart { in_address }),
                '-' => Some(ShapeState::Label { in_address, may_end: false }),
                '_' => Some(ShapeState::Label { in_address, may_end: !in_address }),
                _ => is_label_letter(letter).then_some(ShapeState::Label { in_address, may_end: true }),
            },
        }
    }
}

/// What stands unquoted in the local part (RFC 5322 `atext`, and letters of any script).
fn is_atom_letter(letter: char) -> bool {
    letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(letter)
}

fn is_label_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_')
}
