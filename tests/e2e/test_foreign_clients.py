"""The pull loop with clients that share no code with us: curl, ``http.client``, requests. curl must be on the PATH."""

from __future__ import annotations

import base64
import http.client
import re
import shutil
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import pytest
import requests
from in_thread import CHECKSUM, NMI, PASSWORD, PULL, RETAILER, USER, Site, served

HEADERS = {"X-initiatingParticipantID": RETAILER, "X-market": "NEM", "Accept": "application/xml"}
STAMP = "2026-03-02T09:00:00+10:00"


def message(message_id: str, content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ase:aseXML xmlns:ase="urn:aseXML:r46" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
        '"urn:aseXML:r46 http://www.nemmco.com.au/aseXML/schemas/r46/aseXML_r46.xsd"><Header>'
        f"<From>{RETAILER}</From><To>NEMMCO</To><MessageID>{message_id}</MessageID><MessageDate>{STAMP}</MessageDate>"
        f"<TransactionGroup>CATS</TransactionGroup><Priority>Medium</Priority><Market>NEM</Market></Header>{content}"
        "</ase:aseXML>"
    ).encode()


CHANGE_REQUEST = message(
    "FOREIGN-1",
    f'<Transactions><Transaction transactionID="T-1" transactionDate="{STAMP}"><CATSChangeRequest version="r29">'
    "<ChangeReasonCode>1000</ChangeReasonCode><ProposedDate>2026-03-16</ProposedDate>"
    "<MeterReadTypeCode>RR</MeterReadTypeCode>"
    f'<NMIStandingData xsi:type="ase:ElectricityStandingData"><NMI checksum="{CHECKSUM}">{NMI}</NMI><RoleAssignments>'
    f"<RoleAssignment><Party>{RETAILER}</Party><Role>FRMP</Role></RoleAssignment></RoleAssignments></NMIStandingData>"
    "</CATSChangeRequest></Transaction></Transactions>",
)


def mack(message_id: str) -> bytes:
    return message(
        f"ACK-{message_id}"[:36],
        f'<Acknowledgements><MessageAcknowledgement initiatingMessageID="{message_id}" receiptID="R-1" '
        f'receiptDate="{STAMP}" status="Accept"/></Acknowledgements>',
    )


class Curl:
    """The program, one process per request."""

    def __init__(self, site: Site, folder: Path) -> None:
        program = shutil.which("curl")
        assert program is not None, "curl is needed for this test; install it"
        self._site, self._folder = site, folder
        self._command = [program, "--silent", "--show-error", "--max-time", "30", "--cacert", site.ca]
        self._command += ["--cert", site.certificate(), "--key", site.key(), "--user", f"{USER}:{PASSWORD}"]

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        answer = self._folder / "answer"
        answer.unlink(missing_ok=True)
        command = [*self._command, "--request", method, "--output", str(answer), "--write-out", "%{http_code}"]
        for name, value in headers.items():
            command += ["--header", f"{name}: {value}"]
        if body is not None:
            command += ["--data-binary", "@-"]
        ran = subprocess.run(
            [*command, self._site.url + target], input=body, capture_output=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return int(ran.stdout), answer.read_bytes() if answer.exists() else b""

    def close(self) -> None:
        """Nothing is kept."""


class StandardLibrary:
    """``http.client`` on one connection."""

    def __init__(self, site: Site, folder: Path) -> None:
        context = ssl.create_default_context(cafile=site.ca)
        context.load_cert_chain(site.certificate(), site.key())
        parts = urlsplit(site.url)
        self._connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context, timeout=30)

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self._connection.request(method, target, body, {**headers, "Authorization": f"Basic {basic}"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


class Requests:
    """The requests library, one session; it asks for gzip and deflate by itself."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._url = site.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = site.ca
        self._session.cert = (site.certificate(), site.key())
        self._session.auth = (USER, PASSWORD)

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        answer = self._session.request(method, self._url + target, data=body, headers=dict(headers), timeout=30)
        return answer.status_code, answer.content

    def close(self) -> None:
        self._session.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certs")


@pytest.fixture
def site(certificates):
    with served(certificates) as found:
        yield found


@pytest.fixture(params=[Curl, StandardLibrary, Requests])
def call(request, site, tmp_path):
    client = request.param(site, tmp_path)
    yield client
    client.close()


def post(call, operation: str, context_id: str, body: bytes) -> ET.Element:
    headers = {**HEADERS, "messageContextID": context_id, "Content-Type": "application/xml"}
    status, answer = call("POST", PULL + operation, headers, body)
    assert status == 200
    found = ET.fromstring(answer).find("Acknowledgements/MessageAcknowledgement")
    assert found is not None
    return found


def listed(call) -> list[tuple[str, str]]:
    status, answer = call("GET", PULL + "getQueueMetaData", HEADERS, None)
    assert status == 200
    lines = ET.fromstring(answer).iter("MessageMetaData")
    return [(line.findtext("MessageContextID") or "", line.findtext("MessageID") or "") for line in lines]


def fetch(call, context_id: str) -> tuple[int, bytes]:
    return call("GET", f"{PULL}getMessages?{urlencode({'messageContextID': context_id})}", HEADERS, None)


def test_the_pull_loop(call, site):
    receipt = post(call, "submitMessages", "catsm_retaila_1", CHANGE_REQUEST)
    assert (receipt.get("status"), receipt.get("initiatingMessageID")) == ("Accept", "FOREIGN-1")
    assert receipt.get("receiptID")
    assert post(call, "submitMessages", "catsm_retaila_1", CHANGE_REQUEST).get("duplicate") == "Yes"

    seen = []
    for days in (0, 7, 30):
        site.advance(days=days)
        for context_id, message_id in listed(call):
            status, body = fetch(call, context_id)
            assert status == 200
            assert fetch(call, context_id) == (200, body)
            seen += re.findall(rb"<ChangeStatusCode>(\w+)<", body)
            assert post(call, "submitMessageAcknowledgements", context_id, mack(message_id)).get("status") == "Accept"
            assert fetch(call, context_id) == (404, b"")
    assert seen == [b"REQ", b"PEN", b"COM"]
    assert listed(call) == []


def test_refusals_have_no_body(call):
    unmarked = {name: value for name, value in HEADERS.items() if name != "X-market"}
    assert call("GET", PULL + "getQueueMetaData", unmarked, None) == (400, b"")
    assert call("GET", PULL + "nothing", HEADERS, None) == (404, b"")
    assert call("GET", PULL + "submitMessages", HEADERS, None) == (405, b"")
    assert fetch(call, "catsm_nemmco_404") == (404, b"")
    assert listed(call) == []


def test_a_broken_submission_is_answered_with_200_and_an_event(call):
    headers = {**HEADERS, "messageContextID": "catsm_retaila_1", "Content-Type": "application/xml"}
    status, answer = call("POST", PULL + "submitMessages", headers, b"<broken")
    assert status == 200
    root = ET.fromstring(answer)
    assert root.tag == "{urn:aseXML:r46}Event"
    assert root.findtext("Code") == "1"
