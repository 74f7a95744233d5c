import { expect, test } from "vitest";
import { keyLabel, keyNamesByApi } from "./key-names";

test("keys are named by hint and description, oldest first", () => {
  const key = (key_id: string, api_name: string, created_at: number, description = "") => ({
    key_id,
    api_name,
    hint: `…${key_id}`,
    description,
    created_at,
  });
  const pools = keyNamesByApi([
    key("b", "test", 2),
    key("c", "other", 3),
    key("a", "test", 1, "Main"),
  ]);
  expect([...pools.keys()]).toEqual(["test", "other"]);
  expect([...(pools.get("test") ?? [])]).toEqual([
    ["a", "…a Main"],
    ["b", "…b"],
  ]);
});

test("keys without a hint are named by the end of their id", () => {
  const key = { key_id: "test.0abcdefghijkl", hint: "…", description: "" };
  expect(keyLabel(key)).toBe("#ghijkl");
  expect(keyLabel({ ...key, description: "Main" })).toBe("…");
  expect(keyLabel({ ...key, hint: "…1234" })).toBe("…1234");
});
