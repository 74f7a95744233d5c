// octokit, GitHub's official SDK.
import assert from "node:assert";

import { FILE, raised } from "./content.mjs";

const repository = { owner: "octocat", repo: "Hello-World" };

async function call(client) {
  return (await client.rest.users.getAuthenticated()).data.login;
}

export const features = {
  call,
  retry_429: call,
  retry_5xx: call,
  async upload(client) {
    const made = await client.rest.repos.createOrUpdateFileContents({
      ...repository,
      path: "notes/hello.txt",
      message: "a message",
      content: FILE.toString("base64"),
    });
    return made.data.content.size;
  },
  async pages(client) {
    const found = await client.paginate(client.rest.repos.listForAuthenticatedUser, { per_page: 2 });
    return found.map(({ name }) => name);
  },
  async follow(client) {
    const moved = await client.rest.repos.get({ owner: "octocat", repo: "old-name" });
    const listed = await client.request(`GET ${moved.data.url}`);
    return [moved.data.full_name, listed.data.owner.login];
  },
  error: (client) => raised(() => client.rest.repos.get({ owner: "octocat", repo: "none" })),
  // octokit waits for X-RateLimit-Reset, tries once more, then throws. Its timers end at once here.
  async limit(client) {
    const { setTimeout } = globalThis;
    const waits = [];
    globalThis.setTimeout = (task, milliseconds, ...rest) => {
      waits.push(milliseconds);
      return setTimeout(task, 0, ...rest);
    };
    try {
      const request = { retries: 0 };
      return await raised(() => client.rest.users.getAuthenticated({ request }));
    } finally {
      globalThis.setTimeout = setTimeout;
      assert.ok(Math.max(...waits) > 60_000, `octokit waited ${waits} ms`);
    }
  },
  revoked: (client) => raised(() => client.rest.users.getAuthenticated()),
  // Release assets go to a host of their own, so to an API of their own here.
  async asset(client, { others }) {
    const made = await client.rest.repos.uploadReleaseAsset({
      ...repository,
      release_id: 1,
      name: "data.bin",
      data: FILE,
      headers: { "content-type": "application/octet-stream", "content-length": FILE.length },
      baseUrl: others["github-uploads"],
    });
    return made.data.size;
  },
};
