"""A workspace with ports of its own: every path is its, over TLS and HTTP, from when it is made until it is dropped."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

import kit
from simulator.config import Settings
from simulator.scenario.faults import BY_NAME, Mishap
from simulator.scenario.model import TlsPort
from simulator.web.listeners import OF_A_WORKSPACE, CannotStart, see_free
from simulator.web.start import Served, start


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    begun = await start(Settings(port=0, plain_port=-1, certs=tmp_path / "certs", clock="held"), kit.scenario())
    yield begun
    await begun.close()


async def ask(served: Served, base: str, target: str, method: str = "GET") -> tuple[int, bytes]:
    """A request without a body over a connection of its own, the participant's certificate shown over TLS."""
    place, context = urlsplit(base), None
    if place.scheme == "https":
        context = ssl.create_default_context(cafile=served.certificates.ca)
        context.load_cert_chain(served.certificates.client("RETAILA"), served.certificates.client_key("RETAILA"))
    reader, writer = await asyncio.open_connection(
        place.hostname, place.port, ssl=context, server_hostname="localhost" if context else None
    )
    fields = {"Host": place.netloc, "Connection": "close", "Content-Length": "0", **kit.Party(served.runtime).headers()}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ")[1]), body


async def made(served: Served, name: str, query: str = "port=0", status: int = 201) -> dict[str, Any]:
    assert served.plain_url is not None
    answered, body = await ask(served, served.plain_url, f"/_sim/workspaces/{name}?{query}", "PUT")
    assert answered == status, body
    return json.loads(body)


QUEUE = kit.BASE + "getQueueMetaData"


async def test_every_path_of_the_port_is_the_workspaces(served: Served) -> None:
    told = await made(served, "one")
    assert told["url"] != served.url
    for base in (told["url"], told["plainUrl"]):
        assert (await ask(served, base, QUEUE))[0] == 200
    house = served.workspaces.find("one")
    assert house is not None
    assert [each.rule for each in house.exchanges] == ["queue.list"] * 2
    assert not served.runtime.exchanges
    answered, body = await ask(served, told["plainUrl"], "/_sim/exchanges")
    assert (answered, len(json.loads(body)["exchanges"])) == (200, 2)
    assert (await ask(served, told["url"], "/_sim/workspaces"))[0] == 404
    assert (await ask(served, told["url"], "/w/one" + QUEUE))[0] == 404
    tenant = house.simulation.netstream.given.tenant
    _, body = await ask(served, told["plainUrl"], f"/{tenant}/v2.0/.well-known/openid-configuration")
    assert json.loads(body)["token_endpoint"].startswith(f"{told['plainUrl']}/{tenant}/")


async def test_it_is_told_as_long_as_it_is_there_and_closes_with_the_workspace(served: Served) -> None:
    told = await made(served, "one")
    await made(served, "two", "clock=held")
    assert served.plain_url is not None
    _, body = await ask(served, served.plain_url, "/_sim/workspaces")
    assert [each.get("url") for each in json.loads(body)["workspaces"]] == [told["url"], None]
    again = await made(served, "one", status=200)
    assert again["url"] != told["url"]
    await ask(served, served.plain_url, "/_sim/workspaces/one", "DELETE")
    for base in (told["url"], told["plainUrl"], again["url"], again["plainUrl"]):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", urlsplit(base).port)


async def test_a_port_that_cannot_be_had_makes_no_workspace(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = await made(served, "one", f"port={taken.getsockname()[1]}", status=409)
    assert (told["rule"], served.workspaces.find("one")) == ("control.port-taken", None)
    for wrong in ("-1", "65536", "x"):
        assert (await made(served, "one", f"port={wrong}", 400))["rule"] == "control.port"


async def test_a_port_that_cannot_be_had_leaves_the_workspace_that_has_the_name(served: Served) -> None:
    told, other = await made(served, "one"), await made(served, "two")
    house = served.workspaces.find("one")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (taken.getsockname()[1], urlsplit(other["url"]).port, urlsplit(served.url).port):
            refused = await made(served, "one", f"port={port}", status=409)
            assert refused["rule"] == "control.port-taken"
            assert f"port {port} on 127.0.0.1 is taken; choose another with port=" in refused["detail"]
    assert served.workspaces.find("one") is house is not None
    for base in (told["url"], told["plainUrl"]):
        assert (await ask(served, base, QUEUE))[0] == 200
    assert len(house.exchanges) == 2


async def test_so_does_a_port_of_its_story_that_cannot_be_had(served: Served) -> None:
    await made(served, "one")
    house, story = served.workspaces.find("one"), served.runtime.scenario
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expired = (TlsPort(Mishap(BY_NAME["expired certificate"]), port),)
        served.runtime.scenario = replace(story, given=replace(story.given, tls_ports=expired))
        refused = await made(served, "one", "", status=422)
        assert refused["rule"] == "given.tls-port"
        assert refused["detail"] == f"port {port} on 127.0.0.1 is taken; choose another with given: tls port"
    assert served.workspaces.find("one") is house
    refused = await made(served, "one", f"port={port}", status=409)
    assert refused["detail"] == f"port {port} is one of the scenario's given: tls port; choose another with port="
    assert served.workspaces.find("one") is house
    for _ in range(2):
        told = await made(served, "one", "", status=200)
    house = served.workspaces.find("one")
    assert house is not None
    assert house.tls_ports[0]["url"] == f"https://127.0.0.1:{port}"
    assert "url" not in told


async def test_a_port_is_looked_for_at_every_address_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which this machine may not have the first: ``localhost`` where there is no IPv6."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        found = [(*kind, ("192.0.2.1", port)), (*kind, ("127.0.0.1", port))]

        async def addresses(*asked: object, **more: object) -> list[object]:
            return list(found)

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", addresses)
        with pytest.raises(CannotStart, match="is taken"):
            await see_free("localhost", port, OF_A_WORKSPACE)
        del found[1]
        await see_free("localhost", port, OF_A_WORKSPACE)


@pytest.mark.parametrize("which", ["url", "plainUrl"])
async def test_a_port_that_the_workspace_itself_holds_it_may_have_again(served: Served, which: str) -> None:
    told = await made(served, "one")
    house, port = served.workspaces.find("one"), urlsplit(told[which]).port
    again = await made(served, "one", f"port={port}", status=200)
    assert again["url"] == f"https://127.0.0.1:{port}"
    assert served.workspaces.find("one") is not house
    assert (await ask(served, again["url"], QUEUE))[0] == 200


async def test_a_port_whose_tls_was_at_fault_may_become_the_workspaces(served: Served) -> None:
    story = served.runtime.scenario
    expired = (TlsPort(Mishap(BY_NAME["expired certificate"])),)
    house = await served.workspaces.make("one", replace(story, given=replace(story.given, tls_ports=expired)))
    port = urlsplit(str(house.tls_ports[0]["url"])).port
    assert (await made(served, "two", f"port={port}", status=409))["rule"] == "control.port-taken"
    again = await made(served, "one", f"port={port}", status=200)
    assert (await ask(served, again["url"], QUEUE))[0] == 200


async def test_a_connection_that_is_kept_open_ends_with_the_workspace(served: Served) -> None:
    told = await made(served, "one")
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(told["plainUrl"]).port)
    writer.write(b"GET /_sim/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"\n\n")
    await served.workspaces.drop("one")
    assert (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


async def test_without_http_the_port_has_none_either(tmp_path: Path) -> None:
    served = await start(Settings(port=0, plain_port=0, certs=tmp_path / "certs"), kit.scenario())
    address = await served.ports.open("none", 0)
    assert address.plain_url is None
    assert (await ask(served, address.url, QUEUE))[0] == 404
    await served.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", urlsplit(address.url).port)
