"""The requirements of the wheel: the locked versions, with which the product is tested."""

from __future__ import annotations

import re
from pathlib import Path

# Only the functions on AWS import these.
_NOT_LOCAL = ("serverless-wsgi",)
# What `--stack` and `--table` need. botocore describes all of AWS in 27 MB, which most do not use.
_ON_AWS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
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


def pinned(lock: Path, *, on_aws: bool = False) -> list[str]:
    """Return the requirements of a lock file with hashes, without the hashes.

    With `on_aws`, those of the extra `aws` alone, else all others.
    """
    found = (_PIN.match(line) for line in lock.read_text().splitlines())
    pins: list[str] = []
    for pin in found:
        if pin is None or pin["name"] in _NOT_LOCAL or (pin["name"] in _ON_AWS) != on_aws:
            continue
        name = pin["name"]
        if name in _ELSEWHERE:
            version, marker = _ELSEWHERE[name]
            pins += [f"{pin[0]} ; {_OPPOSITE[name]}", f"{name}=={version} ; {marker}"]
        else:
            pins.append(pin[0])
    return pins
