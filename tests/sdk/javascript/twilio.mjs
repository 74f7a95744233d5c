// The official twilio SDK for Node.js.
import twilio from "twilio";
import { raised } from "./content.mjs";

async function call(client) {
  const wanted = { to: "+15005550010", from: "+15005550006", body: "Hello, wörld" };
  const { status, body } = await client.messages.create(wanted);
  return [status, body];
}

export const features = {
  call,
  // It retries only with this option, and only a 429.
  retry_429(_, { others, token }) {
    const client = twilio("ACCOUNT_SID", token, { autoRetry: true });
    client.api.baseUrl = others.twilio;
    return call(client);
  },
  async pages(client) {
    return (await client.messages.list({ pageSize: 2 })).map(({ sid }) => sid);
  },
  error: (client) => raised(() => client.messages("SMnone").fetch()),
  limit: (client) => raised(() => call(client)),
  revoked: (client) => raised(() => call(client)),
};
