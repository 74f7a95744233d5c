import { describe, expect, test } from "vitest";
import type { ComposedRequest } from "../playground/compose";
import { quotePython, quoteJavaScript, quoteShell } from "./quoting";
import { LANGUAGES, type Language, requestSnippet } from "./request-snippets";

const ADDRESS = "http://127.0.0.1:8420";
const LIST: ComposedRequest = {
  method: "GET",
  target: "/proxy/openai/v1/models?limit=3",
  headers: [],
  body: undefined,
};
const CHAT: ComposedRequest = {
  method: "POST",
  target: "/proxy/openai/v1/chat/completions",
  headers: [["Content-Type", "application/json"]],
  body: `{"say": "it's $HOME \\"so\\" \`now\`"}`,
};

test("curl", () => {
  expect(requestSnippet("curl", ADDRESS, LIST)).toBe(
    `curl 'http://127.0.0.1:8420/proxy/openai/v1/models?limit=3' \\
  --header "Authorization: Bearer $API_DASHBOARD_TOKEN"`,
  );
  expect(requestSnippet("curl", ADDRESS, CHAT)).toBe(
    `curl --request POST 'http://127.0.0.1:8420/proxy/openai/v1/chat/completions' \\
  --header "Authorization: Bearer $API_DASHBOARD_TOKEN" \\
  --header 'Content-Type: application/json' \\
  --data-raw '{"say": "it'\\''s $HOME \\"so\\" \`now\`"}'`,
  );
});

test("curl handles brackets, HEAD and empty headers", () => {
  const text = requestSnippet("curl", ADDRESS, {
    ...LIST,
    method: "HEAD",
    target: "/proxy/x/?a[]=1",
    headers: [["X-Empty", ""]],
  });
  expect(text).toContain("--globoff");
  expect(text).toContain("curl --head ");
  expect(text).toContain("--header 'X-Empty;'");
});

test("Python", () => {
  expect(requestSnippet("python", ADDRESS, CHAT)).toBe(`import os

import requests

response = requests.request(
    "POST",
    "http://127.0.0.1:8420/proxy/openai/v1/chat/completions",
    headers={
        "Authorization": f"Bearer {os.environ['API_DASHBOARD_TOKEN']}",
        "Content-Type": "application/json",
    },
    data="{\\"say\\": \\"it's $HOME \\\\\\"so\\\\\\" \`now\`\\"}".encode(),
    timeout=60,
)
print(response.status_code, response.text)`);
});

test("JavaScript", () => {
  expect(requestSnippet("javascript", ADDRESS, LIST)).toBe(
    `const response = await fetch("http://127.0.0.1:8420/proxy/openai/v1/models?limit=3", {
  method: "GET",
  headers: {
    Authorization: \`Bearer \${process.env.API_DASHBOARD_TOKEN}\`,
  },
});
console.log(response.status, await response.text());`,
  );
});

describe("quoting", () => {
  const HOSTILE = [
    "'; rm -rf ~; '",
    '"; import os; os.system("x"); "',
    "${process.exit()} `id` $(id)",
    "{os.environ}",
    "a\nb\r\n\\n",
    "\\",
    "日本 🙂 \u2028 \u007f \u0000",
  ];

  test.each(HOSTILE)("JavaScript reads %j unchanged", (text) => {
    expect(JSON.parse(quoteJavaScript(text))).toBe(text);
    expect(quoteJavaScript(text)).toMatch(/^"[^\n]*"$/);
  });

  test.each(HOSTILE)("a Python string of %j is not ended early", (text) => {
    expect(quotePython(text)).toMatch(/^"(?:[^"\\\n\r]|\\["\\bfnrt]|\\u[0-9a-f]{4})*"$/);
    expect(JSON.parse(quotePython(text))).toBe(text);
  });

  test.each(HOSTILE)("a shell reads %j as one word", (text) => {
    // Inside single quotes, a shell interprets only the closing quote.
    const words = quoteShell(text).replaceAll("'\\''", "\u0001");
    expect(words).toMatch(/^'[^']*'$/);
    expect(words.slice(1, -1).replaceAll("\u0001", "'")).toBe(text);
  });

  test.each(HOSTILE.flatMap((text) => Object.keys(LANGUAGES).map((one) => [one, text] as const)))(
    "headers and bodies stay inside their quotes: %s %j",
    (language, text) => {
      const made = requestSnippet(language as Language, ADDRESS, {
        ...CHAT,
        headers: [["X-A", text]],
        body: text,
      });
      const quoted = {
        curl: quoteShell(text),
        python: quotePython(text),
        javascript: quoteJavaScript(text),
      };
      expect(made).toContain(quoted[language as Language]);
      expect(made).not.toContain("apd_");
    },
  );
});
