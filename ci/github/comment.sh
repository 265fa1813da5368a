#!/bin/sh
# Writes what a change does as a comment on its pull request, or changes the comment of an earlier run.
# It needs gh (GitHub's runners have it) and, beside what check.sh knows,
#   GH_TOKEN                   with the permission `pull-requests: write`
#   POINTSMAN_PULL_REQUEST     its number
#   POINTSMAN_COMMENT_AUTHOR   who the token writes as (github-actions[bot])
# A pull request from a fork has a token that may only read: then there is no comment, and that is no fault.
set -u
# shellcheck source=ci/comment.sh
. "$(dirname -- "$0")/../comment.sh"

case ${POINTSMAN_PULL_REQUEST:-} in
'' | *[!0-9]*)
    echo "error: POINTSMAN_PULL_REQUEST is no number" >&2
    exit 2
    ;;
esac
comments="repos/$GITHUB_REPOSITORY/issues/$POINTSMAN_PULL_REQUEST/comments"

# The number of the comment of an earlier run. Only our own is looked for: anybody may write its heading.
earlier() {
    gh api --paginate "$comments?per_page=100" --jq '.[] | [.id, .user.login, (.body | split("\n")[0])] | @tsv' |
        awk -F '\t' -v author="${POINTSMAN_COMMENT_AUTHOR:-github-actions[bot]}" -v heading="$heading" \
            '{ sub(/(\\r|\r)$/, "", $3) } $2 == author && $3 == heading { print $1; exit }'
}

write_comment
id=$(earlier)
if [ -n "$id" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$out/comment.md"
else
    gh api --silent --method POST "$comments" --field "body=@$out/comment.md"
fi || echo '::notice::the comment could not be written (a token of a fork may only read); the summary of the job has it'
