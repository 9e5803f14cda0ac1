"""Intervals of minutes: pairs of start and end, the end not included."""


def overlap(first, second):
    """Whether two intervals share a minute."""
    return first[0] < second[1] and second[0] < first[1]


def merge(intervals):
    """The same minutes in as few intervals as possible, sorted; those that touch become one."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
