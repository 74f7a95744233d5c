"""Clients that are no SDKs: `websockets` in this process, and a page in a browser."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

_ASKED = (
    {"type": "session.update", "session": {"type": "realtime", "instructions": "wörld"}},
    {"type": "response.create"},
)
# The code makes `client`, or `error` if the connection ends before the response is complete.
_PAGE = """
async ([code, asked]) => {
  const client = new Function(`${code}\\nreturn client;`)();
  const words = [];
  let sound = "";
  return await new Promise((resolve, reject) => {
    client.onopen = () => asked.forEach((event) => client.send(JSON.stringify(event)));
    client.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    client.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "response.output_text.delta") words.push(event.delta);
      if (event.type === "response.output_audio.delta") sound += event.delta;
      if (event.type === "response.done") {
        client.onclose = () => resolve([words.join(""), sound.length]);
        client.close(1000, "done");
      }
    };
  });
}
"""


def websockets_call(code: str) -> object:
    """Run the code that makes `client`, and speak OpenAI's protocol with it."""
    made: dict[str, Any] = {}
    exec(code, made)
    with made["client"] as connection:
        for event in _ASKED:
            connection.send(json.dumps(event))
        words, sound = [], ""
        while True:
            event = json.loads(connection.recv(20))
            if event["type"] == "response.output_text.delta":
                words.append(event["delta"])
            elif event["type"] == "response.output_audio.delta":
                sound += event["delta"]
            elif event["type"] == "response.done":
                return ["".join(words), len(sound)]


def browser_call(page: Page, code: str) -> object:
    """Do the same in a page of the browser."""
    return page.evaluate(_PAGE, [code, list(_ASKED)])
