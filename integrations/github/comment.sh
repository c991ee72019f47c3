#!/usr/bin/env bash
# Writes REPORT as a comment on PULL_REQUEST. The comment is known by its first line, and by its author: where it is there already it is
# replaced, so that there is only ever one.
set -euo pipefail

marker='<!-- rolecall:plan -->'
api=${GITHUB_API_URL:-https://api.github.com}/repos/${GITHUB_REPOSITORY:?}

fail() {
    echo "::error title=Comment::$1" >&2
    exit 1
}

# The token goes through a file descriptor, so that no list of processes has it. Only reading is tried again: what was written may have
# arrived all the same.
ask() {
    local method=$1 url=$2 tries=0
    shift 2
    [ "$method" != GET ] || tries=3
    curl --silent --show-error --fail-with-body --retry "$tries" --max-time 60 --request "$method" "$@" \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") --url "$url" --output "$scratch/answer" && return
    fail "$method $url: $(jq --compact-output '.message?' "$scratch/answer" 2> /dev/null || echo 'no answer')"
}

[[ ${PULL_REQUEST:-} =~ ^[1-9][0-9]*$ ]] || fail "there is no pull request to comment on"
[[ ${TOKEN:-} =~ ^[0-9A-Za-z_.-]+$ ]] || fail "there is no token to comment with: give 'token'"
[ "$(head -n 1 -- "${REPORT:?}")" = "$marker" ] || fail "$REPORT does not begin with $marker"

scratch=$(mktemp -d "${RUNNER_TEMP:?}/rolecall-comment.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
jq --raw-input --slurp '{body: .}' < "$REPORT" > "$scratch/body"

comment=
for ((page = 1; page <= 100; page++)); do
    ask GET "$api/issues/$PULL_REQUEST/comments?per_page=100&page=$page"
    comment=$(jq --raw-output --arg marker "$marker" --arg by "${COMMENT_BY:?}" \
        '[.[] | select(.user.login == $by and ((.body // "") | startswith($marker))) | .id] | first // empty' "$scratch/answer")
    [ -z "$comment" ] || break
    [ "$(jq length "$scratch/answer")" -ge 100 ] || break
done

if [ -n "$comment" ]; then
    ask PATCH "$api/issues/comments/$comment" --data-binary "@$scratch/body"
else
    ask POST "$api/issues/$PULL_REQUEST/comments" --data-binary "@$scratch/body"
fi
jq --raw-output .html_url "$scratch/answer"
