# A world for a test in a real editor: a scripted model, a home with its configuration, a project in
# git. Sourced; needs $world (an empty folder) and SCRIPTED_MODEL_BIN.

# start_model SCRIPT: starts the scripted model and writes the configuration that uses it.
start_model() {
  mkdir -p "$world/home"
  mkfifo "$world/model.out"
  "$SCRIPTED_MODEL_BIN" --script "$1" >"$world/model.out" 2>&1 &
  model=$!
  local line
  read -r line <"$world/model.out"
  local url=${line##* }
  printf '[models]\ndefault = "scripted/model"\n[providers.scripted]\nkind = "openai"\nbase_url = "%s"\n' \
    "$url" >"$world/home/config.toml"
}

# make_project TEXT FILE: a repository with one committed file.
make_project() {
  mkdir -p "$world/project"
  # shellcheck disable=SC2059
  printf "$1" >"$world/project/$2"
  git -C "$world/project" init -q -b main
  git -C "$world/project" add -A
  git -C "$world/project" -c user.name='A User' -c user.email=user@example.org commit -qm Begin
}
