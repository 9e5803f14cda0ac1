import io
import unittest

from wordfreq import frequencies, main


def run(text, *arguments):
    stdout = io.StringIO()
    main(list(arguments), io.StringIO(text), stdout)
    return stdout.getvalue()


class WordFrequencyTest(unittest.TestCase):
    def test_frequent_words_come_first_then_the_alphabet(self):
        self.assertEqual(frequencies("b a b c"), [("b", 2), ("a", 1), ("c", 1)])

    def test_all_words_are_printed(self):
        self.assertEqual(run("Tea and tea"), "2 tea\n1 and\n")

    def test_short_words_can_be_left_out(self):
        self.assertEqual(run("a tea a tea", "--min-length", "2"), "2 tea\n")

    def test_only_the_most_frequent_can_be_printed(self):
        self.assertEqual(run("a tea a tea and", "--top", "2"), "2 a\n2 tea\n")


if __name__ == "__main__":
    unittest.main()
