// @gitbeaker/rest, the common SDK of GitLab.
import { FILE, raised } from "./content.mjs";

async function call(client) {
  return (await client.Users.showCurrentUser()).username;
}

// The error of a request has its response. After its retries there is a message only.
function status({ cause, message }) {
  return cause?.response?.status ?? Number(/last status code: (\d+)/.exec(message)[1]);
}

export const features = {
  call,
  retry_5xx: call,
  async upload(client) {
    const file = { content: new Blob([FILE]), filename: "data.bin" };
    return Number((await client.ProjectMarkdownUploads.create(1, file)).alt);
  },
  async pages(client) {
    const projects = await client.Projects.all({ perPage: 2, owned: true });
    return projects.map(({ name }) => name);
  },
  error: (client) => raised(() => client.Projects.show(99), status),
  limit: (client) => raised(() => client.Users.showCurrentUser(), status),
  revoked: (client) => raised(() => client.Users.showCurrentUser(), status),
};
