"""A self-signed certificate for the loopback address."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.processes import LOOPBACK


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Files: the certificate, its private key, and a bundle of it with certifi's certificates."""

    certificate: Path
    key: Path
    authorities: Path

    @property
    def trusted_by_product(self) -> dict[str, str]:
        """The setting with which the product trusts it in addition to certifi's certificates."""
        return {"API_DASHBOARD_CA_FILE": str(self.certificate)}

    @property
    def trusted_by_baseline(self) -> dict[str, str]:
        """The settings with which botocore and httpx trust it and certifi's certificates."""
        return {"AWS_CA_BUNDLE": str(self.authorities), "SSL_CERT_FILE": str(self.authorities)}


def certificate(folder: Path) -> Certificate:
    """Create a certificate in `folder` that is valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address(LOOPBACK))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / "bench.pem", folder / "bench.key", folder / "authorities.pem")
    text = built.public_bytes(serialization.Encoding.PEM)
    files.certificate.write_bytes(text)
    files.authorities.write_bytes(Path(certifi.where()).read_bytes() + text)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
