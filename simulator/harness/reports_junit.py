"""The report of a run as JUnit XML, as GitHub, GitLab and Jenkins read it.

A test case for COMMAND and one for each expectation. An expectation that fails is a ``failure`` with its evidence; one
that *cannot be known* is an ``error`` of that type; so is a fault of the simulator. The exchange log is the suite's
``system-out``.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from simulator.harness.trial import Trial, exchange_line
from simulator.harness.written import printable
from simulator.scenario.verdict import Evidence, Finding

_UNKNOWN = "cannot know"


def junit(trial: Trial) -> bytes:
    """The document, UTF-8."""
    suites = ET.Element("testsuites", name="ehubsim")
    suite = ET.SubElement(suites, "testsuite", name=_text(trial.scenario))
    _properties(suite, trial)
    _command(suite, trial)
    for name, finding in zip(_names(trial.verdict.findings), trial.verdict.findings, strict=True):
        _expectation(suite, name, finding, trial)
    for bug in trial.happened.bugs:
        case = ET.SubElement(suite, "testcase", classname=_class(trial), name="the simulator itself", time="0")
        _trouble(case, "error", "fault of the simulator", bug.strip().rpartition("\n")[2], bug)
    ET.SubElement(suite, "system-out").text = _text("\n".join(map(exchange_line, trial.happened.exchanges)))
    for part in (suites, suite):
        _count(part, suite, trial)
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _count(part: ET.Element, suite: ET.Element, trial: Trial) -> None:
    part.set("tests", str(len(suite.findall("testcase"))))
    part.set("failures", str(len(suite.findall("testcase/failure"))))
    part.set("errors", str(len(suite.findall("testcase/error"))))
    part.set("time", f"{trial.seconds:.3f}")
    if part is suite:
        part.set("skipped", "0")


def _properties(suite: ET.Element, trial: Trial) -> None:
    told = {
        "command": trial.command.shown,
        "seed": str(trial.seed),
        "market time began": trial.began.isoformat(),
        "market time ended": trial.ended.isoformat(),
        **{f"queue {word}": str(count) for word, count in trial.verdict.queues.items()},
        **{f"unknown {kind}": why for kind, why in trial.verdict.unknown.items()},
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in told.items():
        ET.SubElement(properties, "property", name=_text(name), value=_text(value))


def _command(suite: ET.Element, trial: Trial) -> None:
    name = _text(f"COMMAND: {trial.command.shown}")
    case = ET.SubElement(suite, "testcase", classname=_class(trial), name=name, time=f"{trial.seconds:.3f}")
    if not trial.command.good:
        _trouble(case, "failure", "exit code", trial.command.words, f"{trial.command.shown}\n{trial.command.words}")


def _expectation(suite: ET.Element, name: str, finding: Finding, trial: Trial) -> None:
    file, line = _place(finding.where)
    case = ET.SubElement(suite, "testcase", classname=_class(trial), name=_text(name), time="0", file=_text(file))
    if line:
        case.set("line", line)
    if finding.outcome == "pass":
        return
    lines = [f"{finding.where}: {finding.why}", *map(_piece, finding.evidence)]
    kind = "error" if finding.outcome == _UNKNOWN else "failure"
    _trouble(case, kind, _UNKNOWN if kind == "error" else "expectation", finding.why, "\n".join(lines))


def _piece(piece: Evidence) -> str:
    message = f"  ({piece.message})" if piece.message else ""
    return f"{piece.at.isoformat()}  {piece.what}{message}"


def _trouble(case: ET.Element, kind: str, type_: str, message: str, content: str) -> None:
    ET.SubElement(case, kind, type=type_, message=_text(message)).text = _text(content)


def _names(findings: Iterable[Finding]) -> list[str]:
    """Names of expectations, told apart where two have the same: GitLab keeps one test case of a name."""
    names: list[str] = []
    for finding in findings:
        name, number = finding.expectation, 1
        while name in names:
            number += 1
            name = f"{finding.expectation} ({number})"
        names.append(name)
    return names


def _place(where: str) -> tuple[str, str]:
    """``story.yaml:12:5`` as file and line."""
    file, _, rest = where.partition(":")
    line, _, _ = rest.partition(":")
    return file, line if line.isdigit() else ""


def _class(trial: Trial) -> str:
    return _text(f"ehubsim.{trial.scenario}")


def _text(text: str) -> str:
    return printable(text)
