"""From text to a graph of nodes with line and column: the only place that knows which library reads YAML.

An attacker is assumed: size and depth are bounded, and what YAML can do beyond plain data (aliases, tags, several
documents) is refused. Scalars stay text here; what an unquoted one would turn into is told by `disguise`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from simulator.scenario.mistakes import Notes, shown
from simulator.scenario.where import Where

MOST_CHARACTERS = 4 * 1024 * 1024
DEEPEST = 24

_UNPRINTABLE = Reader.NON_PRINTABLE
_DISGUISES = re.compile(
    r"""(?P<nothing>~|null|Null|NULL|)
    |(?P<boolean>y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)
    |(?P<date>\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d(?::\d\d)?(?:\.\d*)?[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?)?)?)
    |(?P<time>[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?)
    |(?P<number>[-+]?(?:0b[01_]+|0o[0-7_]+|0x[\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?
        |\.\d[\d_]*(?:[eE][-+]?\d+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN))""",
    re.VERBOSE | re.ASCII,
)


class _TooDeep(Exception):
    """Lists and mappings inside one another beyond `DEEPEST`; carries the node that went too far."""

    def __init__(self, parent: Node) -> None:
        super().__init__()
        self.parent = parent


class _Untyped:
    """Resolves nothing, so that every scalar stays text and a tag is there only when somebody wrote one."""

    depth = 0

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > DEEPEST and parent is not None:
            raise _TooDeep(parent)

    def ascend_resolver(self) -> None:
        """One level up."""
        self.depth -= 1

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> None:
        """No tag at all."""


class PureComposer(_Untyped, Reader, Scanner, Parser, Composer):
    """PyYAML's own parser without types, for a Python whose PyYAML came without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _composer() -> Callable[[str], Any]:
    if not yaml.__with_libyaml__:
        return PureComposer
    from yaml._yaml import CParser  # noqa: PLC0415  only there when PyYAML was built with libyaml

    class FastComposer(_Untyped, CParser):
        """libyaml's parser without types: some ten times as fast."""

    return FastComposer


_compose: Callable[[str], Any] = _composer()


def compose(text: str, notes: Notes) -> Node:
    """The root node of the only document in a text; raises `ScenarioMistakes` for anything that is not plain YAML."""
    _refuse_size_and_characters(text, notes)
    root: Node | None = None
    try:
        root = _compose(text).get_single_node()
    except _TooDeep as deep:
        notes.add(deep.parent, f"more than {DEEPEST} levels inside one another", "a scenario is flat")
    except ReaderError as error:  # a character that only the pure parser refuses
        notes.add(Where(notes.file, 1), f"unreadable character: {error.reason}", "write plain text in UTF-8")
    except yaml.MarkedYAMLError as error:
        _note_syntax(error, notes)
    notes.refuse_if_any()
    if root is None:
        notes.add(Where(notes.file, 1), "the file is empty", "begin with 'scenario: ' and a name")
        notes.refuse()
    _refuse_aliases(text, notes)
    return root


def _refuse_size_and_characters(text: str, notes: Notes) -> None:
    if len(text) > MOST_CHARACTERS:
        notes.add(Where(notes.file, 1), f"{len(text)} characters", f"a scenario has at most {MOST_CHARACTERS}")
        notes.refuse()
    found = _UNPRINTABLE.search(text)
    if found is not None:
        before = text[: found.start()]
        where = Where(notes.file, before.count("\n") + 1, found.start() - before.rfind("\n"))
        notes.add(where, f"the character {found.group()!r} cannot stand in YAML", "remove it")
        notes.refuse()


def _refuse_aliases(text: str, notes: Notes) -> None:
    """Aliases can grow a small file without bound; a story is to be read as it stands anyway."""
    if "&" not in text or "*" not in text:
        return
    parser = _compose(text)
    while parser.check_event():
        event = parser.get_event()
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            what = f"the alias {shown(f'*{event.anchor}')}"
            place = Where(notes.file, mark.line + 1, mark.column + 1)
            notes.add(place, what, "write it out: scenarios have no aliases")
    notes.refuse_if_any()


def _note_syntax(error: yaml.MarkedYAMLError, notes: Notes) -> None:
    mark = error.problem_mark or error.context_mark
    where = Where(notes.file, 1) if mark is None else Where(notes.file, mark.line + 1, mark.column + 1)
    problem = str(error.problem)
    context = f"{error.context}, " if error.context else ""
    notes.add(where, f"not YAML: {context}{problem}", _advice(problem))


_ADVICE = (
    ("mapping values are not allowed", "quote a text that has ': ' in it, and indent keys of one level alike"),
    ("tab character", "indent with blanks, not tabs"),
    ("cannot start any token", "indent with blanks, not tabs, and quote a text that begins with @, ` or %"),
    ("alias", "quote a text that begins with *"),
    ("another document", "one story a file: remove the '---'"),
    ("end of stream", "close the quotation mark"),
    ("',' or ']'", "close the list with ]"),
    ("',' or '}'", "close the mapping with }"),
    ("escape", "in double quotation marks write \\\\ for a backslash, or use single ones"),
)


def _advice(problem: str) -> str:
    return next((advice for words, advice in _ADVICE if words in problem), "indent keys of one level alike")


def disguise(text: str) -> str | None:
    """What YAML makes of an unquoted text: ``nothing``, ``boolean``, ``date``, ``time``, ``number``; None for text."""
    found = _DISGUISES.fullmatch(text)
    return None if found is None else found.lastgroup
