// The official @supabase/supabase-js: PostgREST, and files.
import { FILE, raised } from "./content.mjs";

async function call(client, table = "cities") {
  return (await client.from(table).select("*").throwOnError()).data;
}

// The error has no status, but the code of the response.
const code = (problem) => problem.code;

export const features = {
  call: (client) => call(client),
  retry_5xx: (client) => call(client),
  async upload(client) {
    const { data, error } = await client.storage.from("files").upload("data.bin", new Blob([FILE]));
    if (error) throw error;
    return Number(data.id);
  },
  error: (client) => raised(() => call(client, "none"), code),
  limit: (client) => raised(() => call(client), code),
  revoked: (client) => raised(() => call(client), code),
};
