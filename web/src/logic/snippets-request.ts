import type { Composed } from "./compose";

/** The environment variable that stands in the place of a token. */
export const PLACEHOLDER = "API_DASHBOARD_TOKEN";

export const LANGUAGES = { curl: "curl", python: "Python", javascript: "JavaScript" } as const;

export type Language = keyof typeof LANGUAGES;

/** A request as a program that makes it; `address` is the API's, without a `/` at the end. */
export function snippet(language: Language, address: string, request: Composed): string {
  return WRITERS[language](address + request.target, request);
}

const WRITERS: Readonly<Record<Language, (url: string, request: Composed) => string>> = {
  curl: (url, { method, headers, body }) => {
    const how = method === "GET" ? "" : method === "HEAD" ? " --head" : ` --request ${method}`;
    return [
      `curl${how} ${shell(url)}`,
      `--header "Authorization: Bearer $${PLACEHOLDER}"`,
      // curl sends a field without a value only where a semicolon ends its name.
      ...headers.map(
        ([name, value]) => `--header ${shell(value ? `${name}: ${value}` : `${name};`)}`,
      ),
      ...(body === undefined ? [] : [`--data-raw ${shell(body)}`]),
      // curl would take brackets and braces in an address for patterns of its own.
      ...(/[[\]{}]/.test(url) ? ["--globoff"] : []),
    ].join(" \\\n  ");
  },

  python: (url, { method, headers, body }) => {
    const fields = [
      `        "Authorization": f"Bearer {os.environ['${PLACEHOLDER}']}",`,
      ...headers.map(([name, value]) => `        ${python(name)}: ${python(value)},`),
    ];
    return [
      "import os",
      "",
      "import requests",
      "",
      "response = requests.request(",
      `    ${python(method)},`,
      `    ${python(url)},`,
      "    headers={",
      ...fields,
      "    },",
      ...(body === undefined ? [] : [`    data=${python(body)}.encode(),`]),
      "    timeout=60,",
      ")",
      "print(response.status_code, response.text)",
    ].join("\n");
  },

  javascript: (url, { method, headers, body }) => {
    const fields = [
      `    Authorization: \`Bearer \${process.env.${PLACEHOLDER}}\`,`,
      ...headers.map(([name, value]) => `    ${script(name)}: ${script(value)},`),
    ];
    return [
      `const response = await fetch(${script(url)}, {`,
      `  method: ${script(method)},`,
      "  headers: {",
      ...fields,
      "  },",
      ...(body === undefined ? [] : [`  body: ${script(body)},`]),
      "});",
      "console.log(response.status, await response.text());",
    ].join("\n");
  },
};

/** A text as one word of a POSIX shell. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as a JavaScript string. */
export function script(text: string): string {
  // JSON strings are JavaScript's too (ECMAScript 2019).
  return JSON.stringify(text);
}

/** A text as a Python string. */
export function python(text: string): string {
  // JSON writes signs beyond the first plane as themselves, and lone surrogates as \uXXXX: Python
  // reads both alike.
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
