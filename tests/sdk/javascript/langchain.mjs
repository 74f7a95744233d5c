// LangChain, with the package of any provider.
import { raised } from "./content.mjs";

async function call(client) {
  return (await client.invoke("Hello, wörld")).text;
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async stream(client) {
    const words = [];
    for await (const { text } of await client.stream("Hello, wörld")) if (text) words.push(text);
    return words;
  },
  error(client) {
    const other = new client.constructor({ ...client.lc_kwargs, model: "none" });
    return raised(() => other.invoke("Hello"));
  },
  limit(client) {
    client.caller.maxRetries = 0;
    return raised(() => client.invoke("Hello, wörld"));
  },
  revoked: (client) => raised(() => client.invoke("Hello, wörld")),
};
