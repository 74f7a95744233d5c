import { expect, test } from "vitest";
import { auditPath, auditQuery, parseAuditFilter } from "./audit-filter";

test.each([
  {},
  { action: "key.", outcome: "failed", source: "203.0.113.0/24", days: 7 },
  { action: "token.rotate", source: "2001:db8::1", from: "2026-11-01", to: "2026-11-30" },
  { scope: "installation" },
] as const)("the filter %o survives its URL", (filter) => {
  const query = Object.fromEntries(new URL(auditPath(filter), "https://x.example").searchParams);
  expect(parseAuditFilter(query)).toEqual(filter);
});

test("invalid parts of a URL are left out", () => {
  const query = {
    action: "DROP TABLE",
    outcome: "maybe",
    source: "<script>",
    days: "-1",
    from: "2026-13-01",
    to: "yesterday",
    scope: "other",
  };
  expect(parseAuditFilter(query)).toEqual({});
});

test("days count back from now; custom days are whole local days", () => {
  expect(auditQuery({ days: 7 }, 1_000_000.5)).toEqual({ since: 1_000_000 - 7 * 86_400 });
  const { since = 0, until = 0 } = auditQuery({ from: "2026-11-01", to: "2026-11-01" }, 0);
  expect(new Date(since * 1000).toTimeString()).toMatch(/^00:00:00/);
  expect(new Date(until * 1000).getDate()).toBe(2);
  expect(auditQuery({}, 0)).toEqual({});
});
