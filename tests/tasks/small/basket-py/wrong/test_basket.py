import unittest

from basket import Basket


class BasketTest(unittest.TestCase):
    def setUp(self):
        self.basket = Basket()

    def test_an_empty_basket_costs_nothing(self):
        self.assertEqual(self.basket.total(), 0)

    def test_shipping_is_added(self):
        self.basket.add("pen", 150, 2)
        self.assertEqual(self.basket.total(), 300 + 490)

    def test_nine_pieces_cost_the_full_price(self):
        self.basket.add("lamp", 1000, 9)
        self.assertEqual(self.basket.total(), 9000)

    def test_ten_pieces_are_cheaper(self):
        self.basket.add("lamp", 1000, 10)
        self.assertEqual(self.basket.total(), 10000)

    def test_pieces_are_added_up(self):
        self.basket.add("lamp", 1000, 4)
        self.basket.add("lamp", 1000, 7)
        self.assertEqual(self.basket.total(), 9900)

    def test_the_last_piece_takes_its_line_along(self):
        self.basket.add("pen", 150)
        self.basket.remove("pen")
        self.assertEqual(len(self.basket.lines), 1)

    def test_what_is_not_there_cannot_be_removed(self):
        with self.assertRaises(KeyError):
            self.basket.remove("pen")


if __name__ == "__main__":
    unittest.main()
