"""The WebSocket calls of the Python SDKs. Each takes the client that the SDK's lines made, and
returns what arrived.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import threading
from typing import Any

SOUND = bytes(range(256)) * 16


def openai(client: Any) -> object:
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(session={"type": "realtime", "instructions": "wörld"})
        connection.response.create()
        words, sound = [], ""
        for event in connection:
            if event.type == "response.output_text.delta":
                words.append(event.delta)
            elif event.type == "response.output_audio.delta":
                sound += event.delta
            elif event.type == "response.done":
                return ["".join(words), len(sound)]
    return None


def gemini(client: Any) -> object:
    async def talk() -> object:
        config = {"response_modalities": ["TEXT"]}
        async with client.aio.live.connect(model="gemini-live", config=config) as session:
            turn = {"role": "user", "parts": [{"text": "Hello, wörld"}]}
            await session.send_client_content(turns=turn, turn_complete=True)
            return "".join([message.text or "" async for message in session.receive()])

    return asyncio.run(talk())


def elevenlabs(client: Any) -> object:
    sound = client.text_to_speech.convert_realtime(
        "voice-1", text=iter(["Hello, ", "wörld."]), model_id="eleven_flash_v2_5"
    )
    return len(b"".join(sound))


def elevenlabs_conversation(client: Any) -> object:
    conversations = importlib.import_module("elevenlabs.conversational_ai.conversation")
    complete = threading.Event()
    answers: list[str] = []

    def respond(text: str) -> None:
        answers.append(text)
        if len(answers) == 1:
            conversation.send_user_message("Hello, wörld")
        else:
            complete.set()

    conversation = conversations.Conversation(
        client, "agent-1", requires_auth=True, audio_interface=None, callback_agent_response=respond
    )
    conversation.start_session()
    assert complete.wait(15), answers
    conversation.end_session()
    conversation.wait_for_session_end()
    return answers


def elevenlabs_transcript(client: Any) -> object:
    formats = importlib.import_module("elevenlabs.realtime.scribe").AudioFormat

    async def talk() -> object:
        options = {"model_id": "scribe_v2_realtime", "sample_rate": 16000}
        realtime = client.speech_to_text.realtime
        connection = await realtime.connect({**options, "audio_format": formats.PCM_16000})
        heard: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        connection.on("committed_transcript", heard.set_result)
        await connection.send({"audio_base_64": base64.b64encode(SOUND).decode()})
        await connection.commit()
        message = await asyncio.wait_for(heard, 10)
        await connection.close()
        return message["text"]

    return asyncio.run(talk())


def deepgram(client: Any) -> object:
    with client.listen.v1.connect(model="nova-3") as connection:
        connection.send_media(SOUND)
        connection.send_close_stream()
        return connection.recv().channel.alternatives[0].transcript


def deepgram_flux(client: Any) -> object:
    options = {"encoding": "linear16", "sample_rate": 16000}
    with client.listen.v2.connect(model="flux-general-en", **options) as connection:
        connected = connection.recv()
        connection.send_media(SOUND)
        connection.send_close_stream()
        return [connected.type, connection.recv().transcript]


def supabase(make: Any) -> object:
    async def talk() -> object:
        client = await make()
        heard: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        options = {"config": {"broadcast": {"ack": False, "self": True}}}
        channel = client.channel("room", options)
        channel.on_broadcast("said", heard.set_result)
        states: list[str] = []
        await channel.subscribe(lambda state, _error: states.append(str(state.value)))
        await channel.send_broadcast("said", {"text": "Hello, wörld"})
        message: Any = await asyncio.wait_for(heard, 10)
        await client.remove_all_channels()
        await client.realtime.close()
        return [states[0], message["payload"]["text"]]

    return asyncio.run(talk())
