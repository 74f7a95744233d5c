// The official @anthropic-ai/sdk.
import { toFile } from "@anthropic-ai/sdk";
import { FILE, raised } from "./content.mjs";

const asked = {
  model: "claude-0",
  max_tokens: 64,
  messages: [{ role: "user", content: "Hello, wörld" }],
};

async function call(client) {
  return (await client.messages.create(asked)).content[0].text;
}

export const features = {
  call,
  environment: call,
  retry_429: call,
  retry_5xx: call,
  async stream(client) {
    const words = [];
    for await (const event of client.messages.stream(asked)) {
      if (event.type === "content_block_delta") words.push(event.delta.text);
    }
    return words;
  },
  async upload(client) {
    return (await client.beta.files.upload({ file: await toFile(FILE, "data.jsonl") })).size_bytes;
  },
  async pages(client) {
    const names = [];
    for await (const model of client.models.list({ limit: 2 })) names.push(model.id);
    return names;
  },
  error: (client) => raised(() => client.models.retrieve("none")),
  limit: (client) => raised(() => client.models.list({}, { maxRetries: 0 })),
  revoked: (client) => raised(() => client.models.list({}, { maxRetries: 0 })),
};
