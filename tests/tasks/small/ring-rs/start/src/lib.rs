//! A ring buffer: the last values, of which it keeps as many as it was made for.
