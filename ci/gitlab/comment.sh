#!/bin/sh
# Writes what a change does as a comment on its merge request, or changes the comment of an earlier run.
# It needs curl and, beside what check.sh knows,
#   POINTSMAN_TOKEN   a project access token with the scope `api` and the role Reporter (the token of a job
#                     may not write comments); without it there is no comment, and that is no fault
# and the variables that GitLab sets: CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID.
set -u
# shellcheck source=ci/comment.sh
. "$(dirname -- "$0")/../comment.sh"

if [ -z "${POINTSMAN_TOKEN:-}" ]; then
    echo "no comment is written: the variable POINTSMAN_TOKEN is not set"
    exit 0
fi
notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"

# The token is handed over on standard input: arguments can be seen by whoever may list processes.
ask() {
    printf 'header = "PRIVATE-TOKEN: %s"\n' "$POINTSMAN_TOKEN" |
        curl --silent --show-error --fail --config - "$@"
}

# The number of the comment of an earlier run. A quote inside a text is written \" in JSON, so {"id": begins
# an object; the note's own text comes before its author.
earlier() {
    ask "$notes?per_page=100&sort=asc&order_by=created_at" | sed 's/{"id":/\
/g' | awk -v start="\"body\":\"$heading\\\\n" 'index($0, start) { sub(/[^0-9].*/, ""); print; exit }'
}

write_comment
id=$(earlier)
if [ -n "$id" ]; then
    ask --output /dev/null --request PUT --data-urlencode "body@$out/comment.md" "$notes/$id"
else
    ask --output /dev/null --request POST --data-urlencode "body@$out/comment.md" "$notes"
fi || echo "the comment could not be written; the reports of the job have what it would say"
