"""The tasks: reading them, setting up a workspace for one, and judging what became of it."""

import os
import shutil
import signal
import subprocess
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETS = ("small", "tiny")
CHECK_SECONDS = 180

# What a language's tasks are run and checked with.
PROGRAMS = {
    "python": ["python3"],
    "javascript": ["node"],
    "rust": ["cargo"],
    "bash": ["bash"],
    "make": ["make"],
    "text": [],
}


@dataclass(frozen=True)
class Task:
    """One task of the set."""

    folder: Path
    prompt: str
    language: str
    seconds: int

    @property
    def name(self):
        return self.folder.name

    @property
    def set(self):
        return self.folder.parent.name

    def missing_programs(self):
        """The programs it needs that this machine does not have."""
        return [program for program in PROGRAMS[self.language] if shutil.which(program) is None]


def tasks(sets=SETS, only=None):
    """The tasks of the sets, or those that are named. SystemExit names what is unknown or wrong."""
    found = [read(file.parent) for part in sets for file in sorted((HERE / part).glob("*/task.toml"))]
    if only is None:
        return found
    unknown = sorted(set(only) - {task.name for task in found})
    if unknown:
        raise SystemExit(f"no such task: {', '.join(unknown)}; there are {', '.join(task.name for task in found)}")
    return [task for task in found if task.name in only]


def read(folder):
    """The task of a folder."""
    with open(folder / "task.toml", "rb") as file:
        fields = tomllib.load(file)
    try:
        task = Task(folder, **fields)
    except TypeError as error:
        raise SystemExit(f"{folder / 'task.toml'}: {error}; its keys are prompt, language and seconds") from None
    if task.language not in PROGRAMS:
        raise SystemExit(f"{folder / 'task.toml'}: unknown language {task.language}; one of {', '.join(PROGRAMS)}")
    return task


@contextmanager
def workspace(task, answer=None):
    """A folder with the task's files as they are at the start, and those of an answer over them."""
    with tempfile.TemporaryDirectory(prefix="task-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / task.name
        root.mkdir()
        for part in ["start", answer] if answer else ["start"]:
            # A task that begins with nothing has no such folder.
            if (task.folder / part).exists():
                shutil.copytree(task.folder / part, root, dirs_exist_ok=True)
        yield root


def commit(root):
    """Makes the workspace a git repository whose one commit has all of its files."""
    author = ["-c", "user.name=A user", "-c", "user.email=user@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"],
                    [*author, "commit", "-q", "--allow-empty", "-m", "Start"]):
        subprocess.run(["git", *command], cwd=root, check=True)


def judge(task, root):
    """Why the workspace does not solve the task; None where it does. The workspace stays as it is."""
    with tempfile.TemporaryDirectory(prefix="judge-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / task.name
        # What was built stays behind: it could be anything, and old.
        unwanted = shutil.ignore_patterns(".git", "target", "__pycache__", "node_modules")
        shutil.copytree(root, copy, symlinks=True, ignore=unwanted)
        env = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
        env["PYTHONPATH"] = str(HERE)
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        status, printed = bounded([task.folder / "check"], CHECK_SECONDS, cwd=copy, env=env)
    if status == 0:
        return None
    if status is None:
        return "the check did not end"
    return (printed.strip().splitlines() or [f"the check ended with {status}"])[-1]


def bounded(command, seconds, **options):
    """A command's status and what it printed; the status is None where it and its children had to be ended."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, **options)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end(process)
        output.seek(0)
        return status, output.read()


def end(process):
    """Ends what is left of a command that was started in a session of its own."""
    for sign, grace in ((signal.SIGTERM, 10), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
