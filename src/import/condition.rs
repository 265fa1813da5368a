//! Conditions over whatever is tested, with what is always or never so taken out.

/// `T` is what a test asks: first the number of a criterion, then a question about a field, at last a
/// comparison of the policy language.
#[derive(Clone, PartialEq, Debug)]
pub enum Condition<T> {
    Always,
    Never,
    All(Vec<Condition<T>>),
    Any(Vec<Condition<T>>),
    Not(Box<Condition<T>>),
    Test(T),
}

impl<T> Condition<T> {
    pub fn all(parts: impl IntoIterator<Item = Condition<T>>) -> Condition<T> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Condition::Never => return Condition::Never,
                Condition::Always => {}
                Condition::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        if kept.len() < 2 { kept.pop().unwrap_or(Condition::Always) } else { Condition::All(kept) }
    }

    pub fn any(parts: impl IntoIterator<Item = Condition<T>>) -> Condition<T> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Condition::Always => return Condition::Always,
                Condition::Never => {}
                Condition::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        if kept.len() < 2 { kept.pop().unwrap_or(Condition::Never) } else { Condition::Any(kept) }
    }

    pub fn not(part: Condition<T>) -> Condition<T> {
        match part {
            Condition::Always => Condition::Never,
            Condition::Never => Condition::Always,
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        }
    }

    /// The condition with each test replaced; constants are taken out again.
    pub fn replace<U, E>(&self, test: &mut impl FnMut(&T) -> Result<Condition<U>, E>) -> Result<Condition<U>, E> {
        Ok(match self {
            Condition::Always => Condition::Always,
            Condition::Never => Condition::Never,
            Condition::All(parts) => Condition::all(replaced(parts, test)?),
            Condition::Any(parts) => Condition::any(replaced(parts, test)?),
            Condition::Not(part) => Condition::not(part.replace(test)?),
            Condition::Test(tested) => test(tested)?,
        })
    }

    pub fn tests(&self) -> Vec<&T> {
        match self {
            Condition::Always | Condition::Never => Vec::new(),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(Condition::tests).collect(),
            Condition::Not(part) => part.tests(),
            Condition::Test(tested) => vec![tested],
        }
    }
}

fn replaced<T, U, E>(
    parts: &[Condition<T>],
    test: &mut impl FnMut(&T) -> Result<Condition<U>, E>,
) -> Result<Vec<Condition<U>>, E> {
    parts.iter().map(|part| part.replace(test)).collect()
}
