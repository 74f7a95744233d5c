"""Passkeys, authenticator codes and QR codes work with the packages in the function's bundle."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import cbor2
import pytest

from infra import attestation, bundle
from tests.support.authenticator import SoftPasskey, b64, unb64

# Verifies what the test's authenticator made, and lists foreign modules.
PROGRAM = """
import json, sys
given = json.load(sys.stdin)
sys.path.insert(0, given["bundle"])
import pyotp, segno, webauthn
known = {"expected_rp_id": "keys.example", "expected_origin": "https://keys.example"}
made = webauthn.verify_registration_response(
    credential=given["created"], expected_challenge=b"first", require_user_verification=True,
    **known)
used = webauthn.verify_authentication_response(
    credential=given["used"], expected_challenge=b"second", require_user_verification=True,
    credential_public_key=made.credential_public_key, credential_current_sign_count=0, **known)
totp = pyotp.TOTP(given["secret"])
refused = []
for statement in given["attested"]:
    try:
        webauthn.verify_registration_response(
            credential=statement, expected_challenge=b"first", **known)
    except webauthn.helpers.exceptions.InvalidRegistrationResponse as error:
        refused.append(str(error))
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print(json.dumps({
    "verified": made.user_verified, "count": used.new_sign_count,
    "codes": [totp.at(59), totp.verify(given["code"], for_time=59)],
    "svg": segno.make(totp.provisioning_uri(name="ada")).svg_inline()[:4],
    "refused": refused, "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "foreign": [file for file in files if file and not file.startswith(tuple(sys.path))],
}))
"""
ATTESTED = ("android-key", "android-safetynet", "apple", "fido-u2f", "tpm")


def attested(created: dict[str, object], format_name: str) -> dict[str, object]:
    """Return a new passkey with an empty attestation statement of a format."""
    response = created["response"]
    assert isinstance(response, dict)
    made = cbor2.loads(unb64(response["attestationObject"]))
    changed = b64(cbor2.dumps({**made, "fmt": format_name}))
    return {**created, "response": {**response, "attestationObject": changed}}


def test_s50_the_bundle_verifies_passkeys_and_codes_alone(tmp_path: Path) -> None:
    zipfile.ZipFile(bundle.build_bundle(*bundle.host_target())).extractall(tmp_path)
    passkey, origin = SoftPasskey(), "https://keys.example"
    options = {
        "user": {"id": b64(b"ada")},
        "rp": {"id": "keys.example"},
        "challenge": b64(b"first"),
    }
    created = passkey.create(options, origin)
    used = passkey.sign({"rpId": "keys.example", "challenge": b64(b"second")}, origin)
    given = {
        "bundle": str(tmp_path),
        "created": created,
        "used": used,
        # RFC 6238, appendix B: the last six digits at the time 59.
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "code": "287082",
        "attested": [attested(created, name) for name in ATTESTED],
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM],
        input=json.dumps(given), cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["verified"], seen["count"]) == (True, 1)
    assert seen["codes"] == ["287082", True] and seen["svg"] == "<svg"
    assert seen["refused"] == ["This server accepts no attestation in this format."] * len(ATTESTED)
    assert seen["foreign"] == [] and not {"OpenSSL", "pyasn1"} & set(seen["modules"])


def test_another_version_of_webauthn_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "webauthn" / "registration" / "formats").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="android_key"):
        attestation.leave_out_attestation(tmp_path)
