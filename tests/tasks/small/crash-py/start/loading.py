"""Reads sales from a CSV file with the columns date, region, amount."""

import csv

from sale import Sale


def load(path):
    """The sales of a file, in its order."""
    with open(path, newline="") as file:
        return [Sale.from_row(row) for row in csv.DictReader(file)]
