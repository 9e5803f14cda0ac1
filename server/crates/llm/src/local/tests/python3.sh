#!/bin/sh
# Stands for Python where a network would be needed: environments are copies of this script, and
# packages come from a folder. Everything else is the real Python.
case "$*" in
"-m venv "*)
  mkdir -p "$4/bin" && cp "$0" "$4/bin/python"
  ;;
"-m pip --version" | "-m pip install "*) ;;
"-m pip download "*)
  while [ $# -gt 1 ]; do
    [ "$1" = --dest ] && dest=$2
    shift
  done
  cp "MIRROR/${1%%==*}.whl" "$dest/" 2>/dev/null || {
    echo "ERROR: No matching distribution found for $1" >&2
    exit 1
  }
  ;;
*)
  exec python3 "$@"
  ;;
esac
