"""How the server is, for Prometheus: the only place that counts for monitoring.

Figures are taken when they are asked for. The text is written by ``prometheus_client``, imported at the first question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.base.http import HttpReply
from simulator.web.control.asked import Asked
from simulator.workspaces import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from simulator.runtime import Runtime


class Figure(msgspec.Struct, frozen=True):
    """One figure of every workspace."""

    name: str
    meaning: str
    of: Callable[[Runtime], float]
    counter: bool = False


FIGURES = (
    Figure("ehubsim_ready", "1 while requests are answered, 0 while halted", lambda it: it.ready),
    Figure("ehubsim_market_time_seconds", "market time, in Unix seconds", lambda it: it.clock.now().timestamp()),
    Figure("ehubsim_exchanges", "HTTP exchanges of the emulated APIs", lambda it: it.exchanges.noted, counter=True),
    Figure(
        "ehubsim_exchanges_evicted",
        "exchanges of the story that the log let go",
        lambda it: it.exchanges.evicted,
        counter=True,
    ),
    Figure(
        "ehubsim_ledger_steps",
        "what happened to messages, in steps",
        lambda it: it.simulation.ledger.steps,
        counter=True,
    ),
    Figure(
        "ehubsim_ledger_evicted",
        "finished messages of the story that the ledger let go",
        lambda it: it.simulation.ledger.evicted,
        counter=True,
    ),
    Figure("ehubsim_due_events", "what is to happen later in market time", lambda it: len(it.simulation.heap)),
    Figure("ehubsim_bugs_kept", "faults of the simulator itself whose tracebacks are kept", lambda it: len(it.bugs)),
)


async def metrics(asked: Asked) -> HttpReply:
    """Prometheus text: every workspace's figures, what waits in each queue, and the process's own."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415 - few ask
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4  # noqa: PLC0415 - few ask

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    workspaces = ((DEFAULT_WORKSPACE, asked.runtime), *asked.desk.outside())
    registry.register(_Collector(tuple(workspaces)))
    return HttpReply(200, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4, rule="control.answer")


@dataclass(eq=False, slots=True)
class _Collector:
    """What ``prometheus_client`` asks: families of samples."""

    workspaces: tuple[tuple[str, Runtime], ...]

    def collect(self) -> Iterator[Any]:
        """Every family once."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - few ask

        for figure in FIGURES:
            family = (CounterMetricFamily if figure.counter else GaugeMetricFamily)(
                figure.name, figure.meaning, labels=("workspace",)
            )
            for name, runtime in self.workspaces:
                family.add_metric((name,), figure.of(runtime))
            yield family
        yield self._waiting(GaugeMetricFamily)
        yield self._evicted(CounterMetricFamily)

    def _evicted(self, counter: Any) -> Any:
        meaning = "what was over in the market and made room, by kind"
        family = counter("ehubsim_market_evicted", meaning, labels=("workspace", "kind"))
        for name, runtime in self.workspaces:
            for kind, count in runtime.simulation.market.evicted.items():
                family.add_metric((name, kind), count)
        return family

    def _waiting(self, gauge: Any) -> Any:
        meaning = "messages in a participant's hub queue, not yet acknowledged"
        family = gauge("ehubsim_messages_waiting", meaning, labels=("workspace", "participant"))
        for name, runtime in self.workspaces:
            for participant in runtime.scenario.given.participants:
                queue = runtime.simulation.hub.queue(participant.participant_id)
                family.add_metric((name, participant.participant_id), len(queue))
        return family
