import type { ComposedRequest } from "../playground/compose";
import { quotePython, quoteJavaScript, quoteShell } from "./quoting";

/** The environment variable that holds the token. */
export const TOKEN_VARIABLE = "API_DASHBOARD_TOKEN";

export const LANGUAGES = { curl: "curl", python: "Python", javascript: "JavaScript" } as const;

export type Language = keyof typeof LANGUAGES;

/** Code that sends a request; `address` is the API's URL without a trailing `/`. */
export function requestSnippet(
  language: Language,
  address: string,
  request: ComposedRequest,
): string {
  return WRITERS[language](address + request.target, request);
}

const WRITERS: Readonly<Record<Language, (url: string, request: ComposedRequest) => string>> = {
  curl: (url, { method, headers, body }) => {
    const how = method === "GET" ? "" : method === "HEAD" ? " --head" : ` --request ${method}`;
    return [
      `curl${how} ${quoteShell(url)}`,
      `--header "Authorization: Bearer $${TOKEN_VARIABLE}"`,
      // curl sends a header without a value only if its name ends with a semicolon.
      ...headers.map(
        ([name, value]) => `--header ${quoteShell(value ? `${name}: ${value}` : `${name};`)}`,
      ),
      ...(body === undefined ? [] : [`--data-raw ${quoteShell(body)}`]),
      // curl would interpret brackets and braces in a URL.
      ...(/[[\]{}]/.test(url) ? ["--globoff"] : []),
    ].join(" \\\n  ");
  },

  python: (url, { method, headers, body }) => {
    const fields = [
      `        "Authorization": f"Bearer {os.environ['${TOKEN_VARIABLE}']}",`,
      ...headers.map(([name, value]) => `        ${quotePython(name)}: ${quotePython(value)},`),
    ];
    return [
      "import os",
      "",
      "import requests",
      "",
      "response = requests.request(",
      `    ${quotePython(method)},`,
      `    ${quotePython(url)},`,
      "    headers={",
      ...fields,
      "    },",
      ...(body === undefined ? [] : [`    data=${quotePython(body)}.encode(),`]),
      "    timeout=60,",
      ")",
      "print(response.status_code, response.text)",
    ].join("\n");
  },

  javascript: (url, { method, headers, body }) => {
    const fields = [
      `    Authorization: \`Bearer \${process.env.${TOKEN_VARIABLE}}\`,`,
      ...headers.map(([name, value]) => `    ${quoteJavaScript(name)}: ${quoteJavaScript(value)},`),
    ];
    return [
      `const response = await fetch(${quoteJavaScript(url)}, {`,
      `  method: ${quoteJavaScript(method)},`,
      "  headers: {",
      ...fields,
      "  },",
      ...(body === undefined ? [] : [`  body: ${quoteJavaScript(body)},`]),
      "});",
      "console.log(response.status, await response.text());",
    ].join("\n");
  },
};
