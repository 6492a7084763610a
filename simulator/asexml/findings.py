"""The only place that puts what libxml2 says about a faulty message into our own words.

Each finding names the standard event code, our rule id, the line, the element, and what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from simulator.asexml.model import Finding

MOST = 50
"""Findings reported of one message; the rest is more of the same."""

_WORDS = {
    "date": "a date (YYYY-MM-DD)",
    "dateTime": "a date and time (YYYY-MM-DDThh:mm:ss+10:00)",
    "time": "a time (hh:mm:ss)",
    "integer": "a whole number",
    "decimal": "a decimal number",
    "boolean": "true or false",
}
_FORMS = {
    "PostCode": "four digits",
    "ReleaseIdentifier": "a release such as r44",
    "checksum": "one digit",
    "HouseNumberSuffix": "one letter or digit",
    "StreetName": "letters, digits, blanks, - and ' only, within the allowed length",
    "Demand": "up to eight digits",
}

_SUBJECT = re.compile(r"Element '(?:\{[^}]*\})?([^']*)'(?:, attribute '(?:\{[^}]*\})?([^']*)')?: (.*)", re.DOTALL)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*?) \)", re.DOTALL)
_NAMESPACED = re.compile(r"\{[^}]*\}")


class LogEntry(Protocol):
    """What we read of an entry of lxml's error log."""

    @property
    def line(self) -> int:
        """The source line."""

    @property
    def message(self) -> str:
        """What libxml2 says."""

    @property
    def path(self) -> str | None:
        """An XPath of the element, un-namespaced names as they are."""


def _expected(text: str) -> str:
    found = _EXPECTED.search(text)
    if found is None:
        return "nothing more belongs here"
    names = [_NAMESPACED.sub("", name).strip() for name in found[1].split(",")]
    shown = names if len(names) <= 12 else [*names[:12], "…"]
    return ("expected is " if len(names) == 1 else "expected is one of ") + ", ".join(shown)


def _clip(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"


_Words = Callable[[re.Match[str]], str]


def _say(template: str) -> _Words:
    """The groups of the match, without namespaces and not too long, in a sentence."""
    return lambda found: template.format(*(_clip(_NAMESPACED.sub("", group)) for group in found.groups()))


def _kind(found: re.Match[str]) -> str:
    kind = found[2].rpartition(":")[2]
    return f"'{_clip(found[1])}' is not {_WORDS.get(kind) or 'a ' + kind}"


def _length(found: re.Match[str]) -> str:
    bound = {"max": "at most", "min": "at least", None: "exactly"}[found[1]]
    return f"has {found[2]} characters; it should have {bound} {found[3]}"


def _one_of(found: re.Match[str]) -> str:
    return f"'{_clip(found[1])}' is not one of {found[2].replace(chr(39), '')}"


_PHRASES: tuple[tuple[str, str, _Words], ...] = (
    ("asexml.order", r"This element is not expected\.(.*)", lambda m: f"not expected here; {_expected(m[1])}"),
    ("asexml.missing", r"Missing child element\(s\)\.(.*)", lambda m: f"incomplete; {_expected(m[1])}"),
    ("asexml.missing", r"The attribute '(\S+)' is required but missing", _say("attribute {} is missing")),
    ("asexml.attribute", r"The attribute '(\S+)' is not allowed", _say("attribute {} is not known here")),
    ("asexml.length", r"\[facet '(max|min)?[lL]ength'\].*?length of '(\d+)'.*?'(\d+)'", _length),
    ("asexml.enumeration", r"\[facet 'enum\w+'\] The value '(.*)' is not an element of the set \{(.*)\}", _one_of),
    ("asexml.pattern", r"\[facet 'pattern'\] The value '(.*)' is not accepted", _say("'{}' has not the right form")),
    ("asexml.range", r"\[facet 'max\w+'\] The value '(.*)' is greater than .*?'([^']*)'", _say("'{}' is more than {}")),
    ("asexml.range", r"\[facet 'min\w+'\] The value '(.*)' is less than .*?'([^']*)'", _say("'{}' is less than {}")),
    (
        "asexml.digits",
        r"\[facet '(total|fraction)Digits'\] The value '(.*)' has more .*?'(\d+)'",
        _say("'{1}' has more than {2} digits ({0})"),
    ),
    ("asexml.type", r"'(.*)' is not a valid value of the (?:\w+ )*type '([^']*)'", _kind),
    (
        "asexml.xsi-type",
        r"The QName value '(.*?)' (?:of the .*)?(?:does not resolve|has no corresponding)",
        _say("xsi:type '{}' is not a type of this release"),
    ),
    (
        "asexml.xsi-type",
        r"The type definition '(.*)', specified by xsi:type",
        _say("xsi:type '{}' does not belong here"),
    ),
    ("asexml.xsi-type", r"The type definition is abstract", _say("needs an xsi:type that says which kind it is")),
    ("asexml.text", r"Character content(?: other than \w+)? is not allowed", _say("holds elements only, no text")),
    ("asexml.text", r"Element content is not allowed", _say("holds text only, no elements")),
    ("asexml.nil", r"The element is not 'nillable'", _say("may not be nil")),
    (
        "asexml.nil",
        r"content is (?:not )?allowed,? because the element is 'nilled'",
        _say("is nil, so it must be empty"),
    ),
    ("asexml.root", r"No matching global", _say("is not the root of an aseXML message")),
)
_COMPILED = tuple((rule, re.compile(pattern, re.DOTALL), words) for rule, pattern, words in _PHRASES)


def in_words(entry: LogEntry) -> Finding:
    """One schema fault in our own words; libxml2's own where we have none."""
    subject = _SUBJECT.match(entry.message)
    if subject is None:
        return Finding(2, "asexml.schema", _clip(entry.message), entry.line, None)
    name, attribute, rest = subject[1], subject[2], subject[3]
    rule, text = next(
        ((rule, words(found)) for rule, pattern, words in _COMPILED if (found := pattern.search(rest)) is not None),
        ("asexml.schema", rest.strip()[:200]),
    )
    if rule == "asexml.pattern":
        text += _form(attribute or name)
    if rule == "asexml.order" and entry.message.startswith("Element '{"):
        text += "; below the root, elements have no namespace"
    where = f"{name} attribute {attribute}" if attribute and rule != "asexml.xsi-type" else name
    code = 4 if attribute == "version" else 2
    return Finding(code, "asexml.version" if code == 4 else rule, f"{where}: {text}", entry.line, name)


def _form(name: str) -> str:
    form = _FORMS.get("ReleaseIdentifier" if name in ("version", "Version") else name.rstrip("12"))
    return f" ({form})" if form else ""


def in_order(entries: Iterable[LogEntry]) -> list[tuple[Finding, str]]:
    """Findings with the path of each, at most `MOST`; a value's second complaint about the same fault is left out."""
    found: list[tuple[Finding, str]] = []
    for entry in entries:
        finding, path = in_words(entry), entry.path or ""
        if found and _repeats(found[-1], finding, path):
            continue
        found.append((finding, path))
        if len(found) == MOST:
            break
    return found


def _repeats(last: tuple[Finding, str], finding: Finding, path: str) -> bool:
    """A value is complained of twice: for its facet, then for its type; an xsi:type likewise."""
    if last[1] != path or last[0].line != finding.line:
        return False
    if finding.rule == "asexml.xsi-type":
        return last[0].rule == "asexml.xsi-type"
    return finding.rule == "asexml.type" and last[0].rule != "asexml.order"
