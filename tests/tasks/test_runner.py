"""The runner's own tests: what it makes of events, of answers, and of programs that do not end."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import one_shot
import outcome
import taskset
import with_devika

RUN = Path(__file__).parent / "run"


class Events(unittest.TestCase):
    def test_turns_tokens_and_the_end_are_read(self):
        usage = {"input": 100, "cached": 90, "output": 7}
        events = [{"event": "turn_started"}, {"event": "turn_finished", "usage": usage},
                  {"event": "turn_started"}, {"event": "turn_finished", "usage": usage},
                  {"event": "failed", "reason": "tests fail\nmore"}]
        self.assertEqual(with_devika.tally(events), outcome.Attempt(2, 200, 14, "failed: tests fail"))

    def test_a_line_that_was_cut_off_does_not_count(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write('{"event":"completed"}\n{"event":"tu')
            file.flush()
            self.assertEqual(list(with_devika.read_events(file.name)), [{"event": "completed"}])


class Answers(unittest.TestCase):
    def written(self, answer):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "root"
            root.mkdir()
            names = one_shot.write(answer, root)
            outside = [path.name for path in Path(folder).iterdir() if path != root]
            self.assertEqual(outside, [])
            return {name: (root / name).read_text() for name in names}

    def test_fenced_files_are_written(self):
        answer = "Here:\n\nFile: `a/b.py`\n```python\nx = 1\n```\n\n### `c.md`\n````\n```\nin\n```\n````"
        self.assertEqual(self.written(answer), {"a/b.py": "x = 1\n", "c.md": "```\nin\n```\n"})

    def test_a_path_out_of_the_workspace_is_left_out(self):
        self.assertEqual(self.written("File: `../out.py`\n```\nx\n```\nFile: `/nowhere/out.py`\n```\nx\n```"), {})

    def test_an_answer_that_was_cut_off_writes_its_whole_files_only(self):
        self.assertEqual(self.written("File: `a`\n```\n1\n```\nFile: `b`\n```\n2"), {"a": "1\n"})


class Programs(unittest.TestCase):
    def test_one_that_does_not_end_is_ended_with_its_children(self):
        with tempfile.TemporaryDirectory() as folder:
            pid = Path(folder) / "pid"
            command = ["bash", "-c", f"sleep 1000 & echo $! > {pid}; wait"]
            self.assertEqual(taskset.bounded(command, 1), (None, ""))
            deadline = time.monotonic() + 10
            while Path(f"/proc/{pid.read_text().strip()}").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertFalse(Path(f"/proc/{pid.read_text().strip()}").exists())


@unittest.skipUnless(os.environ.get("SCRIPTED_MODEL_BIN"), "SCRIPTED_MODEL_BIN names no scripted model")
class WithAScriptedModel(unittest.TestCase):
    """hello-py, solved by answers that are written down."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.script = json.loads((RUN.parent.parent / "scripts/hello.json").read_text())

    def model(self, script):
        (self.folder / "script.json").write_text(json.dumps(script))
        command = [os.environ["SCRIPTED_MODEL_BIN"], "--script", self.folder / "script.json", "--loop"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        return address.rstrip("/").removesuffix("/v1") + "/v1/"

    def run_set(self, *options):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DEVIKA_HOME": str(self.folder),
               "DEVIKA_BIN": os.environ.get("DEVIKA_BIN", "")}
        figures = self.folder / "figures.json"
        command = [sys.executable, RUN, "--only", "hello-py", "--json", figures, *options]
        subprocess.run(command, env=env, check=True, capture_output=True)
        [attempt] = json.loads(figures.read_text())["attempts"]
        return {name: attempt[name] for name in ("task", "solved", "turns", "ended")}

    @unittest.skipUnless(os.environ.get("DEVIKA_BIN"), "DEVIKA_BIN names no devika")
    def test_devika_is_given_the_task_and_judged(self):
        provider = f'[providers.scripted]\nkind = "openai"\nbase_url = "{self.model(self.script)}"\n'
        (self.folder / "config.toml").write_text(provider)
        self.assertEqual(self.run_set("--model", "scripted/model"),
                         {"task": "hello-py", "solved": True, "turns": 2, "ended": "completed"})

    def test_the_peer_is_asked_once_and_judged(self):
        base_url = self.model(self.script[1:])
        self.assertEqual(self.run_set("--one-shot", "--base-url", base_url, "--model", "any"),
                         {"task": "hello-py", "solved": True, "turns": 1, "ended": "wrote hello.py, test_hello.py"})


if __name__ == "__main__":
    unittest.main()
