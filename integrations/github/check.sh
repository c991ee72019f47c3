#!/usr/bin/env bash
# Checks what a pull request proposes, in a checkout of what merging it would give, with full history: findings as annotations, and the
# plan as Markdown in REPORT and in the job's summary. It needs no secret, and no right but to read.
set -euo pipefail

marker='<!-- rolecall:plan -->'

# What is printed in between may be text from a request, and must not be taken for a command of the runner.
untrusted() {
    local token code=0
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
    "$@" || code=$?
    echo
    echo "::$token::"
    return "$code"
}

note() {
    [ "$1" = 0 ] || [ "$code" != 0 ] || code=$1
}

code=0
report=${REPORT:?}
case $report in
    /*) ;;
    *) report=$GITHUB_WORKSPACE/$report ;;
esac

# The plan reads the protected branch by its own name; a checkout of a pull request has only the remote's.
base=${GITHUB_BASE_REF:?check runs on pull requests}
git rev-parse --quiet --verify "refs/remotes/origin/$base^{commit}" > /dev/null \
    || { echo "::error title=rolecall::origin/$base is not there: check out with fetch-depth: 0"; exit 1; }
git update-ref "refs/heads/$base" "refs/remotes/origin/$base"

if [ "${STATE_CHANGES:-refuse}" != allow ]; then
    changed=$(git diff --name-only --no-renames "refs/remotes/origin/$base...HEAD" -- state | wc -l)
    if [ "$changed" -gt 0 ]; then
        echo "::error title=state/ is the reconciler's::this pull request changes files of state/ ($changed), which only the reconciler writes"
        note 3
    fi
fi

status=0
rolecall validate --format github || status=$?
note "$status"

rm -f -- "$report"
status=0
untrusted rolecall plan --assume-approved --format markdown --output "$report" || status=$?
note "$status"
if [ ! -s "$report" ]; then
    cat > "$report" << END
$marker

There is no plan: it ended with exit code $status. The annotations of the check say why.
END
fi

cat -- "$report" >> "$GITHUB_STEP_SUMMARY"
{
    echo "report=$report"
    echo "exit-code=$code"
} >> "$GITHUB_OUTPUT"
exit "$code"
