import { expect, test } from "vitest";
import { ageText, endedRequests, progressText } from "./open-requests";

const request = (id: string) => ({ request_id: id, at: 1 });
const counted = { bytes_in: 0, bytes_out: 0, websocket: false, messages_in: 0, messages_out: 0 };

test("a request has ended if it is neither in progress nor found in the log", () => {
  const before = ["a", "b", "c"].map(request);
  expect(endedRequests(before, [request("a")], [request("b")])).toEqual([request("c")]);
  expect(endedRequests([], [request("a")], [])).toEqual([]);
});

test("one poll fetches the entries of ten ended requests", () => {
  const before = Array.from({ length: 30 }, (_, number) => request(String(number)));
  expect(endedRequests(before, [], [])).toHaveLength(10);
});

test.each([
  [counted, "0 B received"],
  [{ ...counted, bytes_out: 1_500 }, "1.5 kB received"],
  [{ ...counted, bytes_in: 12 }, "12 B sent"],
  [
    { bytes_in: 12, bytes_out: 2_000, websocket: true, messages_in: 1, messages_out: 2 },
    "12 B sent, 2.0 kB received, 3 messages",
  ],
  [{ ...counted, websocket: true, messages_in: 1 }, "0 B received, 1 message"],
])("progress %#", (transferred, text) => {
  expect(progressText(transferred).replaceAll("\u00a0", " ")).toBe(text);
});

test.each([
  [-1, "0 s"],
  [59.9, "59 s"],
  [125, "2:05 min"],
  [3_780, "1 h 3 min"],
  [90_000, "25 h 0 min"],
])("an age of %s seconds is %s", (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});
