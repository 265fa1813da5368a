#!/bin/sh
# What CI does with a policy: lint, test, layout, and what a change does. The GitHub action and the GitLab
# template run this script; it can be run by hand as well. It needs sh, git and pointsman.
#
# Everything it is told comes from the environment, and nothing of it is ever run as code:
#   POINTSMAN_PROJECT    the folder with the policy (.)
#   POINTSMAN_BASELINE   a file of old findings that do not count (none)
#   POINTSMAN_DENY       codes to make errors, e.g. `warnings` (none)
#   POINTSMAN_LEADS      leads to count the effect of a change on (none)
#   POINTSMAN_FMT        whether a policy that is not laid out fails: yes or no (yes)
#   POINTSMAN_BASE       the commit to compare with: what the change is to be merged into (none: no diff)
#   POINTSMAN_ANNOTATE   who reads standard output: github, or nobody in particular (none)
#   POINTSMAN_OUT        the folder for the reports, outside of what is committed (pointsman-report)
#   POINTSMAN_BIN        the program (pointsman)
#
# It writes lint.sarif, lint.gitlab.json, junit.xml, diff.md and summary.md, and exits with
#   0  nothing to mend; a change of meaning is no fault
#   1  findings, failed tests, or a policy that is not laid out
#   2  something could not be done: wrong usage, a policy that cannot be read, a base that is not there
set -u

project=${POINTSMAN_PROJECT:-.}
out=${POINTSMAN_OUT:-pointsman-report}
program=${POINTSMAN_BIN:-pointsman}
base=${POINTSMAN_BASE:-}
worst=0

main() {
    mkdir -p -- "$out" || exit 2
    # Of an earlier run there may be reports that this one has nothing to say in.
    rm -f -- "$out/lint.sarif" "$out/lint.gitlab.json" "$out/junit.xml" "$out/diff.md" "$out/comment.md"
    : >"$out/summary.md" || exit 2
    if ! command -v "$program" >/dev/null 2>&1; then
        complain "there is no \`$program\` here: install it in a step before this one"
        exit 2
    fi
    hush
    check_lint
    check_tests
    if [ "${POINTSMAN_FMT:-yes}" = yes ]; then check_layout; fi
    if [ -n "$base" ]; then check_change; fi
    speak
    if [ "${POINTSMAN_ANNOTATE:-}" = github ]; then lint --format github 2>/dev/null; fi
    exit "$worst"
}

# --- lint ---

# The same findings for the services that read files, and for people.
check_lint() {
    lint --format sarif >"$out/lint.sarif" 2>/dev/null
    lint --format gitlab >"$out/lint.gitlab.json" 2>/dev/null
    lint --format human
    note "$?" "lint"
}

lint() {
    set -- "$@" --color never
    if [ -n "${POINTSMAN_BASELINE:-}" ]; then set -- "$@" --baseline "$POINTSMAN_BASELINE"; fi
    if [ -n "${POINTSMAN_DENY:-}" ]; then set -- "$@" --deny "$POINTSMAN_DENY"; fi
    "$program" lint "$@" -- "$project"
}

# --- test and layout ---

check_tests() {
    "$program" test --format junit --color never -- "$project" >"$out/junit.xml" 2>/dev/null
    "$program" test --color never -- "$project"
    tests_ended=$?
    note "$tests_ended" "the policy's own tests"
}

check_layout() {
    "$program" fmt --check --color never -- "$project"
    note "$?" "layout (\`pointsman fmt\` mends it)"
}

# --- what the change does ---

# That a change changes something is its point, so 1 is no fault here. A base without a policy, or with one
# that cannot be read, is none either: the change may be what mends it.
check_change() {
    if ! commit=$(base_commit); then
        complain "the commit to compare with, \`$base\`, is not here and cannot be fetched"
        note 2 "what the change does"
        return
    fi
    if ! git -C "$(folder)" cat-file -e "$commit:$(main_file)" 2>/dev/null; then
        echo 'There is no policy here before this change, so there is nothing to compare.' >"$out/diff.md"
        note 0 "what the change does"
        return
    fi
    compare "$commit"
    ended=$?
    if [ "$ended" = 2 ] && [ "$tests_ended" = 2 ]; then
        echo 'The policy cannot be read, so what it would change is not known.' >"$out/diff.md"
    elif [ "$ended" = 2 ] && ! is_readable "$commit"; then
        echo 'The policy before this change cannot be read, so there is nothing to compare.' >"$out/diff.md"
        ended=0
    fi
    if [ "$ended" = 1 ]; then ended=0; fi
    note "$ended" "what the change does"
}

compare() {
    commit_named="git:$1"
    set -- --format markdown --color never
    if [ -n "${POINTSMAN_LEADS:-}" ]; then set -- "$@" --leads "$POINTSMAN_LEADS"; fi
    "$program" diff "$@" -- "$commit_named" "$project" >"$out/diff.md"
}

# Whether it is the policy before that cannot be read, and not, say, the leads.
is_readable() {
    "$program" diff --format json --color never -- "git:$1" "$project" >/dev/null 2>&1
    [ "$?" != 2 ]
}

# The commit to compare with. GitHub checks a pull request out as the merge that would come of it: its first
# parent is what it is merged into, whatever the base was when the pull request was opened.
base_commit() {
    case "${GITHUB_REF:-}" in
    refs/pull/*/merge)
        merge=$(git -C "$(folder)" cat-file commit HEAD | sed -n 's/^parent //p; /^$/q')
        if [ "$(git -C "$(folder)" rev-parse HEAD)" = "${GITHUB_SHA:-}" ] && [ "$(echo "$merge" | wc -l)" = 2 ]; then
            base=$(echo "$merge" | head -n 1)
        fi
        ;;
    esac
    here=$(commit_here "$base") || here=$(commit_here "origin/$base") || here=$(fetched "$base") || return 1
    # What came into the base since is not part of the change; without the history in between, it is.
    git -C "$(folder)" merge-base "$here" HEAD 2>/dev/null || echo "$here"
}

commit_here() {
    git -C "$(folder)" rev-parse --verify --quiet --end-of-options "$1^{commit}"
}

# A shallow checkout does not have it yet.
fetched() {
    git -C "$(folder)" fetch --quiet --no-tags --depth=1 origin -- "$1" >/dev/null 2>&1 && commit_here FETCH_HEAD
}

# The folder that the project is, or is in.
folder() {
    if [ -d "$project" ]; then echo "$project"; else dirname -- "$project"; fi
}

# The policy's main file, from the root of its repository.
main_file() {
    prefix=$(git -C "$(folder)" rev-parse --show-prefix) || return
    if [ -d "$project" ]; then echo "${prefix}main.rules"; else echo "$prefix$(basename -- "$project")"; fi
}

# --- what is said ---

# GitHub's runner obeys lines that begin with `::`, and a pull request can put such a line into a policy. It
# does not listen until it hears a word that nobody can guess.
hush() {
    if [ "${POINTSMAN_ANNOTATE:-}" = github ]; then
        word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        echo "::stop-commands::$word"
    fi
}

speak() {
    if [ "${POINTSMAN_ANNOTATE:-}" = github ]; then echo "::$word::"; fi
}

complain() {
    printf 'error: %s\n' "$1" >&2
}

# Notes how a part ended, and remembers the worst.
note() {
    case $1 in
    0) mark='✓' said='nothing to mend' ;;
    1) mark='✗' said='something to mend' ;;
    *) mark='✗' said='could not be done' ;;
    esac
    printf -- '- %s %s: %s\n' "$mark" "$2" "$said" >>"$out/summary.md"
    if [ "$1" -gt "$worst" ]; then worst=$1; fi
    if [ "$worst" -gt 2 ]; then worst=2; fi
}

main
