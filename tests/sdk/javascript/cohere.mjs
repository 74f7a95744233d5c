// cohere-ai, Cohere's official SDK.
import { FILE, raised } from "./content.mjs";

const asked = { model: "command-a", messages: [{ role: "user", content: "Hello, wörld" }] };

async function call(client, options) {
  return (await client.chat(asked, options)).message.content[0].text;
}

export const features = {
  call: (client) => call(client),
  retry_429: (client) => call(client),
  retry_5xx: (client) => call(client),
  async stream(client) {
    const words = [];
    for await (const event of await client.chatStream(asked)) {
      if (event.type === "content-delta") words.push(event.delta.message.content.text);
    }
    return words;
  },
  async upload(client) {
    const file = new File([FILE], "data.bin");
    return (await client.datasets.create(file, file, { name: "data", type: "embed-input" })).id;
  },
  error: (client) => raised(() => client.models.get("none")),
  limit: (client) => raised(() => call(client, { maxRetries: 0 })),
  revoked: (client) => raised(() => call(client)),
};
