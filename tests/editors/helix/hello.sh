#!/usr/bin/env bash
# A task in Helix, from a comment to its undo.
#
# run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… HX=… tests/editors/helix/hello.sh
set -euo pipefail
. "$(dirname "$0")/../terminal.sh"
: "${HX:?}"

choose() {
  until_so "the code action “$1”" offers "$1"
  local above
  above=$(screen | grep -F "Devika: " | grep -nF -- "Devika: $1" | head -n 1 | cut -d: -f1)
  for ((n = 1; n < above; n++)); do keys Down; done
  keys Enter
  until_so "the menu to close" closed
}
# Asks for the code actions of the first line; the server may not have started yet.
offers() {
  ! shows "Devika: $1" || return 0
  closed || leave_menu
  text "gg a"
  shows_soon "Devika: $1"
}
closed() { ! shows "Devika: explain this"; }

save() {
  text ":write"
  keys Enter
}

build helix
mkdir -p "$XDG_CONFIG_HOME/helix"
# As in docs/editors/helix.md.
cat > "$XDG_CONFIG_HOME/helix/languages.toml" <<TOML
[language-server.devika]
command = "$devika"
args = ["lsp"]

[[language]]
name = "python"
language-servers = ["devika"]
TOML
open "$HX"
from_a_comment_to_its_undo
echo "Helix: ok"
