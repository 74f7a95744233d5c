// telegraf, for bots of Telegram.
import { FILE, raised } from "./content.mjs";

const status = (problem) => problem.code;

async function call(client) {
  return (await client.telegram.getMe()).username;
}

export const features = {
  call,
  async upload(client) {
    const file = { source: FILE, filename: "data.bin" };
    return (await client.telegram.sendDocument(1, file)).document.file_size;
  },
  error: (client) => raised(() => client.telegram.getForumTopicIconStickers(), status),
  limit: (client) => raised(() => client.telegram.getMe(), status),
  revoked: (client) => raised(() => client.telegram.getMe(), status),
};
