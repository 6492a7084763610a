"""What a mistaken scenario file is told; shared by the tests of mistakes."""

import pytest

from simulator.scenario.loader import ScenarioMistakes, load


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioMistakes) as refused:
        load(text, "f.yaml")
    return [str(mistake).removeprefix("f.yaml:") for mistake in refused.value.mistakes]


def expect(marked: str, *told: str) -> None:
    """Each caret is taken out; there, in that order, and nowhere else, that must be told."""
    places = []
    while "^" in marked:
        before, _, after = marked.partition("^")
        places.append(f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}")
        marked = before + after
    assert mistakes(marked) == [f"{place}: {words}" for place, words in zip(places, told, strict=True)]
