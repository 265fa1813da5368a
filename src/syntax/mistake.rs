//! The mistakes people make in the policy language, each with what to write instead; a file for each
//! part of the language they are made in.
//!
//! Every function looks at one failure and recognises one mistake, or nothing. They are tried in the
//! order of [`MISTAKES`]: those that are sure of themselves first.

mod comparisons;
mod missing;
mod names;
mod numbers;
mod rules;
mod signs;
mod words;

use super::error::Scene;
use crate::diagnostic::Finding;

/// The finding of the first mistake that is recognised.
pub(super) fn recognised(scene: &Scene) -> Option<Finding> {
    MISTAKES.iter().find_map(|mistake| mistake(scene))
}

type Mistake = fn(&Scene) -> Option<Finding>;

const MISTAKES: &[Mistake] = &[
    names::stray_brace,
    names::rule_outside_policy,
    names::nameless,
    names::quoted_name,
    names::bad_name,
    signs::foreign_comment,
    signs::foreign_quotes,
    signs::quote_not_closed,
    signs::sign_for_is,
    signs::sign_for_word,
    signs::swapped_sign,
    signs::stray_bracket,
    comparisons::misplaced_not,
    comparisons::needless_is,
    comparisons::list_after_has,
    comparisons::operator_of_another_language,
    numbers::grouped_digits,
    numbers::range_without_to,
    comparisons::list_without_brackets,
    comparisons::list_in_other_brackets,
    comparisons::list_without_opening_bracket,
    comparisons::empty_list,
    comparisons::missing_member,
    missing::missing_value,
    rules::other_word_for_otherwise,
    rules::otherwise_with_condition,
    rules::other_word_for_go_to,
    rules::other_word_for_when,
    missing::comma_for_and,
    rules::needless_then,
    rules::assign_to,
    rules::method_without_by,
    rules::joined_by_other_word,
    rules::missing_equals,
    rules::constant,
    rules::and_for_comma,
    rules::test_without_given,
    signs::stray_colon,
    signs::stray_separator,
    numbers::quoted_date,
    numbers::moment_in_two_words,
    numbers::bad_number,
    words::upper_case_keyword,
    words::misspelt_keyword,
    missing::unclosed_bracket,
    missing::missing_when,
    missing::description_without_quotes,
    missing::missing_reason,
    missing::missing_action,
    missing::other_form_of_function,
    missing::missing_operator,
    missing::missing_and,
    missing::word_after_number,
    missing::unquoted_text,
    names::name_of_several_words,
];
