"""Whatever is handed in, the answer is a scenario or its mistakes; whatever the table of keys allows, loads."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scenario_documents import DOCUMENTS, untangled, written
from scenario_told import mistakes

from simulator.scenario import source
from simulator.scenario.loader import Mistake, ScenarioMistakes, load

SHIPPED = [path.read_text("utf-8") for path in sorted(Path(__file__).parents[2].glob("scenarios/*.yaml"))]
WORDS = ["scenario", "given", "when", "nmis", "nmi", "participants", "id", "assume", "seed", "clock"]
DISGUISED = ["0012", "NO", "12:30", "2026-03-02", "1e5", "~", "<<"]
MARKS = [": ", ":", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "'", '"', "#", "&a ", "*a", "!x ", "? "]
ODDITIES = [
    "|\n",
    ">\n",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "\\",
    "\\u0000",
    "\t",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
]
TOKENS = [*WORDS, *DISGUISED, *MARKS, *ODDITIES]


def told(text: str) -> tuple[Mistake, ...]:
    """The mistakes of a text, none when it is good."""
    try:
        load(text, "f.yaml")
    except ScenarioMistakes as refused:
        return refused.mistakes or pytest.fail("refused for no mistake")
    return ()


def answered(text: str) -> None:
    lines = len(re.findall("[\n\r\x85\u2028\u2029]", text)) + 2
    for mistake in told(text):
        assert 1 <= mistake.where.line <= lines
        assert mistake.where.column >= 1
        assert mistake.what
        assert mistake.right


@settings(max_examples=300)
@given(st.text())
@example("\ud800")
@example("scenario: &a [*a]")
@example("scenario: x\nseed: 99999999999999999999999999")
@example("scenario: x\nclock: 2199-12-31T23:59:59-23:59")
@example("scenario: x\nclock: 1990-01-01T00:00:00+23:59")
@example("!!python/object/apply:os.system [ls]")
def test_any_text(text: str) -> None:
    answered(text)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=30).map("".join))
def test_any_text_that_looks_like_yaml(text: str) -> None:
    answered(text)


@settings(max_examples=200)
@given(st.sampled_from(SHIPPED), st.data())
def test_a_shipped_file_with_something_cut_out_or_put_in(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    answered(text[:start] + data.draw(st.sampled_from(["", *TOKENS])) + text[end:])


@settings(max_examples=150)
@given(DOCUMENTS)
def test_whatever_the_table_of_keys_allows_loads(document: dict[str, Any]) -> None:
    untangled(document)
    loaded = load(written(document), "f.json")
    assert loaded.name == document["scenario"]
    assert len(loaded.given.points) == len(document.get("given", {}).get("nmis", ()))
    assert [rule.times for rule in loaded.when] == [rule.get("times") for rule in document.get("when", ())]


def test_deep_nesting_is_refused_at_once() -> None:
    for opened in ("[", "{a: ", "\n- ", "\n? "):
        (only,) = mistakes("scenario: x\nabout: " + opened[:1] + opened[opened[0] == "\n" :] * 200_000)
        assert only.endswith("more than 24 levels inside one another; a scenario is flat")


def test_a_file_too_large_is_not_looked_at() -> None:
    text = "scenario: x\n#" + "x" * source.MOST_CHARACTERS
    assert mistakes(text) == [f"1:1: {len(text)} characters; a scenario has at most {source.MOST_CHARACTERS}"]


def test_aliases_that_would_grow_are_refused_without_growing() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    told = mistakes("a0: &a0 [x]\n" + "\n".join(levels))
    assert len(told) == 72
    assert told[0] == "2:10: the alias '*a0'; write it out: scenarios have no aliases"


def test_a_mark_at_the_beginning_of_the_file_is_no_part_of_it() -> None:
    assert load("\ufeffscenario: x", "f.yaml").name == "x"


@pytest.mark.parametrize(
    "text", ["scenario: &a x\nabout: *a", "[" * 50, "scenario: 'x", "scenario: \ud800", "\x00", ""]
)
def test_without_libyaml_a_file_is_refused_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_compose", source.PureComposer)
    assert told(text)
    answered(text)
