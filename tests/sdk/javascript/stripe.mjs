// The official stripe SDK for Node.js.
import { FILE, raised } from "./content.mjs";

async function call(client) {
  const made = await client.customers.create({ email: "ada@example.com", name: "Ada Lövelace" });
  return [made.object, made.email, made.name];
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async upload(client) {
    const file = { data: FILE, name: "data.bin", type: "application/octet-stream" };
    return (await client.files.create({ file, purpose: "dispute_evidence" })).size;
  },
  async pages(client) {
    const names = [];
    for await (const customer of client.customers.list({ limit: 2 })) names.push(customer.id);
    return names;
  },
  error: (client) => raised(() => client.customers.retrieve("cus_none")),
  limit: (client) => raised(() => client.customers.list({}, { maxNetworkRetries: 0 })),
  revoked: (client) => raised(() => client.customers.list({}, { maxNetworkRetries: 0 })),
};
