"""Certificate authorities for commands that call a server with a certificate of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from api.cli.errors import CliError
from api.cli.running.authorities import add_authorities
from api.cli.running.child_environment import ChildEnvironment
from api.cli.running.private_folder import PrivateFolder


def test_a_command_trusts_the_servers_authority_besides_the_usual_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    environment = ChildEnvironment({"CURL_CA_BUNDLE": "/mine.pem"}, [], [])
    folder = PrivateFolder(tmp_path)
    add_authorities(environment, own, folder)
    variables = environment.variables
    assert variables["NODE_EXTRA_CA_CERTS"] == str(own)
    assert variables["CURL_CA_BUNDLE"] == "/mine.pem"
    assert variables["SSL_CERT_FILE"] == variables["REQUESTS_CA_BUNDLE"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(variables["SSL_CERT_FILE"])
    assert context.cert_store_stats()["x509_ca"] > 50
    folder.close()


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    environment = ChildEnvironment({}, [], [])
    with pytest.raises(CliError, match="sign in again with --ca-file"):
        add_authorities(environment, tmp_path / "none.pem", PrivateFolder(tmp_path))
