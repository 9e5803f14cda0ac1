"""The peer to compare with: the same model asked once, with all files; what it answers is written."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from outcome import Attempt

# Characters of files at the most, as a small model's context allows.
FILE_CHARACTERS = 18_000
ANSWER_TOKENS = 2048
# What Devika asks small models with; the comparison is of what is around the model.
TEMPERATURE = 0.2
START_SECONDS = 180

INSTRUCTION = """\
Answer with each file that is new or must change, with its whole content, in exactly this form:

File: `path/of/file`
```
the whole content of path/of/file
```"""

FILE = re.compile(r"^[^\n`]*`(?P<path>[^`\n]+)`[^\n`]*\n+(?P<fence>```+)[^\n]*\n(?P<content>.*?)^(?P=fence)[ \t]*$",
                  re.M | re.S)


class OneShot:
    """A model behind OpenAI's chat completions, asked once a task."""

    title = "one-shot peer"

    def __init__(self, base_url, model, key=None, used=None):
        """`used` is a file that is touched at each use, so that the model's server stays."""
        self.url = base_url.rstrip("/") + "/chat/completions"
        self.model = model
        self.key = key
        self.used = used

    def attempt(self, task, root):
        """Asks for the task's files and writes them."""
        result = Attempt(turns=1)
        try:
            answer = self.ask(question(task, root), task.seconds)
        except (OSError, ValueError, KeyError) as error:
            result.ended = f"no answer: {error}"
            return result
        result.input = answer["usage"]["prompt_tokens"]
        result.output = answer["usage"]["completion_tokens"]
        choice = answer["choices"][0]
        written = write(choice["message"]["content"] or "", root)
        cut = ", cut at its limit" if choice.get("finish_reason") == "length" else ""
        result.ended = f"wrote {', '.join(written) or 'nothing'}{cut}"
        return result

    def ask(self, text, seconds):
        body = {"model": self.model, "max_tokens": ANSWER_TOKENS, "temperature": TEMPERATURE, "messages": [
            {"role": "system", "content": "You are a software engineer. You write complete, working, plain code."},
            {"role": "user", "content": text}]}
        if self.used:
            self.used.touch()
        request = urllib.request.Request(self.url, json.dumps(body).encode(), {"content-type": "application/json"})
        if self.key:
            request.add_header("authorization", f"Bearer {self.key}")
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return json.load(response)


def question(task, root):
    """All files of the workspace, the user's words, and the form of the answer."""
    parts, room = [], FILE_CHARACTERS
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.name in (".gitignore", "Cargo.lock"):
            continue
        content = path.read_text()
        if len(content) <= room:
            room -= len(content)
            parts.append(f"File: `{path.relative_to(root)}`\n```\n{content.rstrip()}\n```")
    return "\n\n".join([*parts, task.prompt, INSTRUCTION])


def write(answer, root):
    """Writes the files of an answer, and names them. A path that leaves the workspace is left out."""
    written = []
    for found in FILE.finditer(answer.rstrip() + "\n"):
        path = (root / found["path"].strip()).resolve()
        if not path.is_relative_to(root.resolve()) or path == root.resolve() or path.is_dir():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found["content"])
        except OSError:
            continue
        written.append(found["path"].strip())
    return written


def managed_local_model(devika, model):
    """The peer on the local model's own server, which is started where it does not run."""
    folder = local_model_folder()
    server = folder / "server.json"
    deadline = time.monotonic() + START_SECONDS
    starting = None
    while time.monotonic() < deadline:
        try:
            record = json.loads(server.read_text())
            base = f"http://127.0.0.1:{record['port']}"
            with urllib.request.urlopen(f"{base}/health", timeout=5):
                return OneShot(f"{base}/v1/", model, record["key"], folder / "used")
        except (OSError, ValueError, KeyError, urllib.error.URLError):
            pass
        if starting is None:
            starting = subprocess.Popen([devika, "models", "serve-local"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif starting.poll() not in (None, 0):
            raise SystemExit("the local model does not start; install it with `devika models pull local`")
        time.sleep(0.5)
    raise SystemExit(f"the local model was not ready after {START_SECONDS} s")


def local_model_folder():
    home = os.environ.get("DEVIKA_HOME")
    if home:
        return Path(home) / "cache/local-model"
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "devika/local-model"
