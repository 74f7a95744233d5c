import { describe, expect, test } from "vitest";
import {
  type Agent,
  agentsFor,
  editorSettings,
  loginLine,
  manualSnippets,
  runLine,
} from "./agents";
import type { ProxyAddresses, SnippetApi } from "./api-snippets";

const HERE: ProxyAddresses = { proxy: "http://127.0.0.1:8420/proxy", roots: {} };
const TOKEN = "apd_0123";

function api(slug: string, openai_path: string | null, apiName = slug): SnippetApi {
  const provider = {
    slug,
    name: slug,
    sdk_path: "",
    openai_path,
    env: {},
    check_path: null,
    check_headers: {},
    token_prefix: "",
  };
  return { apiName, baseUrl: "https://api.example", provider };
}

function agent(name: string, providers: (string | null)[], more: Partial<Agent> = {}): Agent {
  const connections = providers.map((provider) => ({
    provider,
    run: `api-dashboard run --api {api_name} -- ${name}`,
    snippets: [],
    settings: [],
    note: provider ?? "any",
  }));
  return {
    name,
    title: name.toUpperCase(),
    kind: "command",
    install: { line: `npm install -g ${name}` },
    docs: "https://docs.example",
    connections,
    ...more,
  };
}

const AGENTS = [
  agent("aider", ["anthropic", "openai", "groq", null]),
  agent("claude", ["anthropic"]),
  agent("codex", ["openai", null]),
  agent("llm", ["openai", "anthropic"]),
  agent("cline", ["anthropic", null], { kind: "editor" }),
];

describe("the agents for an API", () => {
  const names = (kind: Agent["kind"], of: SnippetApi) =>
    agentsFor(AGENTS, kind, of).map((each) => `${each.agent.name} ${each.connection.note}`);
  test("begin with those that prefer it", () => {
    expect(names("command", api("anthropic", ""))).toEqual([
      "claude anthropic",
      "aider anthropic",
      "llm anthropic",
      "codex any",
    ]);
    expect(names("command", api("openai", "/v1"))).toEqual([
      "codex openai",
      "llm openai",
      "aider openai",
    ]);
  });
  test("include those for any API like OpenAI's only if it is one", () => {
    expect(names("command", api("groq", "/openai/v1"))).toEqual(["aider groq", "codex any"]);
    expect(names("command", api("xai", "/v1"))).toEqual(["codex any", "aider any"]);
    expect(names("command", api("github", null))).toEqual([]);
    expect(names("editor", api("github", null))).toEqual([]);
    expect(names("editor", api("xai", "/v1"))).toEqual(["cline any"]);
  });
  test("are none for an API without a provider", () => {
    const own: SnippetApi = { apiName: "mine", baseUrl: "https://x", provider: undefined };
    expect(names("command", own)).toEqual([]);
  });
});

describe("a command", () => {
  test("starts an agent or a script for the API", () => {
    const [codex] = agentsFor(AGENTS, "command", api("openai", "/v1", "openai-work"));
    expect(runLine("openai-work", codex)).toBe("api-dashboard run --api openai-work -- codex");
    expect(runLine("mine", undefined)).toBe("api-dashboard run --api mine -- python script.py");
  });
  test("is one line of words, whatever the name and the address", () => {
    expect(runLine("a; rm -rf ~", undefined)).toContain("--api 'a; rm -rf ~' --");
    expect(loginLine("http://127.0.0.1:8420")).toBe("api-dashboard login http://127.0.0.1:8420");
    expect(loginLine("https://x/$(y)")).toBe("api-dashboard login 'https://x/$(y)'");
  });
});

describe("the setup by hand", () => {
  const editor = agent("editor", [null], { kind: "editor" });
  const connected = {
    agent: editor,
    connection: {
      provider: null,
      run: "",
      note: "",
      settings: [
        { name: "URL", value: "{openai_url}" },
        { name: "Key", value: "{token}" },
        { name: "Model", value: "{unknown} of {api_name}" },
      ],
      snippets: [
        { language: "sh", file: null, text: "KEY={token} codex\n" },
        {
          language: "json",
          file: "a.json",
          text: '{\n  "{api_name}": "{api_url}/v1 {token}"\n}\n',
        },
      ],
    },
  };
  test("has the URLs of this installation and the token", () => {
    const groq = api("groq", "/openai/v1");
    expect(editorSettings(connected, HERE, groq, TOKEN)).toEqual([
      { name: "URL", value: "http://127.0.0.1:8420/proxy/groq/openai/v1" },
      { name: "Key", value: TOKEN },
      { name: "Model", value: "{unknown} of groq" },
    ]);
    expect(manualSnippets(connected, HERE, groq, TOKEN).map(({ text }) => text)).toEqual([
      "KEY=apd_0123 codex",
      '{\n  "groq": "http://127.0.0.1:8420/proxy/groq/v1 apd_0123"\n}',
    ]);
  });
  test("has the base URL if the API has none for OpenAI's clients", () => {
    const [url] = editorSettings(connected, HERE, api("anthropic", null), TOKEN);
    expect(url?.value).toBe("http://127.0.0.1:8420/proxy/anthropic");
  });
  test("quotes a placeholder in shell lines", () => {
    const [shell] = manualSnippets(connected, HERE, api("groq", ""), "<your token>");
    expect(shell?.text).toBe("KEY='<your token>' codex");
  });
});
