// fetch of Node.js: no SDK, with the same token in the same place.
import { FILE } from "./content.mjs";

const bearer = (token) => ({ Authorization: `Bearer ${token}` });

async function refused(path, { others, token }) {
  const answer = await fetch(`${others.github}${path}`, { headers: bearer(token) });
  return answer.ok ? null : ["Response", answer.status];
}

export const features = {
  async call(_, { others, token }) {
    return (await (await fetch(`${others.github}/user`, { headers: bearer(token) })).json()).login;
  },
  async stream(_, { others, token }) {
    const answer = await fetch(`${others.openai}/v1/chat/completions`, {
      method: "POST",
      headers: { ...bearer(token), "Content-Type": "application/json" },
      body: JSON.stringify({
        model: "gpt-5-mini",
        messages: [{ role: "user", content: "Hello, wörld" }],
        stream: true,
      }),
    });
    let text = "";
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) text += piece;
    return text
      .split("\n")
      .filter((line) => line.startsWith("data: {"))
      .map((line) => JSON.parse(line.slice(6)).choices[0].delta.content ?? null);
  },
  async upload(_, { others, token }) {
    const form = new FormData();
    form.append("purpose", "fine-tune");
    form.append("file", new Blob([FILE]), "data.jsonl");
    const url = `${others.openai}/v1/files`;
    return (await (await fetch(url, { method: "POST", headers: bearer(token), body: form })).json())
      .bytes;
  },
  async pages(_, { others, token }) {
    const names = [];
    let url = `${others.github}/user/repos?per_page=2`;
    while (url) {
      const answer = await fetch(url, { headers: bearer(token) });
      for (const { name } of await answer.json()) names.push(name);
      url = /<([^<>]+)>; rel="next"/.exec(answer.headers.get("link"))?.[1];
    }
    return names;
  },
  async follow(_, { others, token }) {
    const headers = bearer(token);
    const url = `${others.github}/repos/octocat/old-name`;
    const moved = await (await fetch(url, { headers })).json();
    const listed = await (await fetch(moved.url, { headers })).json();
    return [moved.full_name, listed.owner.login];
  },
  error: (_, setup) => refused("/repos/octocat/none", setup),
  limit: (_, setup) => refused("/user", setup),
  revoked: (_, setup) => refused("/user", setup),
};
