"""Has Devika carry out a task, and reads from its events what that took."""

import json
import os
import subprocess
from pathlib import Path

import taskset
from outcome import Attempt


class Devika:
    """`devika run`, allowed everything it would ask for."""

    title = "devika run"

    def __init__(self, program, model=None):
        self.program = program
        self.model = model

    def attempt(self, task, root):
        """Carries out the task in a workspace, which is made a repository first."""
        taskset.commit(root)
        command = [self.program, "run", "-C", root, "--yes", "--json"]
        command += ["--model", self.model] if self.model else []
        # A build elsewhere is no business of the task's.
        env = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
        told = root.parent / "events.jsonl"
        with open(told, "wb") as events, open(root.parent / "stderr", "w+b") as complaints:
            process = subprocess.Popen([*command, task.prompt], stdin=subprocess.DEVNULL, stdout=events,
                                       stderr=complaints, env=env, start_new_session=True)
            try:
                status = process.wait(task.seconds)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                taskset.end(process)
            complaints.seek(0)
            last = complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
        result = tally(read_events(told))
        if status is None:
            result.ended = "time limit"
        elif not result.ended:
            result.ended = f"ended with {status}: {last}"
        return result


def read_events(path):
    """The events of a run; a line that was cut off when it was ended does not count."""
    for line in Path(path).read_text(errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def tally(events):
    """Turns, tokens and the end that events tell of."""
    result = Attempt()
    for event in events:
        match event.get("event"):
            case "turn_started":
                result.turns += 1
            case "turn_finished":
                result.input += event["usage"]["input"]
                result.output += event["usage"]["output"]
            case "completed":
                result.ended = "completed"
            case "failed":
                result.ended = "failed: " + first_line(event["reason"])
            case "paused":
                result.ended = "paused: " + first_line(event["text"])
            case "cancelled":
                result.ended = "cancelled"
    return result


def first_line(text):
    return (text.strip().splitlines() or [""])[0]
