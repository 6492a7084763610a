"""One package per emulated API; what they share is in `ehub`, which of them there are in `catalogue`."""
