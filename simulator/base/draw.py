"""The only source of chance: keyed, so that who comes first never changes what another gets.

``Draw(seed).of("receipt", "RETAILA/catsm_retaila_1")`` is the same stream in every process and on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_LOWEST = tuple(10 ** max(0, count - 1) for count in range(20))
"""The lowest number of so many digits."""
MOST_BEGUN = 100
"""First words of keys that are remembered."""


class Chance:
    """A stream of random bits that depends on nothing but its key."""

    __slots__ = ("_count", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0

    def _bits(self) -> int:
        """64 bits: the first are the key's own, so that one draw costs one hash."""
        self._count += 1
        if self._count == 1:
            return int.from_bytes(self._key[:8], "big")
        return int.from_bytes(blake2b(self._key + self._count.to_bytes(4, "big"), digest_size=8).digest(), "big")

    def below(self, bound: int) -> int:
        """An integer in ``range(bound)``; bias below 2**-20 for bounds up to 2**44."""
        return self._bits() % bound

    def uniform(self) -> float:
        """A float in [0, 1)."""
        return (self._bits() >> 11) / 9007199254740992.0

    def digits(self, count: int) -> str:
        """A decimal number of exactly ``count`` digits (up to 15), the first one not zero."""
        low = _LOWEST[count]
        return str(low + self.below(9 * low))

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]


class Draw:
    """Chance for one simulation, grown from its seed."""

    __slots__ = ("_begun", "_keyed", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._keyed = blake2b(key=str(seed).encode()[:64], digest_size=16)
        self._begun: dict[str, blake2b] = {}

    def of(self, *key: str) -> Chance:
        """The stream that belongs to a key."""
        return Chance(self._hash(key))

    def digits(self, count: int, *key: str) -> str:
        """What ``of(*key).digits(count)`` gives first; most keys are asked for one number only."""
        low = _LOWEST[count]
        return str(low + int.from_bytes(self._hash(key)[:8], "big") % (9 * low))

    def _hash(self, key: tuple[str, ...]) -> bytes:
        """Keys begin with one of a few words: what comes of the seed and that word is worked out once."""
        word, *rest = key or ("",)
        begun = self._begun.get(word)
        if begun is None:
            if len(self._begun) >= MOST_BEGUN:
                self._begun.clear()
            begun = self._begun[word] = self._keyed.copy()
            begun.update(word.encode())
        hashed = begun.copy()
        hashed.update("\x1f".join(("", *rest)).encode())
        return hashed.digest()
