"""One package per emulated API; shared words in ehub."""
