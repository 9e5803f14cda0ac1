"""Prints the sales of each region. usage: report.py FILE"""

import sys

from loading import load
from summary import by_region


def main(path):
    for region, amount in by_region(load(path)):
        print(f"{region:<10} {amount:>8.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
