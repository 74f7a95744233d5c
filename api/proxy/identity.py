"""Who makes a proxied call, according to the token in its request."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from api.errors import Problem
from api.proxy.body_credentials import find_body_tokens
from api.proxy.body_fields import has_readable_type
from api.proxy.request_body import BodyReader
from api.proxy.signed_requests import signature_problem
from api.proxy.token_extraction import FoundToken, find_tokens
from api.raw_request import RawRequest
from api.services.accounts.claims import Claims
from api.services.accounts.sessions import SessionService, authentication_required
from api.services.token_codec import PREFIX, TokenCodec, TokenPayload
from api.services.token_validity import unknown_token


class Identity(msgspec.Struct, frozen=True):
    """The caller as named by the token's text: `payload` of a personal access token, or `claims`
    of a session token. `source` is the client's IP address.
    """

    found: FoundToken
    username: str
    payload: TokenPayload | None
    claims: Claims | None
    source: str

    @property
    def token_id(self) -> str | None:
        """The id of the personal access token, None for a session."""
        return self.payload.token_id if self.payload is not None else None


class Callers:
    """Identifies callers by tokens that this server issued. Reads no database."""

    def __init__(self, token_codec: TokenCodec, sessions: SessionService) -> None:
        self._token_codec = token_codec
        self._sessions = sessions

    def identify(self, request: RawRequest, path: str, body: BodyReader) -> Identity:
        """Return the caller, from the first token in the request that this server issued.

        `path` is the part after `/proxy/{api_name}`. A form or JSON body is read if no
        personal access token is elsewhere. Raises Problem(authentication_required) and
        Problem(signature_not_supported).
        """
        tokens = find_tokens(request, path)
        identity = self._first_issued(tokens, request.source)
        sent = any(found.text.startswith(PREFIX) for found in tokens)
        if identity is None and not sent and has_readable_type(request.headers):
            # A body that cannot be read has no token, so its caller stays unknown.
            with contextlib.suppress(Problem):
                start = body.read_start()
                found = find_body_tokens(request.headers, start, body.is_complete)
                identity = self._first_issued(found, request.source)
        if identity is None:
            sent = sent or any(PREFIX in value for _, value in request.headers)
            raise signature_problem(request) or (
                unknown_token() if sent else authentication_required()
            )
        return identity

    def _first_issued(self, tokens: Sequence[FoundToken], source: str) -> Identity | None:
        for found in tokens:
            if found.text.startswith("apd_"):
                payload = self._token_codec.decode(found.text)
                if payload is not None:
                    return Identity(found, payload.username, payload, None, source)
            else:
                claims = self._sessions.read_access(found.text)
                if claims is not None:
                    return Identity(found, claims.username, None, claims, source)
        return None
