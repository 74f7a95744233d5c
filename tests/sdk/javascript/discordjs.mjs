// @discordjs/rest, the REST client of discord.js.
import { FILE, raised } from "./content.mjs";

async function call(client) {
  return (await client.get("/users/@me")).username;
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async upload(client) {
    const files = [{ name: "data.bin", data: FILE }];
    const sent = await client.post("/channels/1/messages", { body: { content: "Hello" }, files });
    return sent.attachments[0].size;
  },
  error: (client) => raised(() => client.get("/channels/none")),
  // Without this option it waits for Retry-After and tries again.
  limit(client) {
    client.options.rejectOnRateLimit = ["/"];
    return raised(() => call(client), ({ retryAfter }) => retryAfter > 0);
  },
  revoked: (client) => raised(() => call(client)),
};
