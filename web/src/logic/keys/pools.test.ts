import { expect, test } from "vitest";
import { filterKeys, type KeyState, paginatePools, groupByApi, poolStatus } from "./pools";

function key(
  api_name: string,
  number: number,
  more: { state?: KeyState; description?: string } = {},
) {
  return {
    key_id: `${api_name}.${number}`,
    api_name,
    provider: api_name === "mine" ? null : api_name,
    base_url: `https://api.${api_name}.example/v1`,
    hint: `…000${number}`,
    description: "",
    state: "ready" as KeyState,
    state_until: null,
    created_at: number,
    ...more,
  };
}

const KEYS = [
  key("openai", 3, { description: "Research group" }),
  key("github", 1),
  key("openai", 2, { state: "exhausted" }),
  key("mine", 4, { state: "refused" }),
];
const ids = (keys: readonly { key_id: string }[]) => keys.map(({ key_id }) => key_id);

test("keys are grouped by API, oldest first", () => {
  expect(groupByApi(KEYS).map(({ apiName, keys }) => [apiName, ids(keys)])).toEqual([
    ["github", ["github.1"]],
    ["mine", ["mine.4"]],
    ["openai", ["openai.2", "openai.3"]],
  ]);
});

test("a key must contain every word", () => {
  expect(ids(filterKeys(KEYS, "OPENAI group", "any"))).toEqual(["openai.3"]);
  expect(ids(filterKeys(KEYS, "0001", "any"))).toEqual(["github.1"]);
  expect(ids(filterKeys(KEYS, "api.mine.example", "any"))).toEqual(["mine.4"]);
  expect(filterKeys(KEYS, "openai github", "any")).toEqual([]);
});

test("keys are filtered by state", () => {
  expect(ids(filterKeys(KEYS, "", "exhausted"))).toEqual(["openai.2"]);
  expect(filterKeys(KEYS, "", "any")).toHaveLength(4);
});

test("a page break never splits a pool", () => {
  const pools = [3, 2, 2, 9, 1].map((size, at) => ({
    apiName: `a${at}`,
    keys: Array(size).fill(0),
  }));
  expect(paginatePools(pools, 5).map((page) => page.map(({ apiName }) => apiName))).toEqual([
    ["a0", "a1"],
    ["a2"],
    ["a3"],
    ["a4"],
  ]);
  expect(paginatePools([], 5)).toEqual([]);
});

const ready = { state: "ready", state_until: null } as const;
const spent = (state_until: number) => ({ state: "exhausted", state_until }) as const;
const refused = (state_until: number) => ({ state: "refused", state_until }) as const;

test("a pool with ready keys is ready", () => {
  expect(poolStatus([ready, spent(90), refused(80)])).toEqual({
    kind: "ready",
    ready: 1,
    skipped: 2,
  });
});

test("an exhausted pool has the time of its first ready key", () => {
  expect(poolStatus([spent(90), spent(70), spent(400)])).toEqual({
    kind: "exhausted",
    readyAt: 70,
    refused: 0,
  });
});

test("the retry of a refused key does not count", () => {
  expect(poolStatus([spent(90), refused(40)])).toEqual({
    kind: "exhausted",
    readyAt: 90,
    refused: 1,
  });
});

test("a pool is refused if all its keys are", () => {
  expect(poolStatus([refused(40), refused(400)])).toEqual({ kind: "refused" });
});
