# shellcheck shell=bash
# Sourced by the scripts beside it: what more than one of them needs.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${XDG_CACHE_HOME:-${HOME:?}/.cache}/relais-tools # tools that are installed once and kept between runs
# Everything here talks to servers on this machine: never through a proxy.
export NO_PROXY=127.0.0.1,localhost,::1 no_proxy=127.0.0.1,localhost,::1

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

have cargo || PATH=$PATH:$HOME/.cargo/bin # where rustup puts it, in shells that have not read its profile

# usage FILE: prints the comment at the head of a script, which is its manual.
usage() { awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$1"; }

# python_env NAME PACKAGE==VERSION…: prints the folder of a Python environment that holds exactly these versions,
# and makes it first where it is missing, broken or of another version.
python_env() {
  local folder=$tools/$1 wanted=${*:2}
  if ! "$folder/bin/python" -c '' 2>/dev/null; then
    python3 -m venv --clear "$folder" >&2 || die "python3 -m venv failed (on Debian: apt-get install python3-venv)"
  fi
  if [ "$(cat "$folder/.installed" 2>/dev/null)" != "$wanted" ]; then
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}" >&2 || die "pip could not install $wanted"
    printf '%s\n' "$wanted" >"$folder/.installed"
  fi
  printf '%s\n' "$folder"
}

# free_port: prints a loopback port on which nobody listens.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# relais_binary: builds the server for tests and prints where it is, wherever the contributor keeps the target folder.
# Built together with the tests: alone it would be given other features of its dependencies, and all be compiled twice.
relais_binary() {
  (cd "$root" && cargo build --locked --quiet --bins --tests >&2 && cargo metadata --locked --no-deps --format-version 1) |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"] + "/debug/relais")'
}
