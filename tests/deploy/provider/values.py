"""Convert property values between Pulumi's protocol and Python.

Source of the signatures: https://pulumi-developer-docs.readthedocs.io/latest/developer-docs/providers/implementers-guide.html.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

Properties = dict[str, Any]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def from_struct(struct: Struct) -> Properties:
    """Return a message's properties: whole numbers as int, no nulls, secrets in clear text."""
    plain: Properties = _plain(json_format.MessageToDict(struct))
    return plain


def to_struct(properties: Properties) -> Struct:
    """Return properties as a message."""
    struct = Struct()
    json_format.ParseDict(properties, struct)
    return struct


def same(old: Any, new: Any) -> bool:
    """Return whether two values are equal. The state has only the hash of an asset or archive."""
    if isinstance(old, dict) and isinstance(new, dict):
        if _is_file(old) and _is_file(new):
            return bool(old["hash"] == new["hash"])
        return old.keys() == new.keys() and all(same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def content(file: Properties) -> bytes:
    """Return the bytes of an asset or an archive file. Raises ValueError for other kinds."""
    if "path" in file:
        return Path(file["path"]).read_bytes()
    if "text" in file and file[_SIGNATURE] == _ASSET:
        return str(file["text"]).encode()
    raise ValueError(f"only files and texts are read, not {sorted(file)}")


def _is_file(value: Properties) -> bool:
    return value.get(_SIGNATURE) in (_ASSET, _ARCHIVE)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(value["value"])
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
