#!/bin/sh
# Names everything the demo needs that this machine lacks, each with its remedy.
python=${PYTHON:-python3}
rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
missing=0

lacks() {
    printf 'error: %s\n  help: %s\n' "$1" "$2" >&2
    missing=1
}

at_least() { # have wanted
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$2" ]
}

command -v make >/dev/null ||
    lacks "make is missing" "Debian, Ubuntu: sudo apt install make; Fedora: sudo dnf install make; macOS: xcode-select --install"

if ! command -v cargo >/dev/null; then
    lacks "cargo is missing" "install Rust from https://rustup.rs, then open a new shell"
else
    have=$(cargo --version 2>/dev/null | sed 's/^cargo \([0-9.]*\).*/\1/')
    if [ -z "$have" ]; then
        lacks "cargo does not run" "rustup toolchain install stable"
    elif ! at_least "$have" "$rust"; then
        lacks "cargo is $have, but $rust or later is needed" "rustup update stable"
    fi
fi

if ! echo 'int main(void) { return 0; }' | ${CC:-cc} -x c -o /dev/null - 2>/dev/null; then
    lacks "no working C compiler (${CC:-cc})" \
        "Debian, Ubuntu: sudo apt install gcc libc6-dev; Fedora: sudo dnf install gcc; macOS: xcode-select --install"
fi

if ! command -v "$python" >/dev/null; then
    lacks "$python is missing" "install Python 3.10 or later, or name one: make demo PYTHON=/path/to/python3"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    lacks "$("$python" --version) is too old, 3.10 or later is needed" \
        "install a later one and name it: make demo PYTHON=/path/to/python3"
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    lacks "$python cannot make virtual environments" "Debian, Ubuntu: sudo apt install python3-venv"
fi

exit $missing
