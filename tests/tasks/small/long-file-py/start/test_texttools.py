import unittest

from texttools import boxed, bullets, dedent, justify, shorten, table, wrap, wrap_paragraphs


class TextToolsTest(unittest.TestCase):
    def test_words_are_wrapped(self):
        self.assertEqual(wrap("the quick brown fox", 10), ["the quick", "brown fox"])

    def test_each_paragraph_is_wrapped(self):
        self.assertEqual(wrap_paragraphs("a b\nc\n\nd e\n", 3), "a b\nc\n\nd e\n")

    def test_items_hang_under_their_first_word(self):
        self.assertEqual(bullets(["one two"], 6), "- one\n  two\n")

    def test_lines_are_justified(self):
        self.assertEqual(justify("a b c", 8), "a   b  c")

    def test_shared_indentation_goes(self):
        self.assertEqual(dedent("  a\n    b\n"), "a\n  b\n")

    def test_long_text_is_shortened(self):
        self.assertEqual(shorten("printing", 6), "print…")

    def test_tables_have_columns(self):
        self.assertEqual(table([["a", 1], ["bcd", 22]]), "a    1\nbcd  22\n")

    def test_a_box_is_drawn(self):
        self.assertEqual(boxed("hi\n"), "+----+\n| hi |\n+----+\n")


if __name__ == "__main__":
    unittest.main()
