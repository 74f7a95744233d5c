// The official replicate SDK for JavaScript.
import { FILE, raised } from "./content.mjs";

const status = (problem) => problem.response.status;

export const features = {
  async call(client) {
    const input = { prompt: "Hello, wörld" };
    return (await client.run("meta/meta-llama-3-8b-instruct", { input })).join("");
  },
  // It repeats only GET after a server error.
  async retry_5xx(client) {
    return (await client.predictions.get("prediction-0")).output.join("");
  },
  async upload(client) {
    return (await client.files.create(new File([FILE], "data.bin"))).size;
  },
  async pages(client) {
    const names = [];
    for await (const page of client.paginate(client.predictions.list)) {
      for (const { id } of page) names.push(id);
    }
    return names;
  },
  error: (client) => raised(() => client.predictions.get("none"), status),
  limit: (client) => raised(() => client.predictions.list(), status),
  revoked: (client) => raised(() => client.predictions.list(), status),
};
