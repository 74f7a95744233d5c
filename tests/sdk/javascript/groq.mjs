// groq-sdk, Groq's official SDK.
import { toFile } from "groq-sdk";
import { FILE, raised } from "./content.mjs";

const asked = { model: "llama-0", messages: [{ role: "user", content: "Hello, wörld" }] };

async function call(client) {
  return (await client.chat.completions.create(asked)).choices[0].message.content;
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async stream(client) {
    const words = [];
    for await (const event of await client.chat.completions.create({ ...asked, stream: true })) {
      words.push(event.choices[0].delta.content ?? null);
    }
    return words;
  },
  async upload(client) {
    const file = await toFile(FILE, "data.jsonl");
    return (await client.files.create({ file, purpose: "batch" })).bytes;
  },
  error: (client) => raised(() => client.models.retrieve("none")),
  limit: (client) => raised(() => client.models.list({ maxRetries: 0 })),
  revoked: (client) => raised(() => client.models.list()),
};
