from chargers.events import (
    ContractAnswer,
    ContractRequested,
    RevocationAnswer,
    RevocationAsked,
    SigningDecision,
    SigningRequested,
)
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import answer, tell

HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01"}


def test_a_certificate_to_sign_is_of_the_station_or_of_iso_15118(dialect: Dialect) -> None:
    told = tell(dialect, "SignCertificate", {"csr": "PEM", "certificateType": "V2GCertificate"})

    assert told == SigningRequested(request="PEM", kind="V2GCertificate")
    assert answer(dialect, "SignCertificate", SigningDecision(accepted=True)) == {"status": "Accepted"}


def test_a_vehicle_gets_what_the_provider_gave(dialect: Dialect) -> None:
    payload = {"iso15118SchemaVersion": "2013", "action": "Update", "exiRequest": "gJgC"}

    told = tell(dialect, "Get15118EVCertificate", payload)

    assert told == ContractRequested(exi_request="gJgC", schema_version="2013", update=True)
    given = answer(dialect, "Get15118EVCertificate", ContractAnswer("gJgD"))
    assert given == {"status": "Accepted", "exiResponse": "gJgD"}


def test_a_reason_is_cut_to_what_the_schema_holds(dialect: Dialect) -> None:
    given = answer(dialect, "Get15118EVCertificate", ContractAnswer(None, "TheProviderDidNotAnswer"))

    assert given["statusInfo"] == {"reasonCode": "TheProviderDidNotAns"}


def test_whether_a_certificate_holds_is_told_where_somebody_knows(dialect: Dialect) -> None:
    told = tell(dialect, "GetCertificateStatus", {"ocspRequestData": {**HASHES, "responderURL": "http://ocsp.example"}})

    assert told == RevocationAsked(
        hash_algorithm="SHA256",
        issuer_name_hash="aa",
        issuer_key_hash="bb",
        serial_number="01",
        responder_url="http://ocsp.example",
    )
    given = answer(dialect, "GetCertificateStatus", RevocationAnswer("MIIB"))
    assert given == {"status": "Accepted", "ocspResult": "MIIB"}
