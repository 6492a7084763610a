"""Arguments in, calls out; no logic. Each command imports what it needs when it is called, so that all start fast."""

# ruff: noqa: PLC0415 - the imports inside the commands are the point of this module

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator import __version__
from simulator.base.errors import BadValue

GOOD, FAILED, WRONG_USAGE, COULD_NOT_START = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 good, 1 verdict or check failed, 2 wrong usage, 3 could not start"
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    words, under_judgement = _divided(words)
    namespace, unknown = _parser(words).parse_known_args(words)
    namespace.under_judgement = under_judgement
    if unknown:
        namespace.refuse(f"unrecognized arguments: {' '.join(unknown)}")
    command: Command = namespace.command
    try:
        return command(namespace)
    except KeyboardInterrupt:
        return 130
    except BadValue as error:  # a data file of the package that somebody changed
        print(f"ehubsim: {error}", file=sys.stderr)
        return COULD_NOT_START
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - open until the process ends
        return GOOD


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    """What ``run`` is told, and behind ``--`` the command it is to run, of which no word is ours."""
    if words[:1] != ["run"] or "--" not in words:
        return words, []
    end = words.index("--")
    return words[:end], words[end + 1 :]


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ehubsim", description="A simulator of AEMO's e-Hub.", epilog=EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"ehubsim {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, about, add_arguments, command in COMMANDS:
        found = commands.add_parser(name, help=about, description=about, epilog=EXIT_CODES)
        found.set_defaults(command=command, refuse=found.error)
        if name in words:
            add_arguments(found)
    return parser


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    from simulator.config import add_options

    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="scenario file (a shipped quick-start market)")
    add_options(parser)


def _serve(namespace: argparse.Namespace) -> int:
    from simulator.config import settings

    try:
        wanted = settings(namespace)
    except BadValue as error:
        return _wrong_usage(str(error))
    import gc

    gc.disable()  # what a start makes is there to stay; serve() enables it again
    from simulator.web.serve import serve

    return serve(wanted)


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """A command without arguments."""


def _demo(namespace: argparse.Namespace) -> int:
    from simulator.harness.demo import run

    return run()


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    from simulator.config import add_options, add_reports

    parser.usage = "ehubsim run SCENARIO [options] -- COMMAND …"
    parser.add_argument("scenario", metavar="SCENARIO", help="scenario file, whose then: is judged")
    add_reports(parser)
    add_options(parser)


def _run(namespace: argparse.Namespace) -> int:
    from simulator.config import reports, settings

    if not namespace.under_judgement:
        namespace.refuse("what to run is missing: ehubsim run SCENARIO -- COMMAND …")
    try:
        wanted, files = settings(namespace), reports(namespace)
    except BadValue as error:
        return _wrong_usage(str(error))
    from simulator.harness.supervise import supervise

    return supervise(wanted, files, tuple(namespace.under_judgement), os.environ)


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenarios", nargs="+", type=Path, metavar="SCENARIO")


def _check(namespace: argparse.Namespace) -> int:
    from simulator.web.scenario_files import check

    return check(namespace.scenarios)


def _schema(namespace: argparse.Namespace) -> int:
    import json

    from simulator.scenario.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return GOOD


def _certs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="where to (certs-dev)")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="whose participants get one (the quick-start's)")
    parser.add_argument("--san", dest="sans", action="append", metavar="NAME", help="further name of the server")


def _certs(namespace: argparse.Namespace) -> int:
    from simulator.config import settings

    try:
        sans = settings(argparse.Namespace(sans=namespace.sans), {}).sans
    except BadValue as error:
        return _wrong_usage(str(error))
    from simulator.web.certs import certs

    return certs(namespace.directory or Path("certs-dev"), namespace.scenario, sans)


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="CODE", help="event code, change reason, objection, rule, switch …")


def _explain(namespace: argparse.Namespace) -> int:
    from simulator.harness.explain import explain

    return explain(namespace.words)


def _register_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as a table (this is the default)")
    form.add_argument("--json", action="store_true", help="for programs")
    form.add_argument("--into", type=Path, metavar="FILE", help="renew the tables between the marks of a README")


def _register(namespace: argparse.Namespace) -> int:
    from simulator.harness.registering import show

    return show(namespace.json, namespace.into)


def _client_arguments(parser: argparse.ArgumentParser) -> None:
    from simulator.client.verbs import add_arguments

    add_arguments(parser)


def _client(namespace: argparse.Namespace) -> int:
    from simulator.client.verbs import run

    return run(namespace, os.environ)


def _wrong_usage(reason: str) -> int:
    print(f"ehubsim: {reason}", file=sys.stderr)
    return WRONG_USAGE


COMMANDS: tuple[tuple[str, str, Callable[[argparse.ArgumentParser], None], Command], ...] = (
    ("serve", "serve all APIs until Ctrl-C", _serve_arguments, _serve),
    ("demo", "the main job end to end on a free port over TLS", _no_arguments, _demo),
    ("run", "run a command against the simulator and judge it", _run_arguments, _run),
    ("check", "every mistake of scenario files at once", _check_arguments, _check),
    ("schema", "JSON Schema of scenario files, for editors", _no_arguments, _schema),
    ("certs", "development CA, server and client certificates", _certs_arguments, _certs),
    ("explain", "what a code, a rule or a switch means, and how sure that is", _explain_arguments, _explain),
    ("register", "every behaviour: documented, seen or assumed", _register_arguments, _register),
    ("client", "the reference client by hand, against any base URL", _client_arguments, _client),
)
