"""A software authenticator: creates passkeys and signs challenges, as a browser passes them on.

What it answers follows WebAuthn Level 3 (6.1, 6.5 and 7), not the package that checks it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Algorithm = Literal["ES256", "RS256", "EdDSA"]

_PRESENT, _VERIFIED, _SYNCABLE, _SYNCED, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SoftPasskey:
    """A passkey for one domain. With `counter` None it is synced and always reports 0."""

    def __init__(self, algorithm: Algorithm = "ES256", counter: int | None = 0) -> None:
        self.algorithm = algorithm
        self.counter = counter
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = b""
        self.rp_id = ""
        self._key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
        if algorithm == "ES256":
            self._key = ec.generate_private_key(ec.SECP256R1())
        elif algorithm == "RS256":
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            self._key = Ed25519PrivateKey.generate()

    def create(
        self, options: dict[str, Any], origin: str, *, verified: bool = True, rp_id: str = ""
    ) -> dict[str, Any]:
        """Return RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON."""
        self.rp_id = rp_id or options["rp"]["id"]
        self.user_handle = unb64(options["user"]["id"])
        client_data = _client_data("webauthn.create", options["challenge"], origin)
        attested = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + _cbor(self._cose_key())
        )
        data = self._authenticator_data(verified, _ATTESTED) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(client_data),
                "attestationObject": b64(_cbor(attestation)),
                "transports": ["internal"],
            },
        }

    def sign(
        self,
        options: dict[str, Any],
        origin: str,
        *,
        verified: bool = True,
        rp_id: str = "",
        user_handle: bytes | None = None,
    ) -> dict[str, Any]:
        """Return AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON."""
        if self.counter is not None:
            self.counter += 1
        self.rp_id = rp_id or options["rpId"]
        client_data = _client_data("webauthn.get", options["challenge"], origin)
        data = self._authenticator_data(verified, 0)
        signature = self._sign(data + hashlib.sha256(client_data).digest())
        handle = self.user_handle if user_handle is None else user_handle
        return {
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(client_data),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(handle),
            },
        }

    def _authenticator_data(self, verified: bool, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if verified else 0)
        if self.counter is None:
            flags |= _SYNCABLE | _SYNCED
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(
            ">BI", flags, self.counter or 0
        )

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data)

    def _cose_key(self) -> dict[int, Any]:
        """Return the public key as RFC 9053 and RFC 8230 write it."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            point = self._key.public_key().public_numbers()
            x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
            return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        if isinstance(self._key, rsa.RSAPrivateKey):
            number = self._key.public_key().public_numbers()
            return {1: 3, 3: -257, -1: number.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}
        return {1: 1, 3: -8, -1: 6, -2: self._key.public_key().public_bytes_raw()}


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps(
        {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
    ).encode()


def _cbor(value: Any) -> bytes:
    """Encode the types that an authenticator needs (RFC 8949)."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value)) + value.encode()
    assert isinstance(value, dict)
    return _head(5, len(value)) + b"".join(_cbor(k) + _cbor(v) for k, v in value.items())


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    if number < 256:
        return bytes([major << 5 | 24, number])
    return bytes([major << 5 | 25]) + struct.pack(">H", number)
