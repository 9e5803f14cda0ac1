"""What a task's `check` is written with. It runs in a copy of the finished workspace.

A check judges by behaviour. The model's code runs in a process of its own, and counts only by what
comes back under a word it cannot know: code that exits early, or prints what looks like success,
does not pass.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

TASK = Path(sys.argv[0]).resolve().parent
# The model's code must not find this module.
os.environ.pop("PYTHONPATH", None)
SECONDS = 60


def unsolved(why):
    """Ends the check: not solved."""
    print(why, file=sys.stderr)
    sys.exit(1)


def expect(what, got, wanted):
    """`got` is what the task asked for."""
    if got != wanted:
        unsolved(f"{what}: {got!r} instead of {wanted!r}")


def demand(what, holds):
    """`what` is so."""
    if not holds:
        unsolved(f"not so: {what}")


def restore(*names):
    """Puts files back as the model was given them: its changes to given tests do not count."""
    for name in names:
        copy(TASK / "start" / name, name)


def copy(source, name):
    """Puts a file into the workspace."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, name)


def text(name):
    """The text of a file, which must be there."""
    try:
        return Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        unsolved(f"cannot read {name}: {error}")


def attempt(*command, stdin=""):
    """Runs a command, to its end whatever that is."""
    try:
        return subprocess.run(command, input=stdin, capture_output=True, text=True,
                              timeout=SECONDS, errors="replace")
    except subprocess.TimeoutExpired:
        unsolved(f"{shown(command)} did not end")
    except OSError as error:
        unsolved(f"cannot run {command[0]}: {error}")


def output(*command, stdin=""):
    """What a command that succeeds prints."""
    ran = attempt(*command, stdin=stdin)
    if ran.returncode != 0:
        unsolved(f"{shown(command)} failed: {telling_line(ran.stderr or ran.stdout)}")
    return ran.stdout


def shown(command):
    """A command in a few words; one with a program in it is a check's own."""
    if "-c" in command or "-e" in command:
        return "using the code"
    return " ".join([Path(command[0]).name, *command[1:]])


def telling_line(printed):
    """The line that says what is wrong: the last one with the name of an error, or the last."""
    lines = printed.strip().splitlines() or ["without a word"]
    errors = [line for line in lines if re.match(r"\s*\w*(Error|Exception)\b", line)]
    return (errors or lines)[-1].strip()[:200]


def python(imports, *expressions):
    """The values of Python expressions over the model's code, as JSON; `error:NAME` for a raised one."""
    word = secrets.token_hex(8)
    code = f"""
import json, sys
sys.path.insert(0, ".")
{imports}
def value(expression):
    try:
        return eval(expression)
    except Exception as error:
        return "error:" + type(error).__name__
values = [value(expression) for expression in {list(expressions)!r}]
print("\\n{word}" + json.dumps(values))
"""
    return told(word, output(sys.executable, "-B", "-c", code))


def javascript(imports, *expressions):
    """The values of JavaScript expressions over the model's code; `error:NAME` for a thrown one."""
    word = secrets.token_hex(8)
    thunks = ", ".join(f"() => ({expression})" for expression in expressions)
    code = f"""
{imports}
const values = [{thunks}].map((value) => {{
  try {{ return value(); }} catch (error) {{ return "error:" + error.name; }}
}});
console.log("\\n{word}" + JSON.stringify(values));
"""
    return told(word, output("node", "--input-type=module", "-e", code))


def told(word, printed):
    lines = [line for line in printed.splitlines() if line.startswith(word)]
    if len(lines) != 1:
        unsolved("the code ended before it was asked")
    return json.loads(lines[0].removeprefix(word))


def python_tests_pass(*modules):
    """Whether unittest finds tests, and all of them pass."""
    ran = attempt(sys.executable, "-B", "-m", "unittest", *modules)
    count = re.search(r"^Ran (\d+) test", ran.stderr, re.M)
    return ran.returncode == 0 and count is not None and int(count[1]) > 0


def node_tests_pass(*files):
    """Whether node's runner finds tests, and all of them pass."""
    ran = attempt("node", "--test", "--test-reporter=tap", *files)
    passed = re.search(r"^# pass (\d+)", ran.stdout, re.M)
    return ran.returncode == 0 and passed is not None and int(passed[1]) > 0


def cargo_tests(name, at_least):
    """The tests of `tests/NAME.rs` pass, and there are that many."""
    ran = attempt("cargo", "test", "--offline", "--quiet", "--test", name)
    passed = re.search(r"^test result: ok\. (\d+) passed", ran.stdout, re.M)
    if ran.returncode != 0 or passed is None or int(passed[1]) < at_least:
        failed = re.findall(r"^    (\w+)$", ran.stdout, re.M)
        why = ", ".join(sorted(set(failed))) or next(
            (line for line in ran.stderr.splitlines() if line.startswith("error")), "no test ran")
        unsolved(f"tests/{name}.rs fails: {why}")
