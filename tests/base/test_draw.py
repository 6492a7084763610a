"""Chance: keyed, the same everywhere, and nobody's draw changes another's."""

import os
import subprocess
import sys
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.draw import Draw

SCRIPT = """
from simulator.base.draw import Draw
c = Draw(7).of("receipt", "RETAILA/catsm_retaila_1")
print([c.below(10**9) for _ in range(5)], c.uniform(), c.digits(12), c.choice("abcdef"))
"""


def fresh_process(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_same_stream_in_every_process() -> None:
    chance = Draw(7).of("receipt", "RETAILA/catsm_retaila_1")
    drawn = [chance.below(10**9) for _ in range(5)]
    here = f"{drawn} {chance.uniform()} {chance.digits(12)} {chance.choice('abcdef')}\n"
    assert fresh_process("1") == fresh_process("2") == here


def test_the_stream_is_fixed_for_all_time() -> None:
    # journals and recorded answers rest on it: a change here changes every simulation
    chance = Draw(1).of("a", "b")
    assert [chance.below(1000) for _ in range(4)] == [617, 483, 729, 33]


def test_one_draw_never_changes_another() -> None:
    draw = Draw(7)
    alone = draw.of("b").below(10**9)
    first = draw.of("a")
    for _ in range(100):
        first.below(10)
    assert draw.of("b").below(10**9) == alone


def test_keys_and_seeds_tell_streams_apart() -> None:
    streams = [
        (1, ("a",)),
        (2, ("a",)),
        (1, ("b",)),
        (1, ("a", "b")),
        (1, ("ab",)),
        (1, ()),
        (-1, ("a",)),
        (10**80, ("a",)),
    ]
    assert len({Draw(seed).of(*key).below(2**60) for seed, key in streams}) == len(streams)


@pytest.mark.parametrize("count", [1, 2, 9, 15])
def test_digits(count: int) -> None:
    chance = Draw(3).of("digits")
    for _ in range(200):
        number = chance.digits(count)
        assert len(number) == count
        assert number[0] != "0"


@given(key=st.lists(st.text("aé/ ", max_size=8), max_size=3), count=st.integers(1, 15), seed=st.integers())
def test_one_number_for_a_key_is_the_first_of_its_stream(key: list[str], count: int, seed: int) -> None:
    draw = Draw(seed)
    assert draw.digits(count, *key) == draw.of(*key).digits(count)


def test_below_uniform_and_choice_stay_within_bounds_and_reach_all() -> None:
    chance = Draw(3).of("bounds")
    assert {chance.below(6) for _ in range(300)} == set(range(6))
    assert {chance.choice("xyz") for _ in range(100)} == set("xyz")
    numbers = [chance.uniform() for _ in range(2000)]
    assert 0 <= min(numbers) < 0.01
    assert 0.99 < max(numbers) < 1


@given(st.integers(), st.lists(st.lists(st.text(max_size=4), max_size=4), max_size=250))
def test_what_is_remembered_of_keys_changes_no_number(seed: int, keys: list[list[str]]) -> None:
    draw = Draw(seed)
    for key in [*keys, *keys]:
        plain = blake2b("\x1f".join(key).encode(), key=str(seed).encode()[:64], digest_size=16).digest()
        assert draw.digits(12, *key) == str(10**11 + int.from_bytes(plain[:8], "big") % (9 * 10**11))
