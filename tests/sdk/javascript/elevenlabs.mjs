// @elevenlabs/elevenlabs-js, the official SDK of ElevenLabs.
import { FILE, raised } from "./content.mjs";

const VOICE = "JBFqnCBsd6RMkjVDRZzb";

async function call(client, options) {
  return (await client.voices.get(VOICE, {}, options)).name;
}

export const features = {
  call: (client) => call(client),
  retry_429: (client) => call(client),
  retry_5xx: (client) => call(client),
  async stream(client) {
    let size = 0;
    const wanted = { text: "Hello, wörld", modelId: "eleven_v3" };
    for await (const piece of await client.textToSpeech.stream(VOICE, wanted)) size += piece.length;
    return size;
  },
  async upload(client) {
    const wanted = { file: new Blob([FILE]), modelId: "scribe_v2" };
    return (await client.speechToText.convert(wanted)).text;
  },
  error: (client) => raised(() => client.voices.get("none")),
  limit: (client) => raised(() => call(client, { maxRetries: 0 })),
  revoked: (client) => raised(() => call(client)),
};
