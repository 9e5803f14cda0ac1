"""What is there."""


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


def low_stock(stock, limit):
    """Articles with fewer pieces than the limit, by name."""
    return sorted(article for article, pieces in stock.pieces.items() if pieces < limit)
