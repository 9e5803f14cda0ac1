"""Orders of a small shop."""

from orders.pricing import get_total

__all__ = ["get_total"]
