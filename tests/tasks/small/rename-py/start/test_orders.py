import unittest

from orders import get_total
from orders.invoice import invoice
from orders.pricing import get_total_weight

ORDER = [("pen", 150, 2), ("ink", 499, 1)]


class OrdersTest(unittest.TestCase):
    def test_the_total_is_in_cents(self):
        self.assertEqual(get_total(ORDER), 799)

    def test_an_invoice_ends_with_the_total(self):
        self.assertEqual(invoice("Ann", ORDER).splitlines()[-1], "Total: 7.99")

    def test_weights_are_added_up(self):
        self.assertEqual(get_total_weight(ORDER, {"pen": 10, "ink": 50}), 70)


if __name__ == "__main__":
    unittest.main()
