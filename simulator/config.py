"""Flags and environment made into one frozen `Settings`; the only reader of the environment.

Precedence: flag, then ``EHUBSIM_…`` variable (an empty one counts as not set), then the default. Every option is one
row of `OPTIONS`. A bad value raises `BadValue` with one line that names the flag or the variable it came by.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from simulator.base.clock import clock_rate
from simulator.base.errors import BadValue

_HOST_NAME = re.compile(
    r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?"
)
_JOURNAL = re.compile(r"memory:.*|sqlite:.+|postgresql://.+", re.DOTALL)
_TOKEN = re.compile(r"[!-~]{1,4096}")
_LOGS = ("text", "json")
ANY_PORT = -1
"""``plain_port`` of a plain listener on any free port: 0 has long meant that there is none."""


class Settings(msgspec.Struct, frozen=True):
    """What one process was asked to do. ``port`` 0 is any free one; ``plain_port`` 0 is no plain listener."""

    host: str = "127.0.0.1"
    port: int = 9319
    plain_port: int = 9380
    certs: Path = Path("certs-dev")
    journal: str = "memory:"
    clock: str = "real"
    schemas: Path | None = None
    control_token: str | None = None
    sans: tuple[str, ...] = ()
    log: str = "text"
    ready_file: Path | None = None
    scenario: Path | None = None

    @property
    def loopback(self) -> bool:
        """Whether ``host`` can only be reached from this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise BadValue("is not a port number from 0 to 65535", rule="config.port")
    return int(text)


def _plain_port(text: str) -> int:
    return ANY_PORT if text == "any" else _port(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _host_name(text: str) -> str:
    if not _is_address(text) and (len(text) > 253 or _HOST_NAME.fullmatch(text) is None):
        raise BadValue("is neither a host name nor an IP address", rule="config.host")
    return text


def _host(text: str) -> str:
    if "*" in text:
        raise BadValue("is neither a host name nor an IP address", rule="config.host")
    return _host_name(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_host_name(name.strip()) for name in text.split(",") if name.strip()))


def _directory_to_be(text: str) -> Path:
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise BadValue("is not a directory", rule="config.directory")
    return path


def _directory(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_dir():
        raise BadValue("is not a directory that exists", rule="config.directory")
    return path


def _file_to_be(text: str) -> Path:
    path = Path(text).expanduser()
    if path.is_dir() or not path.parent.is_dir():
        raise BadValue("is not a file in a directory that exists", rule="config.file")
    return path


def _seconds(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,6}([.][0-9]{1,3})?", text) is None:
        raise BadValue("is not a number of seconds such as 5 or 0.5", rule="config.seconds")
    return float(text)


def _journal(text: str) -> str:
    if _JOURNAL.fullmatch(text) is None:
        raise BadValue("is none of: memory:, sqlite:PATH", rule="config.journal")
    return text


def _clock(text: str) -> str:
    try:
        clock_rate(text)
    except BadValue as error:
        raise BadValue("is none of: real, held, or a speed such as 60x", rule=error.rule) from error
    return text


def _token(text: str) -> str:
    if _TOKEN.fullmatch(text) is None:
        raise BadValue("is not 1 to 4096 visible ASCII characters without spaces", rule="config.token")
    return text


def _log(text: str) -> str:
    if text not in _LOGS:
        raise BadValue(f"is none of: {', '.join(_LOGS)}", rule="config.log")
    return text


class Reports(msgspec.Struct, frozen=True):
    """Which reports ``run`` writes and where, and how long COMMAND may take to end when it is told to."""

    junit: Path | None = None
    html: Path | None = None
    markdown: Path | None = None
    grace: float = 5.0


class Option(msgspec.Struct, frozen=True):
    """One option: its flag without dashes, the field of `Settings` it fills, how its text is read, what it is for."""

    flag: str
    field: str
    read: Callable[[str], object]
    metavar: str
    about: str
    repeats: bool = False
    secret: bool = False

    @property
    def variable(self) -> str:
        """``--plain-port`` → ``EHUBSIM_PLAIN_PORT``."""
        return "EHUBSIM_" + self.flag.replace("-", "_").upper()


OPTIONS = (
    Option("host", "host", _host, "HOST", "address to listen on (127.0.0.1)"),
    Option("port", "port", _port, "N", "TLS port (9319); 0 is any free one"),
    Option("plain-port", "plain_port", _plain_port, "N", "HTTP port, loopback only (9380); 0 is none; any"),
    Option("certs", "certs", _directory_to_be, "DIR", "development CA and certificates, made when missing (certs-dev)"),
    Option("journal", "journal", _journal, "URL", "memory: · sqlite:PATH[?durable=full] (memory:)"),
    Option("clock", "clock", _clock, "MODE", "market clock: real · held · 60x (real)"),
    Option("schemas", "schemas", _directory, "DIR", "official aseXML schema set, for strict validation"),
    Option("control-token", "control_token", _token, "TOKEN", "bearer token of the control API", secret=True),
    Option("san", "sans", _names, "NAME", "further name in the server certificate; may be repeated", repeats=True),
    Option("log", "log", _log, "FORM", "text · json (text)"),
    Option("ready-file", "ready_file", _file_to_be, "FILE", "written as JSON once serving"),
)
REPORTS = (
    Option("junit", "junit", _file_to_be, "FILE", "write a JUnit XML report"),
    Option("html", "html", _file_to_be, "FILE", "write a report as one HTML page, with the sequence diagram"),
    Option("markdown", "markdown", _file_to_be, "FILE", "add a Markdown summary: $GITHUB_STEP_SUMMARY"),
    Option("grace", "grace", _seconds, "SECONDS", "how long COMMAND may take to end after SIGTERM (5)"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that ``serve`` and ``run`` share. None of them is read before `settings` is called."""
    _add(parser.add_argument_group("simulator", "each also as a variable: --plain-port is EHUBSIM_PLAIN_PORT"), OPTIONS)


def add_reports(parser: argparse.ArgumentParser) -> None:
    """The options of ``run`` alone, for `reports`."""
    _add(parser.add_argument_group("reports", "each also as a variable: --junit is EHUBSIM_JUNIT"), REPORTS)


def _add(group: argparse._ArgumentGroup, options: tuple[Option, ...]) -> None:
    for option in options:
        action = "append" if option.repeats else "store"
        group.add_argument(
            f"--{option.flag}", dest=option.field, metavar=option.metavar, action=action, help=option.about
        )


def settings(namespace: argparse.Namespace, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from parsed flags and the environment (the process's own by default); raises `BadValue`.

    ``namespace.scenario``, where the command has one, becomes ``scenario`` as a path.
    """
    values = _values(OPTIONS, namespace, environ)
    scenario: str | None = getattr(namespace, "scenario", None)
    return Settings(**values, scenario=Path(scenario) if scenario else None)  # type: ignore[arg-type]  # rows of OPTIONS


def reports(namespace: argparse.Namespace, environ: Mapping[str, str] | None = None) -> Reports:
    """What ``run`` is to write, from parsed flags and the environment; raises `BadValue`."""
    return Reports(**_values(REPORTS, namespace, environ))  # type: ignore[arg-type]  # rows of REPORTS


def _values(
    options: tuple[Option, ...], namespace: argparse.Namespace, environ: Mapping[str, str] | None
) -> dict[str, object]:
    variables = os.environ if environ is None else environ
    return {option.field: value for option in options if (value := _value(option, namespace, variables)) is not None}


def _value(option: Option, namespace: argparse.Namespace, variables: Mapping[str, str]) -> object | None:
    given: str | list[str] | None = getattr(namespace, option.field, None)
    source = f"--{option.flag}"
    if given is None:
        given = variables.get(option.variable) or None
        source = option.variable
    if given is None:
        return None
    text = given if isinstance(given, str) else ",".join(given)
    try:
        return option.read(text)
    except BadValue as error:
        shown = "" if option.secret else f" {text[:80]!r}"
        raise BadValue(f"{source}{shown} {error}", rule=error.rule) from error
