import unittest

from shop import OutOfStock, Stock, checkout, discounted, low_stock, with_tax


class ShopTest(unittest.TestCase):
    def setUp(self):
        self.stock = Stock({"pen": 5, "ink": 1})

    def test_tax_is_added(self):
        self.assertEqual(with_tax(1000), 1200)

    def test_a_code_makes_it_cheaper(self):
        self.assertEqual((discounted(1000, "SPRING"), discounted(1000, "NONE")), (900, 1000))

    def test_too_many_pieces_are_refused(self):
        with self.assertRaises(OutOfStock):
            self.stock.take("ink", 2)

    def test_low_stock_is_listed(self):
        self.assertEqual(low_stock(self.stock, 5), ["ink"])

    def test_checkout_takes_pieces_and_tells_the_price(self):
        price = checkout(self.stock, {"pen": 100, "ink": 500}, {"pen": 2, "ink": 1}, "SPRING")
        self.assertEqual((price, self.stock.available("pen")), (756, 3))


if __name__ == "__main__":
    unittest.main()
