import unittest

from leap import is_leap


class LeapTest(unittest.TestCase):
    def test_years(self):
        self.assertEqual([is_leap(year) for year in (2023, 2024)], [False, True])
