import { expect, test } from "vitest";
import { charsetOf, eventCount, downloadName, looksBinary, bodyFormat } from "./response-body";

test.each([
  ["application/json; charset=utf-8", "json"],
  ["application/problem+json", "json"],
  ["Text/Event-Stream", "events"],
  ["text/html", "text"],
  ["image/svg+xml", "text"],
  ["application/atom+xml", "text"],
  [null, "text"],
  ["image/png", "binary"],
  ["application/octet-stream", "binary"],
])("%s is shown as %s", (type, shape) => {
  expect(bodyFormat(type)).toBe(shape);
});

test("the character set comes from Content-Type", () => {
  expect(charsetOf('text/plain; charset="ISO-8859-1"')).toBe("ISO-8859-1");
  expect(charsetOf("text/plain")).toBe("utf-8");
});

test("a text with a zero byte is binary", () => {
  expect([looksBinary("\u0000PNG"), looksBinary("plain")]).toEqual([true, false]);
});

test.each([
  ["/v1/models", "application/json", "models.json"],
  ["/files/a.pdf", "application/pdf", "a.pdf"],
  ["/", "image/png", "answer.png"],
  ["/x/../..", "application/x-thing", "answer.bin"],
  ["/.bashrc", "text/plain", "bashrc.txt"],
  ["/a%2f..%2fb", null, "2fb.txt"],
])("%s as %s is saved as %s", (path, type, name) => {
  expect(downloadName(path, type)).toBe(name);
});

test("only complete events are counted", () => {
  expect(eventCount("data: 1\n\ndata: 2\r\n\r\ndata: 3")).toBe(2);
});
