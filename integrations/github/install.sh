#!/usr/bin/env bash
# Puts rolecall on the PATH of the steps that follow: one that is on the runner (BINARY), a release whose digest is in CHECKSUMS
# (VERSION of REPOSITORY), or one that cargo builds (REF of REPOSITORY).
set -euo pipefail

fail() {
    echo "::error title=Install rolecall::$1" >&2
    exit 1
}

# Only over TLS, but for what listens on this machine.
download() {
    local protocols='=https'
    case $1 in
        http://127.0.0.1:* | http://localhost:*) protocols='=http' ;;
    esac
    curl --silent --show-error --fail --location --proto "$protocols" --proto-redir "$protocols" --retry 3 --max-time 300 \
        --max-filesize 104857600 --output "$2" -- "$1"
}

target() {
    case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
        Linux-X64) echo x86_64-unknown-linux-gnu ;;
        Linux-ARM64) echo aarch64-unknown-linux-gnu ;;
        macOS-X64) echo x86_64-apple-darwin ;;
        macOS-ARM64) echo aarch64-apple-darwin ;;
        *) return 1 ;;
    esac
}

sha256() {
    if command -v sha256sum > /dev/null; then sha256sum -- "$1"; else shasum -a 256 -- "$1"; fi | cut -d' ' -f1
}

install_release() {
    [[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "the version '$VERSION' is not one such as 0.1.0"
    [[ ${REPOSITORY:-} =~ ^[0-9A-Za-z._-]+/[0-9A-Za-z._-]+$ ]] || fail "with 'version', 'repository' has to be OWNER/NAME"
    local platform name wanted found
    platform=$(target) || fail "there is no release for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}; give 'binary' or 'ref'"
    name=rolecall-$VERSION-$platform
    wanted=$(awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name { print $1 }' <<< "${CHECKSUMS:-}")
    [[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "'checksums' has no line for $name.tar.gz; copy the release's SHA256SUMS"
    download "${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases/download/v$VERSION/$name.tar.gz" "$scratch/archive" \
        || fail "cannot download $name.tar.gz"
    found=$(sha256 "$scratch/archive")
    [ "$found" = "$wanted" ] || fail "$name.tar.gz has the digest $found, and not $wanted as 'checksums' has it"
    tar -xzf "$scratch/archive" -C "$scratch" "$name/rolecall"
    install -m 755 "$scratch/$name/rolecall" "$folder/rolecall"
}

build() {
    [[ $REF =~ ^[0-9a-f]{40}$ ]] || fail "'ref' has to be a full commit id: a branch or a tag can be moved"
    [ -n "${REPOSITORY:-}" ] || fail "with 'ref', 'repository' has to be the address that git clones"
    local address=$REPOSITORY
    [[ $address =~ ^[0-9A-Za-z._-]+/[0-9A-Za-z._-]+$ ]] && address=${GITHUB_SERVER_URL:-https://github.com}/$address
    cargo install --quiet --locked --git "$address" --rev "$REF" --root "$scratch/built" rolecall || fail "cannot build $REF"
    install -m 755 "$scratch/built/bin/rolecall" "$folder/rolecall"
}

scratch=$(mktemp -d "${RUNNER_TEMP:?}/rolecall-install.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
folder=$RUNNER_TEMP/rolecall-bin
mkdir -p "$folder"

if [ -n "${BINARY:-}" ]; then
    [ -x "$BINARY" ] || fail "'binary' names $BINARY, and there is no program there"
    install -m 755 "$BINARY" "$folder/rolecall"
elif [ -n "${VERSION:-}" ]; then
    install_release
elif [ -n "${REF:-}" ]; then
    build
else
    fail "say which rolecall: 'version' with 'checksums', 'ref', or 'binary'"
fi
"$folder/rolecall" --version
echo "$folder" >> "$GITHUB_PATH"
