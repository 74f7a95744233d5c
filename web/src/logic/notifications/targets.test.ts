import { expect, test } from "vitest";
import { deliveryState, targetState } from "./delivery-state";
import {
  changeBody,
  createBody,
  eventName,
  eventsText,
  newTargetDraft,
  targetErrors,
  toTargetDraft,
} from "./targets";
import { VERIFY_LANGUAGES, verifySnippet } from "./verify-snippets";

const ALL = ["quota", "budget", "key", "token", "sign_in", "backup"] as const;
const SLACK = {
  kind: "slack",
  name: "Team",
  address: "https://hooks.slack.com/…c3d4",
  events: ["budget"],
} as const;

test("events are named", () => {
  expect(eventsText(ALL)).toBe("All events");
  expect(eventsText(["token", "quota"])).toBe("Quotas, Tokens");
  expect(eventsText([])).toBe("None");
  expect([eventName("sign_in"), eventName("target"), eventName("brand_new")]).toEqual([
    "Sign-ins",
    "Notification targets",
    "brand_new",
  ]);
});

test("a new target is told everything unless the user chooses", () => {
  const draft = { ...newTargetDraft("webhook"), name: " Ops ", address: " https://x.example/h " };
  expect(createBody(draft)).toEqual({
    name: "Ops",
    kind: "webhook",
    address: "https://x.example/h",
    events: ALL,
    enabled: true,
    access_token: null,
  });
});

test("only ntfy has an access token", () => {
  const draft = { ...newTargetDraft("slack"), name: "a", address: "x", accessToken: "tk_1" };
  expect(createBody(draft)).toHaveProperty("access_token", null);
  expect(createBody({ ...draft, kind: "ntfy" })).toHaveProperty("access_token", "tk_1");
});

test("a masked address is kept unless a new one is entered", () => {
  const draft = toTargetDraft(SLACK);
  expect(draft.address).toBe("");
  expect(changeBody(draft, SLACK.address)).toEqual({ name: "Team", events: ["budget"] });
  expect(changeBody({ ...draft, address: "https://y.example" }, SLACK.address)).toHaveProperty(
    "address",
    "https://y.example",
  );
  expect(changeBody({ ...draft, removesToken: true }, "")).toHaveProperty("access_token", null);
  expect(toTargetDraft({ ...SLACK, kind: "email", address: "a@b.example" }).address).toBe(
    "a@b.example",
  );
  const unchanged = { ...draft, address: "a@b.example" };
  expect(changeBody(unchanged, "a@b.example")).not.toHaveProperty("address");
});

test.each([
  ["webhook", "", { address: "Enter the URL." }],
  ["webhook", "example.com", { address: "Enter a whole URL, such as https://example.com/hook." }],
  ["webhook", "https://example.com", {}],
  ["ntfy", "", { address: "Enter the topic URL." }],
  ["email", "", { address: "Enter the email address." }],
  ["email", "ada", { address: "This is not an email address." }],
  ["email", "ada@example.com", {}],
] as const)("the address of a new %s target %o", (kind, address, errors) => {
  expect(targetErrors({ ...newTargetDraft(kind), name: "a", address }, true)).toEqual(errors);
});

test("an existing target may keep its address, and needs a name and events", () => {
  expect(targetErrors(toTargetDraft(SLACK), false)).toEqual({});
  const empty = { ...toTargetDraft(SLACK), name: " ", events: [] };
  expect(Object.keys(targetErrors(empty, false))).toEqual(["name", "events"]);
});

test("the state of a target", () => {
  const state = (enabled: boolean, delivered?: boolean) =>
    targetState({ enabled, last_delivery: delivered === undefined ? null : { delivered } }).text;
  expect([state(true), state(true, true), state(true, false), state(false, false)]).toEqual([
    "Nothing sent yet",
    "Delivered",
    "Failing",
    "Off",
  ]);
});

test("the state of a delivery", () => {
  expect(deliveryState({ state: "waiting", attempts: 0 }).text).toBe("Waiting");
  expect(deliveryState({ state: "waiting", attempts: 2 }).tone).toBe("warn");
  expect(deliveryState({ state: "given_up", attempts: 9 }).tone).toBe("danger");
  expect(deliveryState({ state: "delivered", attempts: 1 }).tone).toBe("ok");
});

test("the code that verifies a webhook reads the secret from the environment", () => {
  for (const [language] of VERIFY_LANGUAGES) {
    expect(verifySnippet(language)).toMatch(/standardwebhooks[\s\S]*WEBHOOK_SECRET[\s\S]*verify/);
  }
});
