#!/bin/sh
# Make .venv with CouchTill in it, from nothing, and leave it alone when it is as it should be.
#
#   scripts/setup.sh          what `make demo` needs
#   scripts/setup.sh dev      what the tests and benchmarks need besides: pytest, linters, PouchDB from npm, a browser
#
# It builds in .venv.tmp and renames that at the end, so a set-up that was interrupted heals on the next run.
# $PYTHON names the Python to use; else the first of those below that is new enough is taken.
set -eu

cd "$(dirname "$0")/.."
here=$(pwd -P)
level=${1:-run}
oldest='3, 11'

say() { printf '%s\n' "$*" >&2; }
fail() { say "Set-up: $*"; exit 1; }

# Two at once (make demo beside make test) would build over each other.
if command -v flock >/dev/null 2>&1; then
    exec 9>.venv.lock
    flock 9
fi

is_new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < ($oldest))" >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# A virtual environment is good when it runs and has pip: Debian's failing venv leaves one behind that hasn't.
is_good() { "$1/bin/python" -c 'import pip' >/dev/null 2>&1 && is_new_enough "$1/bin/python"; }

try() { # try COMMAND... : make .venv.tmp by it
    rm -rf .venv.tmp
    "$@" >.venv.log 2>&1 && is_good .venv.tmp
}

is_debian_root() { command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; }

make_environment() {
    if python=$(find_python); then
        try "$python" -m venv .venv.tmp && return 0
        command -v uv >/dev/null 2>&1 && try uv venv --seed --python "$python" .venv.tmp && return 0
        command -v virtualenv >/dev/null 2>&1 && try virtualenv --python "$python" .venv.tmp && return 0
        try "$python" -m virtualenv .venv.tmp && return 0
        # Debian packs venv apart from Python, by Python's version: python3-venv, python3.12-venv.
        package=python3-venv
        case $(basename "$python") in python3.*) package=$(basename "$python")-venv ;; esac
        if is_debian_root; then
            say "Installing Debian's $package …"
            apt-get update >/dev/null 2>&1 || true
            DEBIAN_FRONTEND=noninteractive apt-get install -y "$package" >.venv.log 2>&1 </dev/null || true
            try "$python" -m venv .venv.tmp && return 0
        fi
        cat .venv.log >&2
        if command -v apt-get >/dev/null 2>&1; then
            fail "$python can make no virtual environment. This installs what is missing:
    sudo apt-get install $package"
        fi
        fail "$python can make no virtual environment; install its venv module, uv or virtualenv."
    fi
    # No Python that is new enough: uv brings one.
    command -v uv >/dev/null 2>&1 && try uv venv --seed --python '>=3.11' .venv.tmp && return 0
    fail "CouchTill needs Python 3.11 or newer, and none was found (set PYTHON to name one)."
}

# What the environment was made from; its place too, since scripts and the link to the sources hold absolute paths.
digest() { cksum pyproject.toml | cut -d ' ' -f 1,2; }
stamp="$(digest) $here"
is_current() {
    is_good .venv 2>/dev/null || return 1
    case $level in
        run) [ -f .venv/couchtill-run ] && [ "$(cat .venv/couchtill-run)" = "$stamp" ] ;;
        *) [ -f .venv/couchtill-dev ] && [ "$(cat .venv/couchtill-dev)" = "$stamp" ] ;;
    esac
}

if ! is_current; then
    say "Setting up .venv ($level) …"
    make_environment
    rm -f .venv.log
    what=. how=--compile beside=
    if [ "$level" != run ]; then
        # The tests compile what they import; that is a small part of what is installed for them.
        what='.[dev,bench]' how=--no-compile
        # npm beside pip, where Node.js is there already. What it can't do is tried again, and told, below.
        if .venv.tmp/bin/python -c 'from tests.support import node; node.commands()' >/dev/null 2>&1 </dev/null; then
            .venv.tmp/bin/python -m tests.support.node >/dev/null 2>&1 </dev/null 9>&- &
            beside=$!
        fi
    fi
    installed=yes
    .venv.tmp/bin/python -m pip install --quiet --disable-pip-version-check "$how" --editable "$what" </dev/null ||
        installed=no
    [ -z "$beside" ] || wait "$beside" || true
    [ "$installed" = yes ] ||
        fail "pip could not install CouchTill's dependencies (see above); run it again when the network is back."
    # The scripts name the Python they were installed with; it is about to move.
    for script in .venv.tmp/bin/*; do
        if [ -f "$script" ] && [ ! -L "$script" ] && grep -qI "$here/.venv.tmp" "$script" 2>/dev/null; then
            sed "s|$here/\.venv\.tmp|$here/.venv|g" "$script" >.venv.tmp/moved
            cat .venv.tmp/moved >"$script"
        fi
    done
    rm -f .venv.tmp/moved
    printf '%s\n' "$stamp" >.venv.tmp/couchtill-run
    [ "$level" = run ] || printf '%s\n' "$stamp" >.venv.tmp/couchtill-dev
    rm -rf .venv.old
    [ ! -e .venv ] || mv .venv .venv.old
    mv .venv.tmp .venv
    rm -rf .venv.old
fi

if [ "$level" != run ]; then
    # One test watches the order of writes, flushes and answers from outside; it is left out where nothing can watch.
    if ! command -v strace >/dev/null 2>&1 && is_debian_root; then
        say "Installing Debian's strace …"
        apt-get update >/dev/null 2>&1 || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y strace >/dev/null 2>&1 </dev/null || say "… in vain; going on."
    fi
    .venv/bin/python -m tests.support.node </dev/null
    .venv/bin/python -m tests.support.browser </dev/null
fi
