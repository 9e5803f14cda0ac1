"""Addresses from titles."""

import re


def slug(title, max_length=None):
    """The title in lower case, its words joined by hyphens."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    joined = "-".join(words) or "untitled"
    return joined if max_length is None else joined[:max_length].rpartition("-")[0]


def unique_slug(title, taken):
    """The title's slug, numbered from 2 where it is taken."""
    plain = slug(title)
    candidate, number = plain, 1
    while candidate in taken:
        number += 1
        candidate = f"{plain}-{number}"
    return candidate
