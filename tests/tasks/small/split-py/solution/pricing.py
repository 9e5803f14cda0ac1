"""Prices: tax and discounts."""

TAX_PERCENT = 20
DISCOUNTS = {"SPRING": 10, "STAFF": 30}


def with_tax(cents):
    """The price with tax, rounded to a cent."""
    return round(cents * (100 + TAX_PERCENT) / 100)


def discounted(cents, code):
    """The price after a discount code; an unknown code changes nothing."""
    return round(cents * (100 - DISCOUNTS.get(code, 0)) / 100)
