import { expect, test } from "vitest";
import { changesOrigin, findProviders, hostOf } from "./providers";

function entry(slug: string, name: string, base_url: string | null, key: string[] = []) {
  return { slug, name, base_url, base_url_example: "https://YOURS.example.net", env: { key } };
}

const ALL = [
  entry("azure-openai", "Azure OpenAI", null),
  entry("github", "GitHub", "https://api.github.com", ["GITHUB_TOKEN", "GH_TOKEN"]),
  entry("openweather", "OpenWeather", "https://api.openweathermap.org"),
  entry("openai", "OpenAI", "https://api.openai.com", ["OPENAI_API_KEY"]),
  entry("nasa", "NASA Open APIs", "https://api.nasa.gov"),
];
const slugs = (text: string) => findProviders(ALL, text).map(({ slug }) => slug);

test("names that start with the text come first", () => {
  expect(slugs("open")).toEqual(["openai", "openweather", "azure-openai", "nasa"]);
  expect(slugs(" OpenAI ")).toEqual(["openai", "azure-openai"]);
});

test("hosts and variables are searched, too", () => {
  expect(slugs("gh_tok")).toEqual(["github"]);
  expect(slugs("nasa.gov")).toEqual(["nasa"]);
  expect(slugs("yours.example")).toEqual(["azure-openai"]);
  expect(slugs("nothing like it")).toEqual([]);
});

test("an empty text returns all by name", () => {
  expect(slugs("")).toEqual(["azure-openai", "github", "nasa", "openai", "openweather"]);
});

test.each([
  ["https://api.example.com/v1", "https://api.example.com/v2", false],
  ["https://api.example.com", "https://API.example.com:443/", false],
  ["https://api.example.com", "https://api.example.com:8443", true],
  ["https://api.example.com", "http://api.example.com", true],
  ["https://api.example.com", "https://api.example.org", true],
  ["https://api.telegram.org/bot{token}", "https://api.telegram.org/bot{token}/x", false],
  ["https://api.example.com", "", true],
])("from %s to %s changes the origin: %s", (before, after, changes) => {
  expect(changesOrigin(before, after)).toBe(changes);
});

test("a host includes its port, and other texts stay the same", () => {
  expect(hostOf("http://127.0.0.1:8463/v1")).toBe("127.0.0.1:8463");
  expect(hostOf("nonsense")).toBe("nonsense");
});
