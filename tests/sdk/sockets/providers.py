"""Providers with WebSockets, as far as their SDKs' tests need them.

Sources: https://platform.openai.com/docs/guides/realtime-websocket;
https://ai.google.dev/api/live;
https://elevenlabs.io/docs/api-reference (text to speech, speech to text, agents);
https://developers.deepgram.com/reference/speech-to-text/listen-streaming and listen-flux.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.sdk.sockets.standin import Channel, Opened, SocketProvider
from tests.sdk.sockets.supabase import SupabaseRealtime

WORDS = ["Hel", "lo, ", "wörld", " — 你好", "!"]
TEXT = "".join(WORDS)
# Sound: every value of a byte.
SOUND = bytes(range(256)) * 16


class OpenAiRealtime(SocketProvider):
    """OpenAI Realtime: the key in `Authorization`, or in a subprotocol beside `realtime`."""

    slug = "openai"
    secret = "sk-proj-0123456789abcdefghij"

    def knows(self, opened: Opened) -> bool:
        return (
            opened.get("Authorization") == f"Bearer {self.secret}"
            or f"openai-insecure-api-key.{self.secret}" in opened.subprotocols
        )

    def serves(self, path: str) -> bool:
        return path == "/v1/realtime"

    def subprotocol(self, offered: list[str]) -> str | None:
        return "realtime" if "realtime" in offered else None

    def speak(self, channel: Channel, opened: Opened) -> None:
        session = {"type": "realtime", "object": "realtime.session", "id": "sess_1"}
        session["model"] = opened.query["model"]
        channel.send({"type": "session.created", "event_id": "event_1", "session": session})
        while True:
            asked = channel.receive()
            if asked["type"] == "session.update":
                session.update(asked["session"])
                channel.send({"type": "session.updated", "event_id": "e", "session": session})
            elif asked["type"] == "response.create":
                self._respond(channel)

    def _respond(self, channel: Channel) -> None:
        part = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
        response: dict[str, Any] = {"id": "resp_1", "object": "realtime.response", "output": []}
        channel.send({"type": "response.created", "event_id": "e", "response": response})
        for word in WORDS:
            delta = {"type": "response.output_text.delta", "event_id": "e", "delta": word}
            channel.send({**delta, **part})
        sound = base64.b64encode(SOUND).decode()
        delta = {"type": "response.output_audio.delta", "event_id": "e", "delta": sound}
        channel.send({**delta, **part})
        done = {**response, "status": "completed"}
        channel.send({"type": "response.done", "event_id": "e", "response": done})


class GeminiLive(SocketProvider):
    """Gemini Live, which sends its JSON documents in binary messages."""

    slug = "google-gemini"
    secret = "AIzaSy0123456789abcdefghijklmnopqrstuvw"

    def knows(self, opened: Opened) -> bool:
        return self.secret in (opened.get("x-goog-api-key"), opened.query.get("key"))

    def serves(self, path: str) -> bool:
        service = r"/ws/google\.ai\.generativelanguage\.v1(beta)?\.GenerativeService"
        return re.fullmatch(rf"{service}\.BidiGenerateContent", path) is not None

    def speak(self, channel: Channel, opened: Opened) -> None:
        assert "setup" in channel.receive()
        channel.send({"setupComplete": {}}, binary=True)
        while True:
            asked = channel.receive()
            turn = asked.get("client_content") or asked["clientContent"]
            assert turn.get("turn_complete") or turn["turnComplete"]
            for word in WORDS:
                parts = {"parts": [{"text": word}]}
                channel.send({"serverContent": {"modelTurn": parts}}, binary=True)
            channel.send({"serverContent": {"turnComplete": True}}, binary=True)


class ElevenLabs(SocketProvider):
    """ElevenLabs: text to speech, speech to text, and conversations.

    A signed URL opens a conversation without the key.
    """

    slug = "elevenlabs"
    secret = "sk_0123456789abcdef0123456789abcdef0123456789abcdef"
    signature = "cvtkn_0123456789"

    def knows(self, opened: Opened) -> bool:
        signed = opened.query.get("conversation_signature") == self.signature
        return signed or opened.get("xi-api-key") == self.secret

    def serves(self, path: str) -> bool:
        return path in (
            "/v1/text-to-speech/voice-1/stream-input",
            "/v1/speech-to-text/realtime",
            "/v1/convai/conversation",
        )

    def document(self, path: str, origin: str) -> object | None:
        if path != "/v1/convai/conversation/get-signed-url":
            return None
        query = f"agent_id=agent-1&conversation_signature={self.signature}"
        return {"signed_url": f"{origin}/{self.slug}/v1/convai/conversation?{query}"}

    def speak(self, channel: Channel, opened: Opened) -> None:
        if "agent_id" in opened.query:
            self._talk(channel)
        elif "/speech-to-text/" in opened.target:
            self._transcribe(channel)
        else:
            self._read(channel)

    def _read(self, channel: Channel) -> None:
        assert channel.receive()["text"] == " "
        spoken = ""
        while text := channel.receive()["text"]:
            spoken += text
        for number in range(0, len(SOUND), 1024):
            sound = base64.b64encode(SOUND[number : number + 1024]).decode()
            channel.send({"audio": sound, "isFinal": None, "alignment": None})
        channel.send({"audio": None, "isFinal": True})
        channel.close(1000)

    def _transcribe(self, channel: Channel) -> None:
        channel.send({"message_type": "session_started", "session_id": "s", "config": {}})
        heard = ""
        while not (chunk := channel.receive())["commit"]:
            heard += chunk["audio_base_64"]
        text = TEXT if base64.b64decode(heard) == SOUND else heard
        channel.send({"message_type": "committed_transcript", "text": text})
        channel.receive()

    def _talk(self, channel: Channel) -> None:
        assert channel.receive()["type"] == "conversation_initiation_client_data"
        metadata = {"conversation_id": "conv_1", "agent_output_audio_format": "pcm_16000"}
        kind = "conversation_initiation_metadata"
        channel.send({"type": kind, f"{kind}_event": metadata})
        self._say(channel, TEXT)
        self._say(channel, channel.receive()["text"])
        channel.receive()

    @staticmethod
    def _say(channel: Channel, text: str) -> None:
        answer = {"agent_response": text, "event_id": 1}
        channel.send({"type": "agent_response", "agent_response_event": answer})


class Deepgram(SocketProvider):
    """Deepgram: speech in binary messages. The key is in `Authorization`, or is the subprotocol
    after `token`."""

    slug = "deepgram"
    secret = "0123456789abcdef0123456789abcdef01234567"

    def knows(self, opened: Opened) -> bool:
        offered = opened.subprotocols
        if "token" in offered:
            return offered[offered.index("token") + 1 :][:1] == [self.secret]
        return opened.get("Authorization") == f"Token {self.secret}"

    def serves(self, path: str) -> bool:
        return path in ("/v1/listen", "/v2/listen")

    def subprotocol(self, offered: list[str]) -> str | None:
        return "token" if "token" in offered else None

    def speak(self, channel: Channel, opened: Opened) -> None:
        if "/v2/" in opened.target:
            channel.send({"type": "Connected", "request_id": "r", "sequence_id": 0})
        heard = b""
        while isinstance(message := channel.receive(), bytes):
            heard += message
        assert message["type"] == "CloseStream"
        transcript = TEXT if heard == SOUND else f"{len(heard)} bytes"
        if "/v2/" in opened.target:
            channel.send({
                "type": "TurnInfo", "request_id": "r", "sequence_id": 1, "event": "EndOfTurn",
                "turn_index": 0, "audio_window_start": 0.0, "audio_window_end": 1.0,
                "transcript": transcript, "words": [], "end_of_turn_confidence": 0.9,
            })  # fmt: skip
        else:
            channel.send({
                "type": "Results", "channel_index": [0, 1], "duration": 1.0, "start": 0.0,
                "is_final": True, "metadata": {"request_id": "r", "model_uuid": "m"},
                "channel": {"alternatives": [
                    {"transcript": transcript, "confidence": 0.9, "words": []}
                ]},
            })  # fmt: skip
        channel.close(1000)


SOCKET_PROVIDERS: dict[str, SocketProvider] = {
    provider.slug: provider
    for provider in (
        OpenAiRealtime(), GeminiLive(), ElevenLabs(), Deepgram(), SupabaseRealtime()
    )
}  # fmt: skip
