#!/usr/bin/env bash
# Does what is approved and due, and pushes it. What was done is pushed whatever the exit code; the exit code then says what needs a person.
set -euo pipefail

arguments=(reconcile --push "${REMOTE:?}" --author "${AUTHOR:?}" --lock-timeout 5m)
if [ -n "${CONFIRM:-}" ]; then
    arguments+=("--confirm=$CONFIRM")
fi

# What is printed may be text from a request, and must not be taken for a command of the runner.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
said=$(mktemp "${RUNNER_TEMP:?}/rolecall-said.XXXXXX")
trap 'rm -f "$said"' EXIT
echo "::stop-commands::$token"
code=0
rolecall "${arguments[@]}" 2>&1 | tee "$said" || code=${PIPESTATUS[0]}
echo
echo "::$token::"
echo "exit-code=$code" >> "$GITHUB_OUTPUT"

case $code in
    0) meaning= ;;
    3) meaning="the settings or a request are invalid; the other requests ran" ;;
    4) meaning="a limit refused the plan, and nothing was done; to let it through, run this workflow with its digest under 'confirm'" ;;
    5) meaning="another reconcile is at work" ;;
    6) meaning="state, logs or clock do not agree: stop this workflow, and see docs/operating.md, Integrity" ;;
    7) meaning="the change of at least one employee failed; the rest is done" ;;
    *) meaning="it could not run" ;;
esac

{
    echo "### rolecall: exit code $code${meaning:+, $meaning}"
    echo
    # Indented, it is code, whatever is in it.
    head -c 500000 "$said" | sed 's/^/    /'
} >> "$GITHUB_STEP_SUMMARY"

[ "$code" != 0 ] || exit 0
for tolerated in ${TOLERATE:-}; do
    if [ "$tolerated" = "$code" ]; then
        echo "::warning title=rolecall, exit code $code::$meaning"
        exit 0
    fi
done
echo "::error title=rolecall, exit code $code::$meaning"
exit "$code"
