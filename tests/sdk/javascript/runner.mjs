// Runs the features of one SDK as they are asked for: a line of JSON in, a line of JSON out.
//
//   node runner.mjs openai
//   {"feature": "call", "code": "import ...", "environment": {}, "others": {}, "token": "..."}
import { rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { features } = await import(`./${process.argv[2]}.mjs`);
let number = 0;

// The lines that set a client up are a module of their own, beside the packages that they import.
async function makeClient(code) {
  const file = new URL(`./node_modules/.setup-${process.pid}-${number++}.mjs`, import.meta.url);
  writeFileSync(file, `${code}\n\nexport { client };\n`);
  try {
    return (await import(file.href)).client;
  } finally {
    rmSync(file);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { feature, code, environment, ...setup } = JSON.parse(line);
  Object.assign(process.env, environment);
  let answer;
  try {
    const client = code ? await makeClient(code) : null;
    answer = { result: (await features[feature](client, setup)) ?? null };
  } catch (problem) {
    answer = { failure: String(problem?.stack ?? problem) };
  }
  for (const name of Object.keys(environment)) delete process.env[name];
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
// Connections that are kept alive would hold the process.
process.exit();
