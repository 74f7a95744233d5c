"""Clients that open WebSockets, and what they do in the tests."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from api.services.keys.catalogue import Catalogue
from tests.sdk import node
from tests.sdk.sdk_lines import locked_version
from tests.sdk.setup import Setup
from tests.sdk.sockets.providers import SOUND, TEXT

_SUPABASE = """\
from supabase import acreate_client


async def client():
    made = await acreate_client("{base_url}", "{token}")
    made.realtime.access_token = None  # it would be sent inside a message
    return made"""
_WEBSOCKETS = """\
from websockets.sync.client import connect

client = connect(
    "{socket_url}/v1/realtime?model=gpt-realtime",
    additional_headers={"Authorization": "Bearer {token}"},
)"""
_BROWSER = """\
const client = new WebSocket("{socket_url}/v1/realtime?model=gpt-realtime", [
  "realtime",
  "openai-insecure-api-key.{token}",
]);"""


@dataclass(frozen=True)
class SocketClient:
    """A row of the table. `call` names its function among the calls of its language.

    `example` is the code that opens the WebSocket, `imports` what it needs. `lines` replace the
    catalogue's code that makes `client`. `secure` tells that the SDK opens `wss` only.
    `reports_refusal` is false if the SDK tries again for long.
    """

    name: str
    language: Literal["python", "javascript", "process", "browser"]
    package: str
    api: str
    call: str
    result: object
    path: str
    example: str = ""
    imports: str = ""
    lines: str = ""
    secure: bool = False
    reports_refusal: bool = True

    @property
    def version(self) -> str:
        """The version of the client, empty if it varies with the machine."""
        if self.language == "browser":
            return ""
        if self.language == "process":
            return importlib.metadata.version(self.package)
        if self.language == "python":
            return locked_version(self.package)
        return node.version(self.package)

    @property
    def code(self) -> str:
        """The code that makes `client`, placeholders still in."""
        if self.lines:
            return self.lines
        provider = Catalogue.load().get(self.api)
        assert provider is not None
        for sdk in provider.sdks:
            if (sdk.language, sdk.package) == (self.language, self.package):
                return sdk.setup
        raise AssertionError(f"the catalogue has no code for {self.package}")

    def setup(self, api_url: str, token: str) -> str:
        """Return the code for an API's URL and a token."""
        provider = Catalogue.load().get(self.api)
        assert provider is not None
        setup = Setup(self.code, api_url + provider.sdk_path, "", token, api_url=api_url)
        return setup.filled.replace("{socket_url}", api_url.replace("http", "ws", 1))


_ANSWER = [TEXT, 5464]
_REALTIME = "/v1/realtime"
_GEMINI = "/ws/google.ai.generativelanguage…BidiGenerateContent"


def _clients() -> Iterable[SocketClient]:
    yield SocketClient(
        "openai (Python)", "python", "openai", "openai", "openai", _ANSWER, _REALTIME,
        'with client.realtime.connect(model="gpt-realtime") as connection:\n    ...',
    )  # fmt: skip
    yield SocketClient(
        "openai (JavaScript), `OpenAIRealtimeWS`", "javascript", "openai", "openai", "openai_ws",
        _ANSWER, _REALTIME,
        'const connection = new OpenAIRealtimeWS({ model: "gpt-realtime" }, client);',
        'import { OpenAIRealtimeWS } from "openai/realtime/ws";', secure=True,
    )  # fmt: skip
    yield SocketClient(
        "openai (JavaScript), `OpenAIRealtimeWebSocket`", "javascript", "openai", "openai",
        "openai_browser", _ANSWER, _REALTIME,
        'const connection = new OpenAIRealtimeWebSocket({ model: "gpt-realtime" }, client);',
        'import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";', secure=True,
    )  # fmt: skip
    yield SocketClient(
        "google-genai", "python", "google-genai", "google-gemini", "gemini", TEXT, _GEMINI,
        'async with client.aio.live.connect(model="...", config={}) as session:\n    ...',
        secure=True,
    )  # fmt: skip
    yield SocketClient(
        "@google/genai", "javascript", "@google/genai", "google-gemini", "gemini", TEXT, _GEMINI,
        'const session = await client.live.connect({ model: "...", callbacks });',
    )  # fmt: skip
    yield SocketClient(
        "elevenlabs, `convert_realtime`", "python", "elevenlabs", "elevenlabs", "elevenlabs",
        len(SOUND), "/v1/text-to-speech/{voice_id}/stream-input",
        'sound = client.text_to_speech.convert_realtime("...", text=iter(["Hello"]))', secure=True,
    )  # fmt: skip
    yield SocketClient(
        "elevenlabs, `Conversation`", "python", "elevenlabs", "elevenlabs",
        "elevenlabs_conversation", [TEXT, "Hello, wörld"], "/v1/convai/conversation",
        'conversation = Conversation(client, "...", requires_auth=True, audio_interface=None)',
        "from elevenlabs.conversational_ai.conversation import Conversation",
    )  # fmt: skip
    yield SocketClient(
        "elevenlabs, `speech_to_text.realtime`", "python", "elevenlabs", "elevenlabs",
        "elevenlabs_transcript", TEXT, "/v1/speech-to-text/realtime",
        "connection = await client.speech_to_text.realtime.connect({...})",
    )  # fmt: skip
    yield SocketClient(
        "deepgram-sdk, `listen.v1`", "python", "deepgram-sdk", "deepgram", "deepgram", TEXT,
        "/v1/listen", 'with client.listen.v1.connect(model="nova-3") as connection:\n    ...',
    )  # fmt: skip
    yield SocketClient(
        "deepgram-sdk, `listen.v2`", "python", "deepgram-sdk", "deepgram", "deepgram_flux",
        ["Connected", TEXT], "/v2/listen",
        'with client.listen.v2.connect(model="flux-general-en") as connection:\n    ...',
    )  # fmt: skip
    yield SocketClient(
        "@deepgram/sdk", "javascript", "@deepgram/sdk", "deepgram", "deepgram", TEXT, "/v1/listen",
        'const connection = await client.listen.v1.connect({ model: "nova-3" });',
    )  # fmt: skip
    yield SocketClient(
        "supabase (Python)", "python", "supabase", "supabase", "supabase",
        ["SUBSCRIBED", "Hello, wörld"], "/realtime/v1/websocket",
        '\nchannel = (await client()).channel("room")\nawait channel.subscribe()',
        lines=_SUPABASE, reports_refusal=False,
    )  # fmt: skip
    yield SocketClient(
        "@supabase/supabase-js", "javascript", "@supabase/supabase-js", "supabase", "supabase",
        ["SUBSCRIBED", "Hello, wörld", "SUBSCRIBED"], "/realtime/v1/websocket",
        'const channel = client.channel("room").subscribe();',
    )  # fmt: skip
    yield SocketClient(
        "websockets", "process", "websockets", "openai", "websockets", _ANSWER, "",
        lines=_WEBSOCKETS,
    )  # fmt: skip
    yield SocketClient(
        "`WebSocket` of Chromium", "browser", "chromium", "openai", "browser", _ANSWER, "",
        lines=_BROWSER,
    )  # fmt: skip


SOCKET_CLIENTS = {client.name: client for client in _clients()}
