import { describe, expect, test } from "vitest";
import type { Sdk } from "./api-snippets";
import { installLine, sdkChoices } from "./sdk-choices";

const sdk = (language: Sdk["language"], name: string, framework?: string | null): Sdk => ({
  language,
  package: name,
  setup: "client",
  argument: "",
  evidence: "run",
  ...(framework === undefined ? {} : { framework }),
});
const labels = (sdks: Sdk[], group: "python" | "javascript" | "frameworks") =>
  sdkChoices(sdks, group).map(({ label }) => label);

describe("the choices of setup code", () => {
  test("are official SDKs by language, and frameworks", () => {
    const sdks = [
      sdk("python", "openai", null),
      sdk("javascript", "openai"),
      sdk("javascript", "@ai-sdk/openai", "Vercel AI SDK"),
      sdk("python", "litellm", "LiteLLM"),
    ];
    expect(labels(sdks, "python")).toEqual(["openai"]);
    expect(labels(sdks, "javascript")).toEqual(["openai"]);
    expect(labels(sdks, "frameworks")).toEqual(["Vercel AI SDK", "LiteLLM"]);
  });
  test("name the language of a framework that has several", () => {
    const sdks = [
      sdk("python", "langchain-openai", "LangChain"),
      sdk("javascript", "@langchain/openai", "LangChain"),
      sdk("python", "llama-index", "LlamaIndex"),
    ];
    expect(labels(sdks, "frameworks")).toEqual([
      "LangChain (Python)",
      "LangChain (JavaScript)",
      "LlamaIndex",
    ]);
  });
  test("have different labels, whatever the catalogue has", () => {
    const sdks = [
      sdk("python", "one", "F"),
      sdk("python", "two", "F"),
      sdk("python", "two", "F"),
      sdk("python", "same"),
      sdk("python", "same"),
    ];
    expect(labels(sdks, "frameworks")).toEqual(["F, one", "F, two", "F, two 2"]);
    expect(new Set(labels(sdks, "python")).size).toBe(2);
  });
});

test("a package is installed with the tool of its language", () => {
  expect(installLine(sdk("python", "openai"))).toBe("pip install openai");
  expect(installLine(sdk("javascript", "@ai-sdk/openai"))).toBe("npm install @ai-sdk/openai");
});
