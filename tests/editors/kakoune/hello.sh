#!/usr/bin/env bash
# A task in Kakoune with kakoune-lsp, from a comment to its undo.
#
# run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… KAK_LSP=… tests/editors/kakoune/hello.sh
set -euo pipefail
. "$(dirname "$0")/../terminal.sh"
: "${KAK_LSP:?}"
PATH=$(dirname "$(realpath "$KAK_LSP")"):$PATH

choose() {
  until_so "the code action “$1”" offers "$1"
  text "${1//[“”]/}"
  until_so "the menu to hold no others" only
  keys Enter
  until_so "the menu to close" closed
}
# Asks for the code actions of the first line; the server may not have started yet.
offers() {
  ! shows "Devika: $1" || return 0
  closed || leave_menu
  text "gg:lsp-code-actions"
  keys Enter
  shows_soon "Devika: $1"
}
only() { ! shows "Devika: explain this"; }
closed() { ! shows "prompt - client"; }

save() {
  text ":write"
  keys Enter
}

# kakoune-lsp is a daemon, which does not hear of an editor that was killed.
leave_behind() { find "$XDG_RUNTIME_DIR" -name pid -exec cat {} + | xargs -r kill; }

build kakoune
mkdir -p "$XDG_CONFIG_HOME/kak"
# As in docs/editors/kakoune.md.
cat > "$XDG_CONFIG_HOME/kak/kakrc" <<KAK
eval %sh{kak-lsp}
hook -group devika global BufSetOption filetype=(python|rust|javascript|c|cpp) %{
    set-option buffer lsp_servers %{
        [devika]
        root_globs = [".git"]
        command = "$devika"
        args = ["lsp"]
    }
}
lsp-enable
KAK
open kak
from_a_comment_to_its_undo
echo "Kakoune: ok"
