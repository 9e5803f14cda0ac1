"""A small shop: checkout, with prices and stock."""

from pricing import DISCOUNTS, TAX_PERCENT, discounted, with_tax
from stock import OutOfStock, Stock, low_stock

__all__ = ["DISCOUNTS", "TAX_PERCENT", "OutOfStock", "Stock", "checkout", "discounted", "low_stock", "with_tax"]


def checkout(stock, prices, order, code=None):
    """Takes an order's articles out of stock and returns what they cost, in cents."""
    for article, quantity in order.items():
        stock.take(article, quantity)
    net = sum(prices[article] * quantity for article, quantity in order.items())
    return with_tax(discounted(net, code))
