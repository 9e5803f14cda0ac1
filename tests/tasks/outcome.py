"""What came of an attempt at a task, and the table of all of them."""

from dataclasses import asdict, dataclass


@dataclass
class Attempt:
    """What an attempt took, and how it ended."""

    turns: int = 0
    input: int = 0
    output: int = 0
    ended: str = ""


@dataclass(frozen=True)
class Outcome:
    """An attempt at a task, judged."""

    task: str
    set: str
    language: str
    number: int
    attempt: Attempt
    seconds: float
    unsolved: str | None

    @property
    def solved(self):
        return self.unsolved is None

    def record(self):
        """As it is written to a file: tokens as `input` and `output`."""
        fields = asdict(self)
        return {**fields.pop("attempt"), **fields, "solved": self.solved, "seconds": round(self.seconds, 1)}


COLUMNS = "{:<18} {:<7} {:>5} {:>8} {:>7} {:>7}  {}"


def heading():
    return COLUMNS.format("task", "solved", "turns", "tokens", "answer", "seconds", "how it ended")


def line(outcome):
    """One line of the table."""
    told = outcome.attempt.ended if outcome.solved else f"{outcome.attempt.ended} | {outcome.unsolved}"
    attempt = outcome.attempt
    return COLUMNS.format(outcome.task, "yes" if outcome.solved else "no", attempt.turns, attempt.input,
                          attempt.output, f"{outcome.seconds:.0f}", told[:160])


def totals(outcomes):
    """Sums for each set, in the order of the outcomes."""
    sets = {}
    for outcome in outcomes:
        total = sets.setdefault(outcome.set, {"solved": 0, "attempts": 0, "turns": 0, "input": 0, "output": 0,
                                              "seconds": 0.0, "claimed": 0})
        total["solved"] += outcome.solved
        total["attempts"] += 1
        # Saying that it is done when it is not is worse than giving up.
        total["claimed"] += not outcome.solved and outcome.attempt.ended == "completed"
        total["turns"] += outcome.attempt.turns
        total["input"] += outcome.attempt.input
        total["output"] += outcome.attempt.output
        total["seconds"] = round(total["seconds"] + outcome.seconds, 1)
    return sets


def summary(sets):
    """The sums in words, a set a line."""
    return "\n".join(
        f"{name}: solved {total['solved']} of {total['attempts']} ({total['claimed']} said to be done, and not);"
        f" {total['turns']} turns, {total['input']} tokens asked with, {total['output']} answered,"
        f" {total['seconds']:.0f} s" for name, total in sets.items())
