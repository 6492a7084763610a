"""For every test: names that are the same in every process, which running in parallel needs."""

import pytest


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are no name: they are long, and some (gzip's time stamp) differ from process to process."""
    return argname if isinstance(val, bytes) else None
