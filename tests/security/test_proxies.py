"""The proxies' configurations in the docs: well formed, and of one mind with what the gateway trusts."""

import re
from pathlib import Path

import pytest
from django.conf import settings

DEPLOY = Path(settings.BASE_DIR) / "docs" / "deploy"


def statements(name: str) -> list[str]:
    """The configuration without its comments, a statement or a block's head each."""
    text = re.sub(r"(?m)^\s*#.*$", "", (DEPLOY / name).read_text())
    if name == "Caddyfile":
        return [line.strip() for line in text.splitlines() if line.strip()]
    return [part.strip() for part in re.split(r"[;{}]", text) if part.strip()]


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_every_block_is_closed(name: str) -> None:
    depth = 0
    for sign in re.sub(r"\{[\w.]+\}", "", re.sub(r"(?m)^\s*#.*$", "", (DEPLOY / name).read_text())):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0

    assert depth == 0


def test_nginx_sets_the_headers_itself_so_that_none_gets_through() -> None:
    told = statements("nginx.conf")

    wanted = f"proxy_set_header {settings.CLIENT_CERTIFICATE_HEADER} $ssl_client_escaped_cert"
    assert wanted in told
    assert told.count("proxy_set_header X-Forwarded-Proto $scheme") == 2
    assert "ssl_verify_client optional_no_ca" in told
    assert all("TLSv1 " not in one and "TLSv1.1" not in one for one in told if one.startswith("ssl_protocols"))


def test_caddy_sets_the_headers_itself_so_that_none_gets_through() -> None:
    told = statements("Caddyfile")

    header = f"header_up {settings.CLIENT_CERTIFICATE_HEADER}"
    assert f"{header} {{http.request.tls.client.certificate_der_base64}}" in told
    assert f'{header} ""' in told
    assert "mode request" in told
