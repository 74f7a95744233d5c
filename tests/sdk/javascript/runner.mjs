// Runs the features of SDKs as they are asked for: a line of JSON in, a line of JSON out.
//
//   node runner.mjs
//   {"setup": "import ...", "module": "openai", "feature": "call", "environment": {}, ...}
import { rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const print = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
// Output of the SDKs would be read as an answer.
for (const name of ["log", "info", "debug", "warn"]) console[name] = () => {};
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
  const { setup, module, feature, environment, ...context } = JSON.parse(line);
  Object.assign(process.env, environment);
  let answer;
  try {
    const { features } = await import(`./${module}.mjs`);
    const client = setup ? await makeClient(setup) : null;
    answer = { error: "", result: (await features[feature](client, context)) ?? null };
  } catch (problem) {
    answer = { error: `${problem?.constructor?.name}: ${problem?.stack ?? problem}` };
  }
  for (const name of Object.keys(environment)) delete process.env[name];
  print(answer);
}
// Connections that are kept alive would hold the process.
process.exit();
