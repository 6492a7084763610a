"""Random faults at random places: nothing is lost, nothing handled twice without cause, everything acknowledged."""

from __future__ import annotations

from collections import Counter

from client_fake_hub import Crash, FakeHub, Queued, Script, account, change_response, lost, ticking
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.client.drain import Drain, DrainOptions
from simulator.client.errors import ClientError
from simulator.client.file_inbox import FileInbox
from simulator.client.inbox import MemoryInbox, State
from simulator.client.retry import Retry
from simulator.client.session import Session
from simulator.client.values import Handle, HttpAnswer, HttpCall

SESSION = Session(account(retry=Retry(attempts=3), now=ticking()))
KINDS = ["429", "500", "503", "lost before", "lost after", "crash before", "crash after", "arrival", "repeat"]
FAULTS = st.sampled_from(["none"] * 6 + KINDS)


class World:
    """A hub, an inbox that outlives its process, and what the handler really did."""

    def __init__(self, forgetful: bool, directory: str | None) -> None:
        self.hub = FakeHub(forgetful=forgetful)
        self.directory = directory
        self.memory = MemoryInbox()
        self.ran: Counter[str] = Counter()
        self.may_repeat: Counter[str] = Counter()
        self.sent: set[str] = set()
        self.number = 0
        self.arrive()

    def arrive(self) -> None:
        self.number += 1
        self.hub.put(self.number)
        self.sent.add(f"NEMMCO/NEMMCO-MSG-{self.number}")

    def repeat(self) -> None:
        """An earlier message comes again under a new context id."""
        first = 1
        context_id = f"catsm_nemmco_again_{len(self.hub.calls)}"
        self.hub.queue[context_id] = Queued(f"NEMMCO-MSG-{first}", change_response(first))

    def handler(self, delivered) -> None:
        self.ran[delivered.key] += 1

    def drain(self, faults: list[str]) -> None:
        inbox = FileInbox(self.directory) if self.directory else self.memory
        script = Script(self.hub, inbox, self.handler, around=lambda step, perform: self.around(step, perform, faults))
        before = Counter(self.ran)
        try:
            script.drive(Drain(SESSION, DrainOptions()).run())
        except (Crash, ClientError):
            pass
        finally:
            for entry in inbox.unfinished(None):
                if entry.state is State.HANDLING and self.ran[entry.key] > before[entry.key]:
                    self.may_repeat[entry.key] += 1
            if isinstance(inbox, FileInbox):
                inbox.close()

    def around(self, step, perform, faults: list[str]):
        fault = faults.pop() if faults else "none"
        if fault == "arrival":
            self.arrive()
        if fault == "repeat":
            self.repeat()
        if fault == "crash before":
            raise Crash
        if isinstance(step, HttpCall):
            if fault in ("429", "500", "503"):
                return HttpAnswer(int(fault))
            if fault == "lost before":
                raise lost()
        result = perform()
        if fault == "crash after" or (fault == "lost after" and isinstance(step, Handle)):
            raise Crash
        if fault == "lost after" and isinstance(step, HttpCall):
            raise lost()
        return result


def check(world: World, runs: list[list[str]]) -> None:
    for faults in runs:
        world.drain(list(faults))
    world.drain([])
    assert not world.hub.queue, "every message was acknowledged"
    assert set(world.ran) == world.sent, "every message was handled"
    for key, count in world.ran.items():
        assert count <= 1 + world.may_repeat[key], "handled again only after an interrupted handler"


@settings(max_examples=60)
@given(st.booleans(), st.lists(st.lists(FAULTS, max_size=40), max_size=4))
def test_random_faults_lose_nothing_and_repeat_nothing(forgetful, runs):
    check(World(forgetful, None), runs)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.booleans(), st.lists(st.lists(FAULTS, max_size=40), max_size=3))
def test_random_faults_with_the_inbox_on_disk(tmp_path_factory, forgetful, runs):
    check(World(forgetful, str(tmp_path_factory.mktemp("inbox"))), runs)
