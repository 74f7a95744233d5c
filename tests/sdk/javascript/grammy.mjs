// grammy, for bots of Telegram.
import { InputFile } from "grammy";
import { FILE, raised } from "./content.mjs";

const status = (problem) => problem.error_code;

async function call(client) {
  return (await client.api.getMe()).username;
}

export const features = {
  call,
  async upload(client) {
    const sent = await client.api.sendDocument(1, new InputFile(FILE, "data.bin"));
    return sent.document.file_size;
  },
  error: (client) => raised(() => client.api.raw.getForumTopicIconStickers(), status),
  limit: (client) => raised(() => client.api.getMe(), status),
  revoked: (client) => raised(() => client.api.getMe(), status),
};
