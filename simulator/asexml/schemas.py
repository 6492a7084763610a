"""The only holder of compiled schemas: ours, made from the content tables, and the official set a user may bring.

Ours is built once per release, when a message of that release first arrives. An official set is compiled when it is
handed in, so that a broken one is a clear refusal at start; its files may include only each other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from lxml import etree

from simulator.asexml import hardening, releases, xsd
from simulator.asexml.findings import in_order
from simulator.asexml.model import Finding
from simulator.asexml.usual import Usual
from simulator.base.errors import BadValue

_ROOT_NAME = re.compile(r"asexml_r\w+\.xsd", re.IGNORECASE)
_TARGET = re.compile(rb"targetNamespace\s*=\s*[\"'](urn:aseXML:[^\"']{1,40})[\"']")

_FIRST = etree.XMLSchema(etree.XML('<schema xmlns="http://www.w3.org/2001/XMLSchema"/>'))
"""libxml2 makes its built-in types with a process's first schema, unguarded, while lxml lets other threads run: two
first ones at once would leave it without a type for as long as the process lives. So the first is made here, alone.
"""


class _Official(etree.Resolver):
    """Finds included schema files in the set by their base name, and nothing else anywhere."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = {PurePath(name).name.lower(): content for name, content in files.items()}

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        """The file of that base name; raises `BadValue` for any other."""
        name = PurePath(system_url or "").name.lower()
        if name not in self.files:
            raise BadValue(f"the schema set includes {name}, which is not in it", rule="asexml.official-schema")
        return self.resolve_string(self.files[name], context, base_url=name)


class Validator:
    """One schema, safe to use from several threads.

    lxml keeps the errors of a validation on the schema object, so each is used by one caller at a time; a second one
    is compiled only when two callers meet.
    """

    __slots__ = ("_files", "_free", "_source")

    def __init__(self, source: bytes, files: Mapping[str, bytes] | None = None) -> None:
        self._source = source
        self._files = files
        self._free: deque[etree.XMLSchema] = deque((self._compiled(),))

    def _compiled(self) -> etree.XMLSchema:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        parser.resolvers.add(_Official(self._files or {}))
        return etree.XMLSchema(etree.fromstring(self._source, parser))

    def faults(self, root: etree._Element) -> list[tuple[Finding, str]]:
        """What is wrong with a message: findings with the path of each; empty when it is valid."""
        try:
            schema = self._free.pop()
        except IndexError:
            schema = self._compiled()
        try:
            return [] if schema(root) else in_order(schema.error_log)
        finally:
            self._free.append(schema)


class Schemas:
    """The schemas of one process. ``official`` maps file names of the official set to their content."""

    def __init__(self, official: Mapping[str, bytes] | None = None) -> None:
        self._own: dict[str, Validator] = {}
        self._official = _official(official or {})
        self.official_releases = tuple(self._official)
        """Releases an official schema is held for."""
        self.usual = Usual()
        """How messages are spelt that our own schemas had nothing against."""

    def holds(self, release: str) -> bool:
        """Whether ours for a release is there already."""
        return release in self._own

    def own(self, release: str) -> Validator:
        """The schema made from our tables, for a known release."""
        held = self._own.get(release)
        if held is None:
            held = self._own.setdefault(release, Validator(xsd.schema(release)))
        return held

    def official(self, release: str) -> Validator | None:
        """The official schema of a release, when the user brought one."""
        return self._official.get(release)

    def official_findings(self, body: bytes) -> tuple[Finding, ...]:
        """What the official schema says against a message, in or out; nothing where none is held for its release."""
        if not self._official or hardening.refusal(body) is not None:
            return ()
        try:
            root = etree.fromstring(body, hardening.parser())
        except (etree.XMLSyntaxError, ValueError) as error:
            return (hardening.not_well_formed(error),)
        held = self.official(releases.release_of(etree.QName(root).namespace) or "")
        return tuple(finding for finding, _ in held.faults(root)) if held is not None else ()


def _official(files: Mapping[str, bytes]) -> dict[str, Validator]:
    """Root schema files of the set, by release. Raises `BadValue` (``asexml.official-schema``) when one is broken."""
    found: dict[str, Validator] = {}
    for name, source in files.items():
        target = _TARGET.search(source[:65536]) if _ROOT_NAME.fullmatch(PurePath(name).name) else None
        release = releases.release_of(target[1].decode("utf-8", "replace")) if target is not None else None
        if release is not None:
            found[release] = _compiled(name, source, files)
    if files and not found:
        raise BadValue("no aseXML_rNN.xsd among the schema files", rule="asexml.official-schema")
    return found


def _compiled(name: str, source: bytes, files: Mapping[str, bytes]) -> Validator:
    try:
        return Validator(source, files)
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise BadValue(f"{name} is not a usable schema: {error}", rule="asexml.official-schema") from None
