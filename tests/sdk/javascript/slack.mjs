// @slack/web-api, Slack's official SDK.
import { WebClient } from "@slack/web-api";
import { FILE, raised } from "./content.mjs";

async function call(client) {
  const { user, team_id } = await client.auth.test();
  return [user, team_id];
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async upload(client) {
    const { files } = await client.filesUploadV2({
      channel_id: "C1",
      file: FILE,
      filename: "data.bin",
    });
    return files[0].files[0].size;
  },
  async pages(client) {
    const names = [];
    for await (const page of client.paginate("conversations.list", { limit: 2 })) {
      for (const { name } of page.channels) names.push(name);
    }
    return names;
  },
  error: (client) => raised(() => client.conversations.info({ channel: "none" }), reason),
  // Without this option it waits for Retry-After and tries again.
  limit({ slackApiUrl }, { token }) {
    const client = new WebClient(token, { slackApiUrl, rejectRateLimitedCalls: true });
    return raised(() => client.auth.test(), ({ retryAfter }) => retryAfter > 0);
  },
  revoked: (client) => raised(() => client.auth.test(), reason),
};

// Slack's word for the error. The status is 200.
function reason({ data }) {
  return data.error;
}
