// The WebSocket calls of the JavaScript SDKs. Each takes the client that the SDK's lines made, and
// returns what arrived.
import { Modality } from "@google/genai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const SOUND = Buffer.from(Array.from({ length: 4096 }, (_, number) => number % 256));

function openai(Class) {
  return (client) =>
    new Promise((resolve, reject) => {
      const connection = new Class({ model: "gpt-realtime" }, client);
      const words = [];
      let sound = "";
      connection.on("error", reject);
      connection.on("session.created", () => {
        connection.send({
          type: "session.update",
          session: { type: "realtime", instructions: "wörld" },
        });
        connection.send({ type: "response.create" });
      });
      connection.on("response.output_text.delta", ({ delta }) => words.push(delta));
      connection.on("response.output_audio.delta", ({ delta }) => (sound += delta));
      connection.on("response.done", () => {
        connection.close();
        resolve([words.join(""), sound.length]);
      });
    });
}

async function gemini(client) {
  const words = [];
  const done = Promise.withResolvers();
  const session = await client.live.connect({
    model: "gemini-live",
    config: { responseModalities: [Modality.TEXT] },
    callbacks: {
      onmessage: ({ serverContent }) => {
        for (const { text } of serverContent?.modelTurn?.parts ?? []) words.push(text);
        if (serverContent?.turnComplete) done.resolve();
      },
      onerror: done.reject,
    },
  });
  session.sendClientContent({
    turns: [{ role: "user", parts: [{ text: "Hello, wörld" }] }],
    turnComplete: true,
  });
  await done.promise;
  session.close();
  return words.join("");
}

async function deepgram(client) {
  const connection = await client.listen.v1.connect({ model: "nova-3", reconnectAttempts: 0 });
  const heard = Promise.withResolvers();
  connection.on("message", heard.resolve);
  connection.on("error", heard.reject);
  connection.connect();
  await connection.waitForOpen();
  connection.sendMedia(SOUND);
  connection.sendCloseStream({ type: "CloseStream" });
  const message = await heard.promise;
  connection.close();
  return message.channel.alternatives[0].transcript;
}

async function supabase(client) {
  const heard = Promise.withResolvers();
  const states = [];
  const channel = client.channel("room", { config: { broadcast: { self: true } } });
  channel.on("broadcast", { event: "said" }, heard.resolve);
  channel.subscribe((state, error) => {
    states.push(state);
    if (state === "SUBSCRIBED") {
      channel.send({ type: "broadcast", event: "said", payload: { text: "Hello, wörld" } });
    } else {
      heard.reject(error ?? new Error(state));
    }
  });
  try {
    const message = await heard.promise;
    // Later channels send the access token that the client has meanwhile, if any.
    const later = Promise.withResolvers();
    client.channel("later").subscribe(later.resolve);
    return [states[0], message.payload.text, await later.promise];
  } finally {
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
}

export const calls = {
  openai_ws: openai(OpenAIRealtimeWS),
  openai_browser: openai(OpenAIRealtimeWebSocket),
  gemini,
  deepgram,
  supabase,
};
