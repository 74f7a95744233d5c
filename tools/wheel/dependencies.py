"""The requirements of the wheel: the locked versions, with which the product is tested."""

from __future__ import annotations

import re
from pathlib import Path

# Only the functions on AWS import these.
_NOT_LOCAL = ("serverless-wsgi",)
EXTRAS = {
    # What `--stack` and `--table` need. botocore describes all of AWS in 27 MB.
    "aws": ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
    # What checks passkeys, 5 MB. Without it, the installation has less than the promised 60 MB.
    "passkeys": (
        "cbor2", "pyasn1", "pyasn1-modules", "pyopenssl", "typing-extensions", "webauthn"
    ),
}  # fmt: skip
"""The packages of each extra, with those that only they need."""

# Where a locked version has no wheel, pip would need a compiler: the newest version that has one.
# Remove a line when the locked version has a wheel again.
_ELSEWHERE = {
    "cryptography": ("48.0.1", "sys_platform == 'darwin' and platform_machine == 'x86_64'"),
    "gevent": ("25.5.1", "sys_platform == 'darwin' and python_version < '3.12'"),
}
_OPPOSITE = {
    "cryptography": "sys_platform != 'darwin' or platform_machine != 'x86_64'",
    "gevent": "sys_platform != 'darwin' or python_version >= '3.12'",
}
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==\S+(?: ; .+?)?(?= \\$)")


def pinned(lock: Path, extra: str | None = None) -> list[str]:
    """Return the requirements of a lock file with hashes, without the hashes: those of an extra,
    or those of none.
    """
    of_extra = {package: name for name, packages in EXTRAS.items() for package in packages}
    found = (_PIN.match(line) for line in lock.read_text().splitlines())
    pins: list[str] = []
    for pin in found:
        if pin is None or pin["name"] in _NOT_LOCAL or of_extra.get(pin["name"]) != extra:
            continue
        name = pin["name"]
        if name in _ELSEWHERE:
            version, marker = _ELSEWHERE[name]
            pins += [f"{pin[0]} ; {_OPPOSITE[name]}", f"{name}=={version} ; {marker}"]
        else:
            pins.append(pin[0])
    return pins
