"""Random secrets, which are created once and stored in the stack's state."""

from __future__ import annotations

import base64
import secrets
import string

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties


class RandomPassword(Kind):
    """A random text of letters, digits and the given further characters."""

    token = "random:index/randomPassword:RandomPassword"
    required = frozenset({"length"})
    optional = frozenset({"special"})
    replaced_by = required | optional

    def make(self, inputs: Properties) -> str:
        """Return a constant id, as the real provider does."""
        return "none"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the text, which stays the same."""
        alphabet = string.ascii_letters + string.digits
        if state.get("special", True):
            alphabet += "!@#$%&*()-_=+[]{}<>:?"
        made = "".join(secrets.choice(alphabet) for _ in range(state["length"]))
        return {"result": state.get("result", made)}

    def remove(self, identity: str, state: Properties) -> None:
        """Do nothing: it exists only in the state."""


class RandomBytes(Kind):
    """Random bytes, as standard Base64 and as hexadecimal."""

    token = "random:index/randomBytes:RandomBytes"
    required = frozenset({"length"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Return the bytes in Base64 as the id, as the real provider does."""
        return base64.b64encode(secrets.token_bytes(inputs["length"])).decode()

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the bytes in both encodings."""
        return {"base64": identity, "hex": base64.b64decode(identity).hex()}

    def remove(self, identity: str, state: Properties) -> None:
        """Do nothing: it exists only in the state."""
