"""A resumable upload (Google's protocol, tus, Azure) stays at the proxy from start to end."""

from __future__ import annotations

import json
import socket
from urllib.parse import urljoin, urlsplit

import pytest

from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Received

KEY = "AIza" + "k" * 35


class UploadServer:
    """Google's resumable uploads as google-genai uses them: start, pieces with an offset, finalize.

    Source: `_upload_fd` of google-genai's `_api_client.py`. The URL of the upload names the key if
    the start did.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = b""
        place.behaviour = self._behave

    def _behave(self, received: Received, _connection: socket.socket) -> Answer:
        assert received.get("X-Goog-Api-Key") == KEY
        command = received.get("X-Goog-Upload-Command")
        if command == "start":
            assert self.place.path(received) == "/upload/v1beta/files"
            url = f"{self.place.url}/upload/v1beta/files?upload_id=u1&upload_protocol=resumable"
            return Answer(200, [("X-Goog-Upload-URL", url), ("X-Goog-Upload-Status", "active")])
        assert self.place.path(received).endswith("?upload_id=u1&upload_protocol=resumable")
        assert received.get("X-Goog-Upload-Offset") == str(len(self.data))
        self.data += received.body
        if command == "upload":
            return Answer(200, [("X-Goog-Upload-Status", "active")], b"")
        assert command == "upload, finalize"
        file = {"file": {"name": "files/f1", "uri": f"{self.place.url}/v1beta/files/f1"}}
        return Answer(200, [("X-Goog-Upload-Status", "final")], json.dumps(file).encode())


@pytest.mark.parametrize("repeats_token", [True, False], ids=["JavaScript", "Python"])
def test_a_file_is_uploaded_in_pieces(account: Account, place: Place, repeats_token: bool) -> None:
    # google-genai for Python sends the pieces without a credential, only to this URL.
    server = UploadServer(place)
    stored = {"provider": "google-gemini", "base_url": place.url, "secret": KEY}
    assert account.call("POST", "/api/keys", stored).status == 201
    token = account.token(["google-gemini"])
    own = account.client.url

    start = account.client.request(
        "POST",
        "/proxy/google-gemini/upload/v1beta/files",
        [("x-goog-api-key", token), ("X-Goog-Upload-Command", "start"),
         ("X-Goog-Upload-Protocol", "resumable")],
        b'{"file": {}}',
    )  # fmt: skip
    url = start.get("X-Goog-Upload-URL") or ""
    assert url.startswith(f"{own}/proxy/google-gemini/upload/v1beta/files?")
    # google-genai for JavaScript keeps only the path and the query of this URL.
    target = url.removeprefix(own)
    pieces = [b"a" * 300_000, b"b" * 300_000, b"c" * 17]
    offset = 0
    for number, piece in enumerate(pieces):
        command = "upload, finalize" if number == 2 else "upload"
        headers = [
            *([("x-goog-api-key", token)] if repeats_token else []),
            ("X-Goog-Upload-Command", command),
            ("X-Goog-Upload-Offset", str(offset)),
        ]
        answer = account.client.request("POST", target, headers, piece)
        assert answer.status == 200, answer.body
        offset += len(piece)
    assert answer.get("X-Goog-Upload-Status") == "final"
    assert server.data == b"".join(pieces)
    assert all(token not in repr(received) for received in place.received)


@pytest.mark.parametrize(
    "location", ["{url}/files/f1", "/{name}/files/f1", "f1"], ids=["absolute", "path", "relative"]
)
def test_a_tus_upload_continues_at_its_location(
    account: Account, place: Place, location: str
) -> None:
    """tus 1.0 resolves `Location` relative to the URL that created the upload."""
    account.key(place)
    token = account.token(["test"])
    url = location.format(url=place.url, name=place.name)
    place.answer(Answer(201, [("Location", url), ("Tus-Resumable", "1.0.0")], b""))
    created = account.proxied(token, "/proxy/test/files/", method="POST")
    upload = urljoin(f"{account.client.url}/proxy/test/files/", created.get("Location") or "")
    assert upload == f"{account.client.url}/proxy/test/files/f1"
    place.answer(Answer(204, [("Upload-Offset", "3")], b""))
    patched = account.proxied(
        token, urlsplit(upload).path, "PATCH", [("Upload-Offset", "0")], b"abc"
    )
    assert (patched.status, place.path(), place.last.body) == (204, "/files/f1", b"abc")
