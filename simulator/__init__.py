"""ehubsim: a simulator of AEMO's NEM retail e-Hub and of the Netstream readings API.

The names here are promised; nothing else is. Nothing heavy is imported until a name is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.harness.simulator import Simulator

__all__ = ["Simulator", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Simulator":
        return getattr(import_module("simulator.harness.simulator"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
