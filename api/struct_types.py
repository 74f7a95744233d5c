"""Build what msgspec needs to know about the product's types, before threads use them (S43).

msgspec collects it when a type is first decoded or converted. Two threads that do so at once for
the same type can crash the process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec


def build_struct_types() -> int:
    """Prepare every struct type of the modules that are loaded. Return their number."""
    prepared = 0
    for struct in _subclasses(msgspec.Struct):
        # Creating a decoder collects it for the type and for those of its fields.
        with contextlib.suppress(TypeError, NameError):  # a type that is never decoded
            msgspec.json.Decoder(struct)
            prepared += 1
    return prepared


def _subclasses(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in base.__subclasses__():
        if struct.__module__.split(".")[0] == "api":
            yield struct
            yield from _subclasses(struct)
