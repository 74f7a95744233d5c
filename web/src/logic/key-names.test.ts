import { expect, test } from "vitest";
import { namesOf } from "./key-names";

test("keys are called by hint and description, by API, the oldest first", () => {
  const key = (key_id: string, api_name: string, created_at: number, description = "") => ({
    key_id,
    api_name,
    hint: `…${key_id}`,
    description,
    created_at,
  });
  const pools = namesOf([key("b", "test", 2), key("c", "other", 3), key("a", "test", 1, "Main")]);
  expect([...pools.keys()]).toEqual(["test", "other"]);
  expect([...(pools.get("test") ?? [])]).toEqual([
    ["a", "…a Main"],
    ["b", "…b"],
  ]);
});
