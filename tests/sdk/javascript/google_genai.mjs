// @google/genai, the official SDK of Gemini.
import { GoogleGenAI } from "@google/genai";
import { FILE, raised } from "./content.mjs";

const asked = { model: "gemini-0", contents: "Hello, wörld" };

async function call(client) {
  return (await client.models.generateContent(asked)).text;
}

// It retries only with this option.
function retried(_, { others, token }) {
  const httpOptions = { baseUrl: others["google-gemini"], retryOptions: { attempts: 3 } };
  return call(new GoogleGenAI({ apiKey: token, httpOptions }));
}

export const features = {
  call,
  retry_429: retried,
  retry_5xx: retried,
  async stream(client) {
    const words = [];
    for await (const { text } of await client.models.generateContentStream(asked)) words.push(text);
    return words;
  },
  async upload(client) {
    const config = { mimeType: "application/octet-stream" };
    const file = new Blob([FILE], { type: config.mimeType });
    return Number((await client.files.upload({ file, config })).sizeBytes);
  },
  async pages(client) {
    const names = [];
    for await (const { name } of await client.models.list({ config: { pageSize: 2 } })) {
      names.push(name);
    }
    return names;
  },
  error: (client) => raised(() => client.models.generateContent({ ...asked, model: "none" })),
  limit: (client) => raised(() => call(client)),
  revoked: (client) => raised(() => call(client)),
};
