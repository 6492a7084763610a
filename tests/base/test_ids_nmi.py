"""NMIs and their published checksums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import BadValue
from simulator.base.ids import Nmi

PUBLISHED = """
2001985732-8 QAAAVZZZZZ-3 4102034567-3 1234567890-7 NAAAMYS582-6
2001985733-6 QCDWW00010-2 3075621875-8 3075621876-6 SMVEW00085-8 VAAA000065-7 VAAA000066-5 VAAA000067-2 4316854005-9
4316854006-7 6305888444-6 6350888444-2 VAAASTY576-8 VCCCX00009-1 VEEEX00009-1 7001888333-8 7102000001-7 NBBBX11110-0
NBBBX11111-8 NCCC519495-5 NGGG000055-4 VKTS786150-2 VKTS867150-5 VKTS871650-7 VKTS876105-7 VKTS876150-3 VKTS876510-8
"""


@pytest.mark.parametrize("pair", PUBLISHED.split())
def test_the_published_checksums(pair: str) -> None:
    nmi, checksum = pair.split("-")
    assert Nmi.parse(nmi).checksum == checksum


def test_the_checksums_of_aemos_samples_are_wrong() -> None:
    # they carry 5 and 2: a NMI is never refused for its checksum here
    assert Nmi.parse("1234567890").checksum == "7"
    assert Nmi.parse("1122334455").checksum == "8"


@given(st.from_regex(r"[A-HJ-NP-Z0-9]{10}", fullmatch=True))
def test_a_nmi_is_ten_characters_and_its_checksum_one_digit(text: str) -> None:
    nmi = Nmi.parse(text)
    assert str(nmi) == text
    assert nmi.checksum in "0123456789"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789",
        "12345678901",
        "123456789I",
        "O234567890",
        "123456789a",
        "12345 7890",
        "1234567890\n",
        "١234567890",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        Nmi.parse(text)
    assert refused.value.rule == "id.nmi"


def test_a_refusal_shows_only_the_start_of_what_came() -> None:
    with pytest.raises(BadValue) as refused:
        Nmi.parse("9" * 100_000)
    assert len(str(refused.value)) < 200
