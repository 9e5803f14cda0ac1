import unittest

from leap import is_leap


class LeapTest(unittest.TestCase):
    def test_years(self):
        self.assertEqual([is_leap(year) for year in (1900, 2000, 2023, 2024)], [False, True, False, True])
