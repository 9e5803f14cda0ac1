import unittest

from slugs import slug, unique_slug


class SlugTest(unittest.TestCase):
    def test_words_are_lower_case_and_joined_by_hyphens(self):
        self.assertEqual(slug("Hello World"), "hello-world")

    def test_what_is_no_letter_or_digit_separates_words(self):
        self.assertEqual(slug("Rock & Roll, since 1955!"), "rock-roll-since-1955")

    def test_hyphens_at_the_ends_go(self):
        self.assertEqual(slug("  -- draft --  "), "draft")

    def test_nothing_left_is_untitled(self):
        self.assertEqual(slug("???"), "untitled")

    def test_a_long_slug_is_cut_at_a_hyphen(self):
        self.assertEqual(slug("the quick brown fox", max_length=12), "the-quick")


class UniqueSlugTest(unittest.TestCase):
    def test_a_free_slug_is_kept(self):
        self.assertEqual(unique_slug("News", taken={"other"}), "news")

    def test_a_taken_slug_gets_the_first_free_number_from_2(self):
        self.assertEqual(unique_slug("News", taken={"news", "news-2"}), "news-3")


if __name__ == "__main__":
    unittest.main()
