import unittest

from ini import parse


class ParseTest(unittest.TestCase):
    def test_sections_and_keys(self):
        self.assertEqual(parse("a = 1\n[s]\nb = 2 = 3\n"), {"": {"a": "1"}, "s": {"b": "2 = 3"}})

    def test_a_bad_line_is_named(self):
        with self.assertRaisesRegex(ValueError, "line 2"):
            parse("[s]\nnonsense\n")
