"""Sums over sales."""

from collections import defaultdict


def by_region(sales):
    """Region and sum of its amounts, by the region's name."""
    sums = defaultdict(float)
    for sale in sales:
        if sale.region is None or sale.amount is None:
            continue
        sums[sale.region] += sale.amount
    return sorted(sums.items())
