import unittest

from fizzbuzz import fizzbuzz


class FizzBuzzTest(unittest.TestCase):
    def test_words_and_numbers(self):
        self.assertEqual([fizzbuzz(n) for n in (1, 3, 5, 15)], ["1", "Fizz", "Buzz", "FizzBuzz"])
