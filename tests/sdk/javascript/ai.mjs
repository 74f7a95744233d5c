// The Vercel AI SDK, with the package of any provider.
import { generateText, streamText } from "ai";
import { raised } from "./content.mjs";

const asked = (client) => ({ model: client("model-0"), prompt: "Hello, wörld" });

async function call(client) {
  return (await generateText(asked(client))).text;
}

function refused(client) {
  return raised(() => generateText({ ...asked(client), maxRetries: 0 }));
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async stream(client) {
    const words = [];
    for await (const word of streamText(asked(client)).textStream) words.push(word);
    return words;
  },
  error: (client) => raised(() => generateText({ ...asked(client), model: client("none") })),
  limit: refused,
  revoked: refused,
};
