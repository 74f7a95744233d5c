// The official @deepgram/sdk.
import { FILE, raised } from "./content.mjs";

async function call(client, options) {
  const { projects } = await client.manage.v1.projects.list(options);
  return projects.map(({ name }) => name);
}

export const features = {
  call: (client) => call(client),
  retry_429: (client) => call(client),
  retry_5xx: (client) => call(client),
  async stream(client) {
    let size = 0;
    const sound = await client.speak.v1.audio.generate({ text: "Hello, wörld" });
    for await (const piece of sound.stream()) size += piece.length;
    return size;
  },
  async upload(client) {
    const heard = await client.listen.v1.media.transcribeFile(FILE, { model: "nova-3" });
    return heard.results.channels[0].alternatives[0].transcript;
  },
  error: (client) => raised(() => client.manage.v1.projects.get("none")),
  limit: (client) => raised(() => call(client, { maxRetries: 0 })),
  revoked: (client) => raised(() => call(client)),
};
