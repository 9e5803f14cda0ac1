"""Sums over sales."""

from collections import defaultdict


def by_region(sales):
    """Region and sum of its amounts, by the region's name."""
    sums = defaultdict(float)
    for sale in sales:
        sums[sale.region] += sale.amount
    return sorted(sums.items())
