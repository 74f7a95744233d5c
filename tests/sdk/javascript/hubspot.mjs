// @hubspot/api-client, HubSpot's official SDK.
import { Client } from "@hubspot/api-client";
import { FILE, raised } from "./content.mjs";

const status = (problem) => problem.code;
const properties = { email: "ada@example.com", lastname: "Lövelace" };

async function call(client) {
  const made = await client.crm.contacts.basicApi.create({ properties, associations: [] });
  return [made.properties.email, made.properties.lastname];
}

// It retries only with this option.
function retried({ config }) {
  return call(new Client({ ...config, numberOfApiCallRetries: 2 }));
}

export const features = {
  call,
  retry_429: retried,
  retry_5xx: retried,
  async upload(client) {
    const file = { data: FILE, name: "data.bin" };
    const options = JSON.stringify({ access: "PRIVATE" });
    const made = await client.files.filesApi.upload(
      file, undefined, "/", "data.bin", undefined, options,
    );
    return made.size;
  },
  async pages(client) {
    return (await client.crm.contacts.getAll(2)).map(({ id }) => id);
  },
  error: (client) => raised(() => client.crm.contacts.basicApi.getById("none"), status),
  limit: (client) => raised(() => client.crm.contacts.basicApi.getPage(2), status),
  revoked: (client) => raised(() => client.crm.contacts.basicApi.getPage(2), status),
};
