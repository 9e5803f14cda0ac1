"""A small shop: prices, stock and checkout."""

TAX_PERCENT = 20
DISCOUNTS = {"SPRING": 10, "STAFF": 30}


class OutOfStock(Exception):
    """There are fewer pieces than wanted."""


class Stock:
    """How many pieces of each article there are."""

    def __init__(self, pieces):
        self.pieces = dict(pieces)

    def available(self, article):
        """Pieces of an article."""
        return self.pieces.get(article, 0)

    def take(self, article, quantity):
        """Takes pieces out. OutOfStock where there are too few."""
        if self.available(article) < quantity:
            raise OutOfStock(article)
        self.pieces[article] -= quantity


def with_tax(cents):
    """The price with tax, rounded to a cent."""
    return round(cents * (100 + TAX_PERCENT) / 100)


def discounted(cents, code):
    """The price after a discount code; an unknown code changes nothing."""
    return round(cents * (100 - DISCOUNTS.get(code, 0)) / 100)


def low_stock(stock, limit):
    """Articles with fewer pieces than the limit, by name."""
    return sorted(article for article, pieces in stock.pieces.items() if pieces < limit)


def checkout(stock, prices, order, code=None):
    """Takes an order's articles out of stock and returns what they cost, in cents."""
    for article, quantity in order.items():
        stock.take(article, quantity)
    net = sum(prices[article] * quantity for article, quantity in order.items())
    return with_tax(discounted(net, code))
