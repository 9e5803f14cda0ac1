"""Times of a meeting room."""
