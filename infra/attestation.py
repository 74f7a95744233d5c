"""Replace what webauthn needs only to verify who made an authenticator (attestation).

Passkeys are created without attestation, so responses have the format `none`, or `packed` with the
passkey's own signature (https://www.w3.org/TR/webauthn-3/#sctn-attestation). webauthn imports the
verification of the other formats, and of chains of certificates, with everything else. They need
pyOpenSSL and pyasn1.
"""

from __future__ import annotations

import shutil
from pathlib import Path

# Function of each module by its path in webauthn, with the exception that says that it failed.
_REPLACED = {
    **{
        f"registration/formats/{name}.py": (f"verify_{name}", "InvalidRegistrationResponse")
        for name in ("android_key", "android_safetynet", "apple", "fido_u2f", "tpm")
    },
    "helpers/validate_certificate_chain.py": (
        "validate_certificate_chain",
        "InvalidCertificateChain",
    ),
}
_LEFT_OUT = (
    "OpenSSL",
    "pyasn1",
    "pyasn1_modules",
    "webauthn/helpers/asn1",
    "webauthn/helpers/tpm",
    "webauthn/helpers/known_root_certs.py",
    "webauthn/helpers/pem_cert_bytes_to_open_ssl_x509.py",
)
_REFUSAL = """from webauthn.helpers.exceptions import {error}


def {function}(**_):
    raise {error}("This server accepts no attestation in this format.")
"""


def leave_out_attestation(packages: Path) -> None:
    """Let the installed webauthn in a folder refuse attestation. A missing file is an error."""
    for name, (function, error) in _REPLACED.items():
        path = packages / "webauthn" / name
        path.stat()
        path.write_text(_REFUSAL.format(function=function, error=error))
    for name in _LEFT_OUT:
        path = packages / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
