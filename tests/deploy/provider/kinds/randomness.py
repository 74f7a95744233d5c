"""Random secrets: made once and kept in the stack's state."""

from __future__ import annotations

import base64
import secrets
import string

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties


class RandomPassword(Kind):
    """A random text of letters and digits, and of the named further characters."""

    token = "random:index/randomPassword:RandomPassword"
    required = frozenset({"length"})
    optional = frozenset({"special"})
    replaced_by = required | optional

    def make(self, inputs: Properties) -> str:
        """The id says nothing, as with the real provider."""
        return "none"

    def describe(self, identity: str, state: Properties) -> Properties:
        """The text, kept once it is there."""
        alphabet = string.ascii_letters + string.digits
        if state.get("special", True):
            alphabet += "!@#$%&*()-_=+[]{}<>:?"
        made = "".join(secrets.choice(alphabet) for _ in range(state["length"]))
        return {"result": state.get("result", made)}

    def remove(self, identity: str, state: Properties) -> None:
        """There is nothing outside the state."""


class RandomBytes(Kind):
    """Random bytes, as standard Base64 and as hexadecimal."""

    token = "random:index/randomBytes:RandomBytes"
    required = frozenset({"length"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """The bytes in Base64 are the id, as with the real provider."""
        return base64.b64encode(secrets.token_bytes(inputs["length"])).decode()

    def describe(self, identity: str, state: Properties) -> Properties:
        """The bytes in both spellings."""
        return {"base64": identity, "hex": base64.b64decode(identity).hex()}

    def remove(self, identity: str, state: Properties) -> None:
        """There is nothing outside the state."""
