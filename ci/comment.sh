# What the comment on a merge request says; github/comment.sh and gitlab/comment.sh source this.

project=${POINTSMAN_PROJECT:-.}
out=${POINTSMAN_OUT:-pointsman-report}

# Its first line, by which the comment of an earlier run is found and changed. Signs that mean something in
# Markdown, JSON or a pattern are left out, so that it reads the same wherever it is looked for.
# shellcheck disable=SC2034 # whoever sources this uses it
heading="### pointsman: $(printf '%s' "$project" | tr -c 'A-Za-z0-9._/-' '_')"

# Both services refuse a comment over a size; a table of a thousand rows is not read anyway.
longest=60000

# Writes the comment to $out/comment.md.
write_comment() {
    {
        printf '%s\n\n' "$heading"
        cat -- "$out/summary.md"
        if [ -s "$out/diff.md" ]; then
            printf '\n'
            shortened "$out/diff.md"
        fi
    } >"$out/comment.md"
}

# A file up to a whole line.
shortened() {
    if [ "$(wc -c <"$1")" -le "$longest" ]; then
        cat -- "$1"
    else
        head -c "$longest" -- "$1" | sed '$d'
        printf '\n…and more: the whole of it is in the job'"'"'s reports, in diff.md\n'
    fi
}
