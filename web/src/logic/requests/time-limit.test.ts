import { expect, test } from "vitest";
import { timeLimitSetting } from "./time-limit";

test.each([
  ["connect", "API_DASHBOARD_CONNECT_TIMEOUT"],
  ["first_byte", "API_DASHBOARD_FIRST_BYTE_TIMEOUT"],
  ["total", "API_DASHBOARD_UPSTREAM_TIMEOUT"],
  [null, null],
] as const)("the limit %s has the setting %s", (limit, setting) => {
  expect(timeLimitSetting(limit)).toBe(setting);
});
