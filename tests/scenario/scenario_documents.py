"""Scenario files made from the table of keys itself: whatever the table allows, a file may say."""

import json
import re
from typing import Any

from hypothesis import strategies as st

from simulator.scenario.checks_rules import BESIDE, FITTING
from simulator.scenario.keys import FILE
from simulator.scenario.keys_faults import Asked
from simulator.scenario.keys_match import Pattern, XPath
from simulator.scenario.keys_rules import TemplateText
from simulator.scenario.kinds import DAY, DAY_OR_PERIOD, MOMENT, PERIOD, Figure, Flag, Kind, Setting, Text, Timed, Whole
from simulator.scenario.shapes import ByForm, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import ROLES

Made = st.SearchStrategy[Any]

_PERIODS = st.sampled_from(["PT0S", "PT10M", "P1DT2H", "P3W", "PT1H30M"])
_DAYS = st.dates().map(str)
_TIMED = {
    id(DAY): _DAYS,
    id(PERIOD): _PERIODS,
    id(DAY_OR_PERIOD): _DAYS | _PERIODS,
    id(MOMENT): st.sampled_from(["2026-03-02T09:00:00+10:00", "1999-12-31T23:59:59.5Z", "2026-03-02 09:00-03:30"]),
}
_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["C", "Z"])


def made_of(kind: Kind) -> Made:
    """Values of a kind, as JSON."""
    makers: dict[type[Any], Any] = {
        Text: _text,
        Whole: _whole,
        Figure: lambda figure: _matching(figure.pattern),
        Flag: lambda flag: st.sampled_from([*flag.words, True, False]),
        Timed: lambda timed: _TIMED[id(timed)],
        Setting: _setting,
        ListOf: lambda several: st.lists(made_of(several.kind), min_size=several.least, max_size=2),
        MapOf: lambda named: st.dictionaries(
            made_of(named.name), made_of(named.kind), min_size=named.least, max_size=2
        ),
        ByForm: lambda forms: st.one_of([made_of(k) for k in (forms.scalar, forms.sequence, forms.mapping) if k]),
        Shape: _shape,
        Pattern: lambda pattern: st.sampled_from(["CATS.*", "[A-Z]{1,4}", "a|b"]),
        XPath: lambda xpath: st.sampled_from(["//NMI", "count(//Meter) > 1", "//RoleAssignment[Role='FRMP']/Party"]),
        TemplateText: lambda template: st.sampled_from(["<A/>", "<A>{{ message.id }}</A>"]),
        Asked: lambda fault: st.sampled_from(fault.schema()["anyOf"][0]["enum"]),
    }
    made: Made = makers[type(kind)](kind)
    return made


def _matching(pattern: re.Pattern[str]) -> Made:
    return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=0x7E, min_codepoint=0x20))


def _text(text: Text) -> Made:
    if text.choices:
        return st.sampled_from(text.choices)
    if text.pattern is not None:
        return _matching(text.pattern).filter(lambda made: len(made) <= text.longest)
    return st.text(_CHARACTERS, min_size=1, max_size=min(text.longest, 30))


def _whole(whole: Whole) -> Made:
    return st.sampled_from(whole.choices) if whole.choices else st.integers(whole.low, whole.high)


def _setting(setting: Setting) -> Made:
    low, dots, high = setting.choices[0].partition("..")
    return st.integers(int(low), int(high)) if dots else st.sampled_from(setting.choices)


@st.composite
def _shape(draw: st.DrawFn, shape: Shape) -> dict[str, Any]:
    optional = [key for key in shape.keys if not key.required]
    chosen = draw(st.lists(st.sampled_from(optional), unique_by=id, max_size=4)) if optional else []
    keys = {key.name: key for key in shape.keys if key.required} | {key.name: key for key in chosen}
    for name, needed in shape.needs:
        if name in keys and needed not in keys:
            keys[needed] = next(key for key in shape.keys if key.name == needed)
    if len(keys) < shape.least:
        keys[shape.keys[0].name] = shape.keys[0]
    keys = dict(list(keys.items())[: shape.most])
    if shape.any_of and not keys.keys() & set(shape.any_of):
        keys[shape.any_of[0]] = next(key for key in shape.keys if key.name == shape.any_of[0])
    for group in shape.one_of:
        one = draw(st.sampled_from(group))
        keys = {name: key for name, key in keys.items() if name not in group}
        keys[one] = next(key for key in shape.keys if key.name == one)
    return {name: draw(made_of(key.kind)) for name, key in keys.items()}


DOCUMENTS = made_of(FILE)


def written(document: object) -> str:
    """As JSON, which is YAML."""
    return json.dumps(document, indent=1)


def untangled(document: dict[str, Any]) -> dict[str, Any]:
    """The same without what the loader's cross checks refuse: things named twice, or that contradict each other."""
    document.pop("rules", None)
    given = document.get("given", {})
    for number, participant in enumerate(given.get("participants", ())):
        for key in ("user", "password", "users", "never answers", "delivers readings"):
            participant.pop(key, None)
        participant |= {"id": f"DECLARED{number}", "played": "auto"}
    for number, point in enumerate(given.get("nmis", ())):
        point["nmi"] = f"41020{number:05d}"
        _untangle_point(point)
    populations = given.get("population", [])
    for population in populations if isinstance(populations, list) else [populations]:
        population["count"] = min(population["count"], 100_000)
        _untangle_population(population)
    _untangle_netstream(given.get("netstream", {}))
    for reading in given.get("readings", ()):
        reading.clear()
        reading |= {"nmi": "4102034567", "what": "missing", "from": "2026-03-02T09:00Z", "to": "2026-03-02T10:00Z"}
    for number, rule in enumerate(document.get("when", ())):
        rule["name"] = f"rule {number + 1}"
        _untangle_rule(rule)
    _untangle_flow(document)
    document["then"] = [_untangled_expectation(each, n) for n, each in enumerate(document.get("then", ()))]
    for entry in document.get("at", ()):
        if "release" in entry:
            rules = document.setdefault("when", [])
            rules.append(_holding(entry["release"], len(rules) + 1))
        if "at" in entry and "clock" in document:
            entry["after"] = "PT1H"
            del entry["at"]
    return document


def _untangle_rule(rule: dict[str, Any]) -> None:
    """Answers that fit what the rule is about; nothing that waits for rules and flags that are not there."""
    about = next(each for each in FITTING if each in rule)
    answers = [each for each in rule.pop("answer", ()) if not isinstance(each, str) and BESIDE & each.keys()]
    if "fault" not in rule and not answers:
        answers = [{"reject": {"code": 1, "explanation": "x"}}] if about == "message" else [{"set": "busy"}]
    if answers:
        rule["answer"] = answers
    if "state" in rule:
        rule["state"] = {"nth": 1}
    if about in ("request", "netstream"):
        rule.pop("per", None)
    if "period" in rule.get("netstream", {}):
        rule["netstream"]["period"] = {"from": "2026-03-01"}


_FORMS = {
    "every": ("acknowledged within", "repaired within"),
    "never": (),
    "sent": (),
    "after status": ("no request for", "at most"),
    "polls": ("no more often than",),
    "readings of": ("from", "to", "reading types", "fetched"),
    "queue": (),
}


def _untangled_expectation(each: dict[str, Any], number: int) -> dict[str, Any]:
    """Only what goes with the form it has, and all that the form needs."""
    form = next(key for key in _FORMS if key in each)
    kept = {key: value for key, value in each.items() if key in (form, *_FORMS[form])} | {
        "name": f"expectation {number}"
    }
    if form == "every":
        wanted = "acknowledged within" if each["every"] == "delivered message" else "repaired within"
        kept = {"every": each["every"], "name": kept["name"], wanted: each.get(wanted, "PT5M")}
    elif form == "readings of":
        kept |= {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
    else:
        kept = {key: "PT1S" for key in _FORMS[form] if key.startswith("no ")} | kept
    return kept


def _holding(name: str, number: int) -> dict[str, Any]:
    return {"name": f"rule {number}", "message": {"from": "A"}, "answer": [{"hold": name}]}


def _untangle_netstream(netstream: dict[str, Any]) -> None:
    for key in ("clients", "groups", "meter groups", "usage points"):
        for number, each in enumerate(netstream.get(key, ())):
            each["id" if key == "clients" else "name"] = f"name{number}"
    for client in netstream.get("clients", ()):
        client["usage point groups"] = ["all"]
    for group in netstream.get("groups", ()):
        group["usage points"] = ["4102034567"]
    for point in netstream.get("usage points", ()):
        point.pop("children", None)
        point["nmi"] = "4102034567"


def _untangle_point(point: dict[str, Any]) -> None:
    point.pop("mc", None)
    for key, value in point.items():
        if isinstance(value, list | dict) and key not in ("address", "meters", "data streams"):
            point[key] = "UNDECLARED"
    for number, meter in enumerate(point.get("meters", ())):
        meter["serial"] = f"M{number}"
        meter.pop("interval", None)
        meter["registers"] = meter.get("registers", ["E1"])[:1]
    point["data streams"] = [{"suffix": stream["suffix"]} for stream in point.get("data streams", ())[:1]]


def _untangle_population(population: dict[str, Any]) -> None:
    population.pop("mc", None)
    for key in population.keys() & {role.lower() for role in ROLES}:
        population[key] = {"UNDECLARED": 1, "UNKNOWN": 2}


def _untangle_flow(document: dict[str, Any]) -> None:
    limits = document.get("limits", {})
    groups = limits.get("groups", [])
    del groups[1:]
    if groups and "participants" in limits:
        for member in groups[0]["members"]:
            limits["participants"].pop(member, None)
        if not limits["participants"]:
            del limits["participants"]
    for section in (limits, *groups, *limits.get("participants", {}).values()):
        for limit in section.values():
            if isinstance(limit, dict) and "upper" in limit:
                limit.pop("lower", None)
    for changed in (entry["set limit"] for entry in document.get("at", ()) if "set limit" in entry):
        if "upper" in changed:
            changed.pop("lower", None)
    if "throttle" in document:
        document["throttle"].pop("per", None)
