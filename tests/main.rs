//! End-to-end tests: one file a user story.
