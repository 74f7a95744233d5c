"""A virtual authenticator in Chromium, for passkeys without a device.

https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page


class VirtualAuthenticator:
    """An authenticator of a page's browser, whose user is present and verified.

    Chromium also uses it for passkeys in the list of the username field, as if the user chose one
    at once.
    """

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id = self._send("addVirtualAuthenticator", options=options)["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """Return its passkeys."""
        found: list[dict[str, Any]] = self._of_this("getCredentials")["credentials"]
        return found

    def verify(self, verified: bool) -> None:
        """Let the check of the user succeed or fail from now on."""
        self._of_this("setUserVerified", isUserVerified=verified)

    def _of_this(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._send(method, authenticatorId=self._id, **parameters)

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.send(f"WebAuthn.{method}", parameters)
        return answer
