"""The client of a server's API, with a saved login whose tokens it renews."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec

from api.cli.errors import SIGNED_OUT, CliError, ProblemError
from api.cli.http import open_http, send, wrong_answer
from api.cli.logins import LoginStore, SavedLogin
from api.cli.places import config_folder, default_server
from api.cli.second_factor import ask_for_proof, refused_proof
from api.cli.signals import signals_deferred
from api.cli.transport import RequestTimeouts, Transport
from api.secret import Secret

# Seconds before its expiry that an access token is renewed.
_MARGIN = 30.0
# Seconds that a request for tokens may take. A signal waits for its end.
SESSION_TIMEOUTS = RequestTimeouts(read=30.0)
_LONGEST_REFRESH = 60.0


def connect(server: str | None = None) -> ApiClient:
    """Return a client for a saved login: a name or URL, by default API_DASHBOARD_SERVER's, or the
    latest login. Close it after use, or use it in a `with` statement.

    Raises CliError if there is no such login. Makes no request.
    """
    store = LoginStore(config_folder())
    return ApiClient(store, store.choose(server or default_server()))


class ApiClient:
    """Calls the API of one server. Threads can share it."""

    def __init__(self, store: LoginStore, login: SavedLogin) -> None:
        self._store = store
        self._login = login
        self._transport = open_http(login.url, login.ca_file)
        self._refreshing = threading.Lock()

    @property
    def url(self) -> str:
        """The server's origin, such as `https://dash.example.com`."""
        return self._login.url

    @property
    def name(self) -> str:
        """The name of the login."""
        return self._login.name

    @property
    def username(self) -> str:
        """The name of the account."""
        return self._login.username

    @property
    def ca_file(self) -> str | None:
        """The file of further certificate authorities, which was saved with the login."""
        return self._login.ca_file

    def call(
        self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None
    ) -> Any:
        """Call the API and return the JSON object of the response, an empty one without content.

        If the server wants to know that it is still the user, ask for the second factor or the
        password, and repeat the call. Raises ProblemError for a problem, and CliError if the server
        cannot be reached or the login has expired.
        """
        return self._confirmed(method, path, body, query)

    def text(self, path: str, query: dict[str, Any], media_type: str) -> str:
        """Read a document of a media type other than JSON. As `call`."""
        return str(self._confirmed("GET", path, None, query, media_type))

    def items(self, path: str, query: dict[str, Any] | None = None) -> list[Any]:
        """Return all items of a list, page by page."""
        items: list[Any] = []
        cursors: list[str | None] = [None]
        while True:
            page = self.call(
                "GET", path, query={"limit": 1000, **(query or {}), "cursor": cursors[-1]}
            )
            found, cursor = page["items"], page["next_cursor"]
            if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
                raise wrong_answer(self.url)
            items += found
            if cursor is None:
                return items
            if cursor in cursors:
                raise wrong_answer(self.url)
            cursors.append(cursor)

    def close(self) -> None:
        """Wait for a refresh in another thread, whose tokens must be saved."""
        if self._refreshing.acquire(timeout=_LONGEST_REFRESH):
            self._refreshing.release()

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _confirmed(self, method: str, path: str, *given: Any) -> Any:
        """Call the API, after a step-up if it needs one."""
        try:
            return self._authenticated(method, path, *given)
        except ProblemError as error:
            if error.code != "step_up_required":
                raise
            proof = ask_for_proof(error.members.get("methods"), self.url)
        try:
            self._authenticated("POST", "/api/auth/step-up", proof)
        except ProblemError as error:
            raise refused_proof(error) from error
        return self._authenticated(method, path, *given)

    def _authenticated(self, method: str, path: str, *given: Any) -> Any:
        """Call the API, with a renewed access token if it needs one."""
        token = self._access_token()
        try:
            return self._send(token, method, path, *given)
        except ProblemError as error:
            if error.code != "authentication_required":
                raise
        try:
            return self._send(self._renewed(token), method, path, *given)
        except ProblemError as error:
            if error.code == "authentication_required":
                raise self._expired() from error
            raise

    def _send(
        self,
        token: Secret,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        media_type: str = "application/json",
    ) -> Any:
        return send(
            self._transport,
            method,
            path,
            body=body,
            query=query,
            access_token=token.reveal(),
            media_type=media_type,
        )

    def _access_token(self) -> Secret:
        login = self._login
        if login.access_expires_at - _MARGIN > time.time():
            return login.access_token
        return self._renewed(login.access_token)

    def _renewed(self, rejected: Secret) -> Secret:
        """Return an access token other than `rejected`: one from another process, or a new one."""
        with self._store.locked(self._login):
            current = self._store.read(self._login)
            if current is None:
                raise self._expired()
            is_new = current.access_token.reveal() != rejected.reveal()
            if not is_new or current.access_expires_at - _MARGIN <= time.time():
                current = self._refresh(current)
            self._login = current
            return current.access_token

    def _refresh(self, login: SavedLogin) -> SavedLogin:
        """Replace the tokens of a login, in its file too. The caller holds its lock."""
        with self._refreshing, self._store.prepared(login) as save, signals_deferred():
            body = {"refresh_token": login.refresh_token.reveal()}
            try:
                pair = send(
                    self._transport,
                    "POST",
                    "/api/auth/refresh",
                    body=body,
                    timeouts=SESSION_TIMEOUTS,
                )
            except ProblemError as error:
                if error.code == "invalid_refresh_token":
                    raise self._expired() from error
                raise
            renewed = with_tokens(login, pair)
            save(renewed)
        return renewed

    def _expired(self) -> CliError:
        return CliError(
            f"Your session at {self.url} has expired: run `api-dashboard login {self.url}`.",
            SIGNED_OUT,
        )


def with_tokens(login: SavedLogin, pair: dict[str, Any]) -> SavedLogin:
    """Return a login with the tokens of a response (`TokenPair`)."""
    return msgspec.structs.replace(
        login,
        access_token=Secret(pair["access_token"]),
        refresh_token=Secret(pair["refresh_token"]),
        access_expires_at=time.time() + pair["expires_in"],
    )


def end_on_server(transport: Transport, login: SavedLogin) -> None:
    """End a login's session on the server. Idempotent. Raises CliError if that is impossible."""
    body = {"refresh_token": login.refresh_token.reveal()}
    try:
        send(transport, "POST", "/api/auth/logout", body=body, timeouts=SESSION_TIMEOUTS)
    except ProblemError as error:
        if error.code != "invalid_refresh_token":
            raise
