// @notionhq/client, Notion's official SDK.
import { Client, iteratePaginatedAPI } from "@notionhq/client";
import { FILE, raised } from "./content.mjs";

async function call(client) {
  return (await client.users.me({})).name;
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async upload(client) {
    const { id } = await client.fileUploads.create({ filename: "data.bin" });
    const file = { data: new Blob([FILE]), filename: "data.bin" };
    return (await client.fileUploads.send({ file_upload_id: id, file })).content_length;
  },
  async pages(client) {
    const names = [];
    for await (const { name } of iteratePaginatedAPI(client.users.list, { page_size: 2 })) {
      names.push(name);
    }
    return names;
  },
  error: (client) => raised(() => client.pages.retrieve({ page_id: "none" })),
  // With retries, it would wait for Retry-After, at most a minute, and try again twice.
  limit(_, { others, token }) {
    const client = new Client({ auth: token, baseUrl: others.notion, retry: false });
    return raised(() => call(client));
  },
  revoked: (client) => raised(() => client.users.me({})),
};
