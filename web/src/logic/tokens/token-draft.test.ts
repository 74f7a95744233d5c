import { expect, test } from "vitest";
import {
  toRequestBody,
  type EditableToken,
  changedFields,
  toDraft,
  lostReservations,
  draftErrors,
  newDraft,
  wholePercent,
  formatShare,
  windowChoices,
} from "./token-draft";

const TOKEN: EditableToken = {
  name: "agent",
  apis: ["openai", "gone"],
  methods: ["POST", "GET"],
  path_prefixes: ["/v1/chat", "/v1/models"],
  allowed_ips: ["203.0.113.7", "2001:db8::/48"],
  limit: 500,
  window: 900,
  rehearsal: { share: 0.2 },
};

test("a new token gets only what was chosen", () => {
  expect(toRequestBody({ ...newDraft(["openai"]), name: " x " })).toEqual({
    name: "x",
    apis: ["openai"],
    methods: [],
    path_prefixes: [],
    allowed_ips: [],
    expires_in: 7_776_000,
    limit: null,
    window: null,
    rehearsal: null,
  });
});

test("unchanged fields are not sent", () => {
  expect(changedFields(TOKEN, toDraft(TOKEN))).toEqual({});
  const odd = { ...TOKEN, rehearsal: { share: 0.0025 }, window: 7, apis: [], methods: ["HEAD"] };
  expect(changedFields(odd, { ...toDraft(odd), name: "b" })).toEqual({ name: "b" });
});

test.each([
  [{ name: "b" }, { name: "b" }],
  [{ every: true }, { apis: ["*"] }],
  [{ apis: ["openai"] }, { apis: ["openai"] }],
  [{ methods: "read" }, { methods: ["GET", "HEAD"] }],
  [{ prefixes: "" }, { path_prefixes: [] }],
  [{ addresses: "203.0.113.7, 2001:db8::/48" }, {}],
  [{ addresses: "10.0.0.0/8" }, { allowed_ips: ["10.0.0.0/8"] }],
  [{ addresses: "" }, { allowed_ips: [] }],
  [{ expiry: "never" }, { expires_in: null }],
  [{ expiry: "86400" }, { expires_in: 86_400 }],
  [{ limit: "" }, { limit: null, window: null }],
  [{ limit: "600" }, { limit: 600, window: 900 }],
  [{ window: "60" }, { limit: 500, window: 60 }],
  [{ simulatedPercent: null }, { rehearsal: null }],
  [{ simulatedPercent: 35 }, { rehearsal: { share: 0.35 } }],
] as const)("%o is sent as %o", (changed, body) => {
  expect(changedFields(TOKEN, { ...toDraft(TOKEN), ...changed })).toEqual(body);
});

test("methods are shown as a choice", () => {
  const choice = (methods: string[]) => toDraft({ ...TOKEN, methods }).methods;
  expect([choice([]), choice(["HEAD", "GET"]), choice(["GET"]), choice(["GET", "PUT"])]).toEqual([
    "all",
    "read",
    "some",
    "some",
  ]);
});

test("errors are reported by field", () => {
  const empty = {
    ...newDraft([]),
    methods: "some" as const,
    some: [],
    limit: "1.5",
    addresses: "here",
  };
  const fields = ["name", "apis", "methods", "limit", "allowed_ips"];
  expect(Object.keys(draftErrors(empty))).toEqual(fields);
  expect(draftErrors({ ...newDraft([]), name: "a" }, true)).toEqual({});
  expect(draftErrors({ ...newDraft([]), name: "a", every: true })).toEqual({});
});

test("an unusual window stays among the options", () => {
  expect(windowChoices(900).at(-1)).toEqual(["900", "15 minutes"]);
  expect(windowChoices(60)).toHaveLength(4);
  expect(windowChoices(null)).toHaveLength(4);
});

test("shares are formatted as percentages", () => {
  expect([0.2, 1, 0.005, 0.333, 0.00001].map(formatShare)).toEqual([
    "20%",
    "100%",
    "0.5%",
    "33.3%",
    "<0.1%",
  ]);
  expect([0.2, 1, 0.001, 0.335].map(wholePercent)).toEqual([20, 100, 1, 34]);
});

test("a token loses its reservation for an API that it may no longer call", () => {
  const reservations = [{ api_name: "openai" }, { api_name: "github" }];
  expect(lostReservations(reservations, { every: false, apis: ["openai"] })).toEqual(["github"]);
  expect(lostReservations(reservations, { every: true, apis: [] })).toEqual([]);
});
