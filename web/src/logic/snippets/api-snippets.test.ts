import { describe, expect, test } from "vitest";
import {
  type ProxyAddresses,
  sampleCall,
  curlSnippet,
  envLines,
  javascriptSnippet,
  directUrl,
  proxyOrigin,
  pythonSnippet,
  sdkSetup,
  sdkUrl,
  shellExports,
  type SnippetApi,
} from "./api-snippets";

const HERE: ProxyAddresses = { proxy: "http://127.0.0.1:8420/proxy", roots: {} };
const TOKEN = "apd_0123";
const EVERYTHING = { methods: [], path_prefixes: [] };
const OPENAI: SnippetApi = {
  apiName: "openai",
  baseUrl: "https://api.openai.com",
  provider: {
    slug: "openai",
    name: "OpenAI",
    sdk_path: "/v1",
    openai_path: "/v1",
    env: { key: ["OPENAI_API_KEY"], base_url: ["OPENAI_BASE_URL"] },
    check_path: "/v1/models?limit=1",
    check_headers: { "X-Version": "2" },
    token_prefix: "",
  },
};
const WEATHER: SnippetApi = {
  apiName: "my-weather",
  baseUrl: "https://weather.example",
  provider: undefined,
};
// No API can have this name, but a snippet for it must be safe nevertheless.
const HOSTILE: SnippetApi = {
  apiName: `a'; rm -rf ~ #"\n$(x)\``,
  baseUrl: "https://weather.example",
  provider: undefined,
};

describe("the base URL", () => {
  test("ends with the SDK's path", () => {
    expect(sdkUrl(HERE, OPENAI)).toBe("http://127.0.0.1:8420/proxy/openai/v1");
  });
  test("does not repeat the path of the key's base URL", () => {
    const stored = { ...OPENAI, baseUrl: "https://gateway.example/v1" };
    expect(sdkUrl(HERE, stored)).toBe("http://127.0.0.1:8420/proxy/openai");
  });
  test("has no extra path for a custom API", () => {
    expect(sdkUrl(HERE, WEATHER)).toBe("http://127.0.0.1:8420/proxy/my-weather");
  });
});

test("only a CDN makes another address necessary for long pauses", () => {
  expect(directUrl(HERE, OPENAI)).toBeUndefined();
  const behindCdn = { ...HERE, direct: "https://x.lambda-url.us-east-2.on.aws/proxy" };
  expect(directUrl(behindCdn, OPENAI)).toBe(
    "https://x.lambda-url.us-east-2.on.aws/proxy/openai/v1",
  );
});

test("a path is appended to the proxy's origin", () => {
  expect(proxyOrigin(HERE.proxy)).toBe("http://127.0.0.1:8420");
  expect(proxyOrigin("https://keys.example/proxy/proxy")).toBe("https://keys.example/proxy");
});

describe("the sample call", () => {
  const of = (methods: string[], path_prefixes: string[], api = OPENAI) => {
    const { method, url } = sampleCall(HERE, api, { methods, path_prefixes });
    return `${method} ${url.replace(HERE.proxy, "")}`;
  };
  test("is the provider's test request if the token may make it", () => {
    expect(of([], [])).toBe("GET /openai/v1/models?limit=1");
    expect(of(["GET", "POST"], ["/v1"])).toBe("GET /openai/v1/models?limit=1");
    expect(of([], ["/v1/models/"])).toBe("GET /openai/v1/models?limit=1");
  });
  test("is a call that the token may make otherwise", () => {
    expect(of(["POST"], [])).toBe("POST /openai/");
    expect(of([], ["/v1/chat", "/v1/x"])).toBe("GET /openai/v1/chat");
    expect(of([], ["/v1/mod"])).toBe("GET /openai/v1/mod");
  });
  test("is the root path of a custom API", () => {
    expect(of([], [], WEATHER)).toBe("GET /my-weather/");
  });
});

test("curl", () => {
  expect(curlSnippet(sampleCall(HERE, OPENAI, EVERYTHING), TOKEN)).toBe(
    `curl 'http://127.0.0.1:8420/proxy/openai/v1/models?limit=1' \\
  --header 'Authorization: Bearer apd_0123' \\
  --header 'X-Version: 2'`,
  );
  const call = { method: "HEAD", url: "https://x/[a]", headers: [] };
  expect(curlSnippet(call, TOKEN)).toMatch(/^curl --head .*--globoff$/s);
  expect(curlSnippet({ ...call, method: "PUT" }, TOKEN)).toMatch(/^curl --request PUT /);
});

test("Python and JavaScript", () => {
  const call = sampleCall(HERE, OPENAI, EVERYTHING);
  expect(pythonSnippet(call, TOKEN)).toContain(`        "Authorization": "Bearer apd_0123",
        "X-Version": "2",
    },`);
  expect(javascriptSnippet(call, TOKEN)).toBe(
    `const response = await fetch("http://127.0.0.1:8420/proxy/openai/v1/models?limit=1", {
  method: "GET",
  headers: {
    "Authorization": "Bearer apd_0123",
    "X-Version": "2",
  },
});
console.log(response.status, await response.text());`,
  );
});

test("variables come from the provider or from the API name", () => {
  expect(shellExports(HERE, OPENAI, TOKEN)).toBe(
    "export OPENAI_API_KEY='apd_0123'\nexport OPENAI_BASE_URL='http://127.0.0.1:8420/proxy/openai/v1'",
  );
  expect(envLines(HERE, WEATHER, "<your token>")).toBe(
    `MY_WEATHER_API_KEY="<your token>"
# No SDK reads this variable: pass it to your client as the base URL.
MY_WEATHER_BASE_URL=http://127.0.0.1:8420/proxy/my-weather`,
  );
  expect(envLines(HERE, { ...WEATHER, apiName: "7timer" }, TOKEN)).toMatch(/^_7TIMER_API_KEY=/);
});

test("a token has the form that the API's SDKs check", () => {
  const provider = OPENAI.provider && { ...OPENAI.provider, token_prefix: "1:" };
  const telegram = { ...OPENAI, provider };
  const sdk = {
    language: "python" as const,
    package: "telegram",
    setup: 'client = Client(api_key="{token}")',
    argument: "base_url",
    evidence: "run" as const,
  };
  expect(shellExports(HERE, telegram, TOKEN)).toContain("export OPENAI_API_KEY='1:apd_0123'");
  expect(envLines(HERE, telegram, TOKEN)).toContain("OPENAI_API_KEY=1:apd_0123");
  expect(sdkSetup(sdk, HERE, telegram, TOKEN)).toContain('api_key="1:apd_0123"');
  expect(curlSnippet(sampleCall(HERE, telegram, EVERYTHING), TOKEN)).toContain("Bearer apd_0123");
});

describe("an official SDK", () => {
  const sdk = {
    language: "python" as const,
    package: "openai",
    setup: 'client = OpenAI(base_url="{base_url}", api_key="{token}")',
    argument: "base_url",
    evidence: "run" as const,
  };
  const rooted = {
    language: "javascript" as const,
    package: "stripe",
    setup: 'new Stripe("{token}", { host: "{root_host}", port: {root_port} })',
    argument: "host",
    evidence: "run" as const,
  };
  test("is set up with the token and the base URL", () => {
    expect(sdkSetup(sdk, HERE, OPENAI, TOKEN)).toBe(
      'client = OpenAI(base_url="http://127.0.0.1:8420/proxy/openai/v1", api_key="apd_0123")',
    );
  });
  test("may need another path than the provider's other SDKs", () => {
    const other = { ...rooted, setup: 'new Other("{token}", "{api_url}/v2")' };
    expect(sdkSetup(other, HERE, OPENAI, TOKEN)).toBe(
      'new Other("apd_0123", "http://127.0.0.1:8420/proxy/openai/v2")',
    );
  });
  test("has its values escaped and replaced once", () => {
    expect(sdkSetup(sdk, HERE, OPENAI, 'a"b\\{base_url}')).toContain(
      String.raw`api_key="a\"b\\{base_url}"`,
    );
  });
  test("without path support needs an API host", () => {
    expect(sdkSetup(rooted, HERE, OPENAI, TOKEN)).toBeUndefined();
    const roots = { openai: "http://127.0.0.1:8421" };
    expect(sdkSetup(rooted, { ...HERE, roots }, OPENAI, TOKEN)).toBe(
      'new Stripe("apd_0123", { host: "127.0.0.1", port: 8421 })',
    );
  });
});

test.each([
  ['new A("http://{root_host}:{root_port}")', 'new A("https://127.0.0.1:8421")'],
  ['{ host: "{root_host}", protocol: "http" }', '{ host: "127.0.0.1", protocol: "https" }'],
  ['{ h: "{root_host}:{root_port}", useHttps: false }', '{ h: "127.0.0.1:8421", useHttps: true }'],
  ['new B("{base_url}", "http://x")', 'new B("https://h/proxy/openai/v1", "http://x")'],
])("an API host with a certificate is called by HTTPS: %s", (setup, expected) => {
  const addresses = { proxy: "https://h/proxy", roots: { openai: "https://127.0.0.1:8421" } };
  const sdk = {
    language: "javascript" as const,
    package: "p",
    setup,
    argument: "",
    evidence: "run" as const,
  };
  expect(sdkSetup(sdk, addresses, OPENAI, TOKEN)).toBe(expected);
});

test("a hostile name cannot escape its quotes", () => {
  const call = sampleCall(HERE, HOSTILE, EVERYTHING);
  const address = /^http:\/\/127\.0\.0\.1:8420\/proxy\/[\w%'~().!*-]+\/$/;
  expect(call.url).toMatch(address);
  // Inside single quotes, a quote is written as '\''.
  const [word] = /(?<=^curl ).*(?= \\\n)/.exec(curlSnippet(call, TOKEN)) ?? [""];
  expect(word.slice(1, -1).replaceAll(String.raw`'\''`, "")).not.toContain("'");
  expect(shellExports(HERE, HOSTILE, TOKEN).split("\n")).toHaveLength(2);
  expect(envLines(HERE, HOSTILE, TOKEN).split("\n")).toHaveLength(3);
  for (const line of envLines(HERE, HOSTILE, TOKEN).split("\n")) {
    expect(line).toMatch(/^(#.*|[A-Z_][A-Z0-9_]*=("([^"\\$`]|\\.)*"|[\w./:%-]*))$/);
  }
});

test("a hostile token cannot escape its quotes", () => {
  const token = `a'b"c\\d$e\`f\ng`;
  expect(shellExports(HERE, OPENAI, token)).toContain(`='a'\\''b"c\\d$e\`f\ng'\n`);
  expect(envLines(HERE, OPENAI, token)).toContain(String.raw`="a'b\"c\\d\$e\`f\ng"`);
  const call = sampleCall(HERE, OPENAI, EVERYTHING);
  expect(pythonSnippet(call, token)).toContain(JSON.stringify(`Bearer ${token}`));
  expect(javascriptSnippet(call, token)).toContain(JSON.stringify(`Bearer ${token}`));
});
