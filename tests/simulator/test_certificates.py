"""A virtual charger makes its own keys, and takes a certificate only for them."""

from cryptography import x509

from simulator.certificates import CertificateStore
from tests.papers import root, signed_by

ROOT = root("Operator root", "Operator")


def test_a_request_is_in_its_own_name_and_signed_by_its_own_key() -> None:
    request = x509.load_pem_x509_csr(CertificateStore().request("CP1", "Acme Fleet").encode())

    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Acme Fleet,CN=CP1"


def test_a_certificate_for_another_key_is_not_taken() -> None:
    store = CertificateStore()
    store.request("CP1", "Acme Fleet")

    assert not store.take_own(signed_by(ROOT, "CP1").pem)
    assert store.own == ""


def test_a_root_is_named_as_ocsp_names_it() -> None:
    store = CertificateStore()

    store.install("CSMSRootCertificate", ROOT.pem)

    ((_, named),) = store.find(None)
    assert named["serialNumber"] == f"{ROOT.certificate.serial_number:x}"
    assert len(named["issuerKeyHash"]) == 64
