"""Invoices as text."""

from orders.pricing import get_total


def invoice(customer, order):
    """The invoice of an order."""
    lines = [f"Invoice for {customer}"]
    lines += [f"{quantity} x {name}" for name, _, quantity in order]
    lines.append(f"Total: {get_total(order) / 100:.2f}")
    return "\n".join(lines)
