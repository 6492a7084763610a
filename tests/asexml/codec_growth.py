"""Grows random valid payloads from the content tables, for tests of writer, schema and reader against each other."""

from __future__ import annotations

from hypothesis import strategies as st

from simulator.asexml.content import Content
from simulator.asexml.model import Element
from simulator.asexml.notation import Group, Leaf

_TEXTS = {
    "date": "2026-01-02",
    "dateTime": "2026-01-02T03:04:05.000+10:00",
    "either": "2026-01-02",
    "time": "03:04:05",
    "boolean": "true",
}
_PATTERNS = {
    "r[0-9]*(_[a-z][0-9]*)?": "r46",
    "[0-9]": "7",
    "[0-9]{4}": "2000",
    "[A-Za-z0-9]": "B",
    "[0-9]{1,8}": "12",
}
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=12)


@st.composite
def text(draw: st.DrawFn, rule: str) -> str:
    """A value of a simple type."""
    kind, _, rest = rule.partition(" ")
    if kind == "one":
        return draw(st.sampled_from(rest.removeprefix("of ").split(", ")))
    if kind == "pattern":
        return _PATTERNS.get(rest, "Made-up")
    if kind == "integer":
        low, _, high = rest.partition("..")
        return str(draw(st.integers(int(low or 0), int(high or 10**9))))
    if kind == "decimal":
        return draw(st.sampled_from(["0", "1.5", ".25", "12.34"]))
    return draw(_string(rest)) if kind == "text" else _TEXTS[kind]


@st.composite
def _string(draw: st.DrawFn, rest: str) -> str:
    low, dots, high = rest.partition("..")
    if rest and not dots:
        return "x" * int(low)
    value = draw(_WORDS).strip()[: int(high or 12)]
    return value if len(value) >= int(low or 0) else "x" * int(low)


@st.composite
def element(draw: st.DrawFn, held: Content, name: str, type_: str, nillable: bool = False) -> Element:
    """An element of a type; abstract types become one of those that extend them."""
    if nillable and draw(st.booleans()):
        return Element(name, None, (), {"xsi:nil": "true"})
    if type_ in held.simple:
        return Element(name, draw(text(held.simple[type_])))
    attributes = {}
    if held.models[type_].abstract:
        type_ = draw(st.sampled_from(_concrete(held, type_)))
        attributes["xsi:type"] = f"ase:{type_}"
    model = held.models[type_]
    for attribute in model.attributes:
        if attribute.required or draw(st.booleans()):
            attributes[attribute.name] = draw(text(held.simple[attribute.type]))
    if model.text is not None:
        return Element(name, draw(text(held.simple[model.text])), (), attributes or None)
    children = [child for part in held.chain(type_) for child in draw(group(held, part.content))]
    return Element(name, None, tuple(children), attributes or None)


def _concrete(held: Content, type_: str) -> list[str]:
    below = [name for name, model in held.models.items() if model.base == type_]
    return [name for each in below for name in ([each] if not held.models[each].abstract else _concrete(held, each))]


@st.composite
def group(draw: st.DrawFn, held: Content, part: Group | Leaf) -> list[Element]:
    """Children for a part of a content model, as often as it may be there."""
    high = part.low + 1 if part.high is None else part.high
    grown: list[Element] = []
    for _ in range(draw(st.integers(part.low, max(part.low, min(high, 1))))):
        if isinstance(part, Leaf):
            grown.append(draw(element(held, part.name, part.type, part.nillable)))
        else:
            parts = [draw(st.sampled_from(part.parts))] if part.choice else part.parts
            grown += [child for inner in parts for child in draw(group(held, inner))]
    return grown
