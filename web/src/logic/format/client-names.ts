// By family, as the API names it. Others are shown as they are.
const NAMES: Readonly<Record<string, string>> = {
  // Agents and editors
  aider: "aider",
  "api-dashboard-cli": "API Dashboard command line",
  "claude-cli": "Claude Code",
  cline: "Cline",
  codex: "Codex",
  continue: "Continue",
  cursor: "Cursor",
  "gemini-cli": "Gemini CLI",
  "roo-code": "Roo Code",
  vscode: "VS Code",
  zed: "Zed",
  // SDKs and frameworks
  "ai-sdk": "Vercel AI SDK",
  "google-genai-sdk": "Google Gen AI SDK",
  langchain: "LangChain",
  litellm: "LiteLLM",
  "llama-index": "LlamaIndex",
  octokit: "Octokit",
  pygithub: "PyGithub",
  // HTTP libraries and tools
  aiohttp: "aiohttp (Python)",
  "apache-httpclient": "Apache HttpClient",
  bun: "Bun",
  deno: "Deno",
  "go-http-client": "Go HTTP client",
  java: "Java",
  "java-http-client": "Java HTTP client",
  node: "Node.js",
  okhttp: "OkHttp",
  postman: "Postman",
  powershell: "PowerShell",
  "python-httpx": "httpx (Python)",
  "python-requests": "requests (Python)",
  "python-urllib": "urllib (Python)",
  ruby: "Ruby",
  wget: "Wget",
  // Browsers
  chrome: "Chrome",
  edge: "Edge",
  firefox: "Firefox",
  opera: "Opera",
  safari: "Safari",
  "samsung-browser": "Samsung Internet",
  // What the API says if there is no name
  none: "No User-Agent",
  other: "Unknown client",
};

const MAKERS: Readonly<Record<string, string>> = {
  anthropic: "Anthropic",
  cerebras: "Cerebras",
  cohere: "Cohere",
  deepgram: "Deepgram",
  elevenlabs: "ElevenLabs",
  google: "Google",
  groq: "Groq",
  mistral: "Mistral",
  openai: "OpenAI",
  replicate: "Replicate",
  stripe: "Stripe",
  supabase: "Supabase",
  together: "Together",
  twilio: "Twilio",
};

const LANGUAGES: Readonly<Record<string, string>> = {
  csharp: "C#",
  go: "Go",
  java: "Java",
  js: "JavaScript",
  kotlin: "Kotlin",
  node: "Node.js",
  php: "PHP",
  python: "Python",
  ruby: "Ruby",
};

/** The name of a client family for people: "Claude Code", "OpenAI Python SDK". */
export function clientName(family: string): string {
  if (Object.hasOwn(NAMES, family)) {
    return NAMES[family] ?? family;
  }
  const [, maker = "", language = ""] = /^([a-z]+)-([a-z]+)$/.exec(family) ?? [];
  if (Object.hasOwn(MAKERS, maker) && Object.hasOwn(LANGUAGES, language)) {
    return `${MAKERS[maker] ?? maker} ${LANGUAGES[language] ?? language} SDK`;
  }
  return family;
}
