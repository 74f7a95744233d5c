// @huggingface/inference, the official SDK of Hugging Face's inference providers.
import { raised } from "./content.mjs";

const asked = { model: "ada/model-0", messages: [{ role: "user", content: "Hello, wörld" }] };
const status = (problem) => problem.httpResponse.status;

async function call(client) {
  return (await client.chatCompletion(asked)).choices[0].message.content;
}

export const features = {
  call,
  retry_5xx: call,
  async stream(client) {
    const words = [];
    for await (const event of client.chatCompletionStream(asked)) {
      words.push(event.choices[0].delta.content ?? null);
    }
    return words;
  },
  error: (client) => raised(() => client.chatCompletion({ ...asked, model: "none" }), status),
  limit: (client) => raised(() => call(client), status),
  revoked: (client) => raised(() => call(client), status),
};
