import { expect, test } from "vitest";
import { detailRows } from "./audit-details";

test("an earlier value is in the row of the later one", () => {
  const details = { limit: "10", limit_before: "5", window: "60", left_before: "x" };
  expect(detailRows(details)).toEqual([
    { name: "limit", value: "10", before: "5" },
    { name: "window", value: "60" },
    { name: "left_before", value: "x" },
  ]);
});
