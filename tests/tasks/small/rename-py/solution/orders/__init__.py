"""Orders of a small shop."""

from orders.pricing import order_total

__all__ = ["order_total"]
