# What the tests of editors in a terminal share: a project, a model, keys to press and a screen to look at.
#
#   DEVIKA_BIN, SCRIPTED_MODEL_BIN, ARTEFACTS  as for tests/editors/run
#
# A test sources this and defines:
#   choose TITLE  carries out the code action of the first line whose title begins with TITLE
#   closed        whether no menu is open
#   save          has the editor write the file
# Then it calls `build NAME`, writes the editor's configuration, and calls `open COMMAND…` and `from_a_comment_to_its_undo`.

: "${DEVIKA_BIN:?}" "${SCRIPTED_MODEL_BIN:?}" "${ARTEFACTS:?}"

BEFORE=$'# devika: greet louder\nprint(\'hello\')\n'
AFTER=$'print(\'HELLO\')\n'
PATIENCE=60  # seconds that anything may take on a busy machine

fail() {
  echo "FAILED: $1" >&2
  echo "the screen:" >&2
  screen >&2 || true
  exit 1
}

# `until_so WHAT COMMAND…` looks again until the command succeeds.
until_so() {
  local what=$1 end=$((SECONDS + PATIENCE))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "nothing came of: $what"
    sleep 0.1
  done
}

in_tmux() { tmux -L "devika-test-$$" "$@"; }
keys() { in_tmux send-keys -t editor "$@"; }
text() { in_tmux send-keys -t editor -l "$1"; }
screen() { in_tmux capture-pane -p -t editor; }
shows() { screen | grep -qF -- "$1"; }
# Whether a text is shown within ten seconds.
shows_soon() {
  for _ in {1..100}; do
    ! shows "$1" || return 0
    sleep 0.1
  done
  return 1
}
# Leaves a menu by itself: with a key behind it, the terminal would make Alt of the escape.
leave_menu() {
  keys Escape
  until_so "the menu to close" closed
}
until_shown() { until_so "\`$1\` on the screen" shows "$1"; }
in_project() { git -C "$project" "$@"; }

# Ends what was started. An editor that leaves something behind ends it in `leave_behind`.
leave() {
  in_tmux kill-server 2>/dev/null || true
  ! declare -F leave_behind >/dev/null || leave_behind || true
  kill "$model" 2>/dev/null || true
}

# Builds a project with a comment to Devika, a user, and a model that plans one step and writes it.
build() {
  folder=$(realpath -m "$ARTEFACTS/$1") project=$folder/project
  rm -rf "$folder"
  mkdir -p "$project" "$folder/run" "$folder/home/.config" "$folder/home/devika"
  devika=$(realpath "$DEVIKA_BIN")
  export HOME=$folder/home DEVIKA_HOME=$folder/home/devika XDG_CONFIG_HOME=$folder/home/.config XDG_RUNTIME_DIR=$folder/run
  unset XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME TMUX
  chmod 700 "$XDG_RUNTIME_DIR"
  printf '[user]\n\tname = A User\n\temail = user@example.org\n' > "$HOME/.gitconfig"
  printf %s "$BEFORE" > "$project/a.py"
  in_project init --quiet --initial-branch main
  in_project add .
  in_project commit --quiet --message Begin
  cat > "$folder/script.json" <<'JSON'
[
  {"text": "{\"monologue\": \"One line.\", \"kind\": \"code\", \"reply\": \"I will do it.\", \"focus\": \"greeting\", \"question\": \"\", \"queries\": [], \"verify\": [], \"steps\": [{\"text\": \"Greet louder\", \"files\": [\"a.py\"]}]}"},
  {"text": "Commit: Greet louder\n\nFile: `a.py`\n```python\nprint('HELLO')\n```\n"}
]
JSON
  : > "$folder/model.log"
  "$(realpath "$SCRIPTED_MODEL_BIN")" --script "$folder/script.json" > "$folder/model.log" &
  model=$!
  trap leave EXIT
  until_so "the model's address" grep -q '^listening on ' "$folder/model.log"
  cat > "$DEVIKA_HOME/config.toml" <<TOML
[models]
default = "scripted/model"
[providers.scripted]
kind = "openai"
base_url = "$(sed -n 's/^listening on //p' "$folder/model.log")"
TOML
  chmod 600 "$DEVIKA_HOME/config.toml"
}

# Starts the editor on the file of the project.
open() {
  LC_ALL=C.UTF-8 TERM=xterm-256color in_tmux -u -f /dev/null new-session -d -x 120 -y 30 -s editor -c "$project" "$(printf '%q ' "$@") a.py"
  until_shown "# devika: greet louder"
}

is_told() { grep -qF -- "$1" "$DEVIKA_HOME/state/tasks/task-1.md" 2>/dev/null; }
has_committed() { [ "$(in_project log -1 --format=%s)" = "$1" ]; }
has_undone() { ! has_committed "feat: greet louder" && [ -z "$(in_project status --porcelain)" ]; }
has() { [ "$(cat "$project/a.py" 2>/dev/null; echo .)" = "$1." ]; }

# Carries the comment out and undoes it, by code actions alone.
from_a_comment_to_its_undo() {
  choose "“greet louder”"
  until_shown "Do you trust the files"
  choose "allow trusting this folder"
  until_shown "print('HELLO')"
  screen > "$folder/changed.txt"
  save
  until_so "the commit" has_committed "feat: greet louder"
  until_so "the plan in the task's page" is_told "1. [x] Greet louder (a.py)"
  has "$AFTER" || fail "the file is $(cat -A "$project/a.py")"
  choose "undo task 1"
  until_shown "# devika: greet louder"
  save
  until_so "the file as it was" has "$BEFORE"
  until_so "the commit of the undo" has_undone
}
