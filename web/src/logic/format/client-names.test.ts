import { expect, test } from "vitest";
import { clientName } from "./client-names";

test.each([
  ["claude-cli", "Claude Code"],
  ["codex", "Codex"],
  ["openai-python", "OpenAI Python SDK"],
  ["anthropic-js", "Anthropic JavaScript SDK"],
  ["stripe-node", "Stripe Node.js SDK"],
  ["python-httpx", "httpx (Python)"],
  ["curl", "curl"],
  ["none", "No User-Agent"],
  ["other", "Unknown client"],
  ["my-script", "my-script"],
  ["my-python", "my-python"],
  ["openai-cobol", "openai-cobol"],
  ["constructor", "constructor"],
  ["valueof-python", "valueof-python"],
  ["constructor-constructor", "constructor-constructor"],
])("%s is %s", (family, name) => {
  expect(clientName(family)).toBe(name);
});
