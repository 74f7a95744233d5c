// The official @mistralai/mistralai.
import { FILE, raised } from "./content.mjs";

const asked = {
  model: "mistral-small-latest",
  messages: [{ role: "user", content: "Hello, wörld" }],
};

async function call(client, options) {
  return (await client.chat.complete(asked, options)).choices[0].message.content;
}

// It retries only with this option.
function retried(client) {
  const backoff = { initialInterval: 100, maxInterval: 1000, exponent: 2, maxElapsedTime: 10_000 };
  return call(client, { retries: { strategy: "backoff", backoff } });
}

export const features = {
  call: (client) => call(client),
  retry_429: retried,
  retry_5xx: retried,
  async stream(client) {
    const words = [];
    for await (const { data } of await client.chat.stream(asked)) {
      words.push(data.choices[0].delta.content);
    }
    return words;
  },
  async upload(client) {
    const file = { fileName: "data.jsonl", content: new Blob([FILE]) };
    return (await client.files.upload({ file, purpose: "fine-tune" })).sizeBytes;
  },
  error: (client) => raised(() => client.chat.complete({ ...asked, model: "none" })),
  limit: (client) => raised(() => call(client)),
  revoked: (client) => raised(() => call(client)),
};
