"""Block M: roots that a station trusts, installed, read and taken out."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.certificates.models import HeldCertificate
from tests import papers
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.polling import until
from tests.wire import Payload

CSMS, MAKER, V2G, OPERATOR = (
    "CSMSRootCertificate", "ManufacturerRootCertificate", "V2GRootCertificate", "MORootCertificate",
)  # fmt: skip
CHAIN = "V2GCertificateChain"


async def submit(desk: Desk, path: str, **form: Any) -> None:
    """A form on the charger's security page."""
    response = await sync_to_async(desk.client.post)(
        f"/chargers/{desk.charger_id}/security/{path}", form, format="multipart"
    )
    assert response.status_code == 302, response
    assert "Not sent" not in await desk.page("security/")


def hashes(serial: str, algorithm: str = "SHA256") -> Payload:
    size = {"SHA256": 64, "SHA384": 96, "SHA512": 128}[algorithm]
    return {
        "hashAlgorithm": algorithm, "issuerNameHash": "a" * size, "issuerKeyHash": "b" * size, "serialNumber": serial,
    }  # fmt: skip


def holds(station: Station, *kinds: str, algorithm: str = "SHA256") -> list[Payload]:
    """The station answers that it has one of each kind; a chain has a child."""
    chains = []
    for place, kind in enumerate(kinds):
        children = {"childCertificateHashData": [hashes("c1", algorithm)]} if kind == CHAIN else {}
        chains.append(
            {"certificateType": kind, "certificateHashData": hashes(f"{place + 1:02x}", algorithm), **children}
        )
    station.wire.answers["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashDataChain": chains}
    return chains


async def kept(yard: Yard) -> list[tuple[str, str]]:
    rows = HeldCertificate.objects.filter(charger=yard.charger, child_of=None).order_by("kind", "pk")
    return [(row.kind, row.serial_number) async for row in rows]


async def is_kept(yard: Yard, wanted: list[tuple[str, str]]) -> None:
    async def so() -> bool:
        return await kept(yard) == wanted

    await until(so)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(CSMS, marks=case_201("TC_M_01")),
        pytest.param(MAKER, marks=case_201("TC_M_02")),
        pytest.param(V2G, marks=case_201("TC_M_03")),
        pytest.param(OPERATOR, marks=case_201("TC_M_04")),
    ],
)
async def test_a_root_is_installed_and_then_known_to_be_there(
    station: Station, yard: Yard, desk: Desk, kind: str
) -> None:
    holds(station, kind)
    pem = papers.root().pem
    await submit(desk, "install/", kind=kind, certificate=pem)
    asked = await station.wire.is_asked("InstallCertificate")
    await is_kept(yard, [(kind, "01")])

    assert (asked["certificateType"], asked["certificate"].split()) == (kind, pem.split())


@case_201("TC_M_05")
async def test_a_root_that_the_station_could_not_install_is_shown_as_refused(station: Station, desk: Desk) -> None:
    station.wire.answers["InstallCertificate"] = {"status": "Failed"}
    await submit(desk, "install/", kind=CSMS, certificate=papers.root().pem)
    told = await newest(desk, "install_certificate")

    assert (told["state"], told["status"]) == ("rejected", "Failed")


async def newest(desk: Desk, kind: str) -> Payload:
    (command, *_) = (await desk.get(f"commands/?charger={desk.identity}&kind={kind}"))["results"]
    return await desk.answered(command)


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param((MAKER,), marks=case_201("TC_M_13")),
        pytest.param((V2G,), marks=case_201("TC_M_14")),
        pytest.param((CHAIN,), marks=case_201("TC_M_15")),
        pytest.param((OPERATOR,), marks=case_201("TC_M_16")),
        pytest.param((CSMS, MAKER), marks=case_201("TC_M_17")),
    ],
)
async def test_certificates_of_a_kind_are_read_and_shown(
    station: Station, yard: Yard, desk: Desk, kinds: tuple[str, ...]
) -> None:
    chains = holds(station, *kinds)
    told = await desk.call("GetInstalledCertificateIds", {"certificateType": list(kinds)})

    assert (told["request"], told["state"]) == ({"certificateType": list(kinds)}, "accepted")
    assert await kept(yard) == [(kind, f"{place + 1:02x}") for place, kind in enumerate(kinds)]
    children = HeldCertificate.objects.filter(charger=yard.charger).exclude(child_of=None)
    assert await children.acount() == sum("childCertificateHashData" in chain for chain in chains)
    assert "01" in await desk.page("security/")


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@case_201("TC_M_12")
async def test_certificates_are_named_by_each_kind_of_hash(
    station: Station, yard: Yard, desk: Desk, algorithm: str
) -> None:
    holds(station, CSMS, algorithm=algorithm)
    await desk.call("GetInstalledCertificateIds", {"certificateType": [CSMS]})

    held = await HeldCertificate.objects.aget(charger=yard.charger)
    assert (held.algorithm, held.kind, held.serial_number) == (algorithm, CSMS, "01")


@case_201("TC_M_18")
async def test_all_certificates_are_read_by_naming_no_kind(station: Station, yard: Yard, desk: Desk) -> None:
    holds(station, CSMS, MAKER, OPERATOR, V2G, CHAIN)
    await submit(desk, "read/")
    asked = await station.wire.is_asked("GetInstalledCertificateIds")
    await is_kept(yard, sorted([(CSMS, "01"), (MAKER, "02"), (OPERATOR, "03"), (V2G, "04"), (CHAIN, "05")]))

    assert asked == {}


@case_201("TC_M_19")
async def test_a_station_without_such_certificates_says_so(station: Station, yard: Yard, desk: Desk) -> None:
    station.wire.answers["GetInstalledCertificateIds"] = {"status": "NotFound"}

    told = await desk.call("GetInstalledCertificateIds", {"certificateType": [MAKER]})

    assert (told["status"], await kept(yard)) == ("NotFound", [])


@pytest.mark.parametrize(
    ("answer", "algorithm", "state"),
    [
        pytest.param("Accepted", "SHA256", "accepted", marks=case_201("TC_M_20")),
        pytest.param("Accepted", "SHA384", "accepted", marks=case_201("TC_M_20")),
        pytest.param("Accepted", "SHA512", "accepted", marks=case_201("TC_M_20")),
        pytest.param("Failed", "SHA256", "rejected", marks=case_201("TC_M_21")),
    ],
)
async def test_a_certificate_is_taken_out_by_the_station_s_own_name_for_it(
    station: Station, yard: Yard, desk: Desk, answer: str, algorithm: str, state: str
) -> None:
    (chain,) = holds(station, CSMS, algorithm=algorithm)
    await submit(desk, "read/")
    await is_kept(yard, [(CSMS, "01")])
    station.wire.answers["DeleteCertificate"] = {"status": answer}
    held = await HeldCertificate.objects.aget(charger=yard.charger)
    await submit(desk, f"held/{held.pk}/delete/")
    told = await newest(desk, "delete_certificate")

    assert told["request"] == {"certificateHashData": chain["certificateHashData"]}
    assert (told["state"], told["status"]) == (state, answer)
