"""What orders cost. An order is a list of (name, price in cents, quantity)."""


def get_total(order):
    """The price of all lines, in cents."""
    return sum(price * quantity for _, price, quantity in order)


def get_total_weight(order, weights):
    """The weight of all lines, in grams."""
    return sum(weights[name] * quantity for name, _, quantity in order)
