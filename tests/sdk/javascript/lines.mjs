// Runs an SDK's lines and one call as they are asked for: a line of JSON in, a line of JSON out.
//
//   node lines.mjs
//   {"setup": "import ...; const client = ...", "call": "await client.models.list()"}
//
// The response says which error the call raised, if any (for the catalogue's lines the upstream's
// answer is an empty object, which many SDKs refuse), and what it returned. Nothing but this machine
// can be reached.
import dns from "node:dns";
import { rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const SECONDS = 60;
const lookup = dns.lookup;
dns.lookup = (host, options, answer = options) =>
  host === "127.0.0.1" || host === "localhost"
    ? lookup(host, options, answer)
    : answer(new Error(`${host} is not this machine`));
const print = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
for (const name of ["log", "info", "debug", "warn"]) console[name] = () => {};
process.on("unhandledRejection", () => {});
let number = 0;

async function run(setup, call) {
  const file = new URL(`./node_modules/.lines-${process.pid}-${number++}.mjs`, import.meta.url);
  writeFileSync(file, `${setup}\n\nexport async function call() {\n${call}\n}\n`);
  try {
    return await (await import(file.href)).call();
  } finally {
    rmSync(file);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { setup, call } = JSON.parse(line);
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error("timed out")), SECONDS * 1000);
  });
  try {
    const result = await Promise.race([run(setup, call), late]);
    print({ error: "", result: result ?? null });
  } catch (problem) {
    print({ error: String(problem?.stack ?? problem).slice(0, 500) });
  }
  clearTimeout(timer);
}
// Connections that are kept alive would hold the process.
process.exit();
