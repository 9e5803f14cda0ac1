"""Counts the words of standard input, the most frequent first."""

import argparse
import re
import sys
from collections import Counter


def frequencies(text):
    """Words and how often they occur: the most frequent first, then by the alphabet."""
    counts = Counter(re.findall(r"[a-z']+", text.lower()))
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def main(arguments=None, stdin=sys.stdin, stdout=sys.stdout):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--min-length", type=int, default=1, metavar="N", help="leave out shorter words")
    parser.add_argument("--top", type=int, metavar="N", help="print only the N most frequent words")
    options = parser.parse_args(arguments)
    entries = frequencies(stdin.read())
    long_enough = [entry for entry in entries if len(entry[0]) >= options.min_length]
    for word, count in long_enough[: options.top]:
        print(count, word, file=stdout)


if __name__ == "__main__":
    main()
