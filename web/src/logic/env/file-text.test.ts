import { expect, test } from "vitest";
import { decodeEnvFile, sizeError, textSizeError } from "./file-text";

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) =>
      typeof part === "string" ? [...new TextEncoder().encode(part)] : part,
    ),
  );

test("UTF-8 is decoded with and without a byte order mark", () => {
  expect(decodeEnvFile("a.env", bytes("A=ä€😀\r\n"))).toEqual({ text: "A=ä€😀\r\n" });
  expect(decodeEnvFile("a.env", bytes([0xef, 0xbb, 0xbf], "A=b"))).toEqual({ text: "A=b" });
  expect(decodeEnvFile("a.env", bytes())).toEqual({ text: "" });
});

test.each([
  [[[0xff], "A=b\n"], 1],
  [["A=b\n# x\nK=sk-secret", [0xc3], "\nB=c\n"], 3],
  [["A=b\r\n\r\nK=", [0xe2, 0x82]], 3],
])("invalid UTF-8 is reported with its line: case %#", (parts, line) => {
  const read = decodeEnvFile("a.env", bytes(...parts));
  expect(read).toEqual({ wrong: `Line ${line} of a.env is not valid UTF-8.` });
});

test.each([[[0xff, 0xfe, 0x41, 0x00]], [[0xfe, 0xff, 0x00, 0x41]]])(
  "UTF-16 is reported",
  (content) => {
    expect(decodeEnvFile("a.env", new Uint8Array(content))).toEqual({
      wrong: "a.env is encoded as UTF-16. Save it as UTF-8 and choose it again.",
    });
  },
);

test("a file that is too large is rejected with its size", () => {
  expect(sizeError("a.env", 10_485_760)).toBe(
    "a.env is too large (10.5 MB). The maximum is 1 MiB. Nothing was read.",
  );
  expect(sizeError("a.env", 1_048_576)).toBeUndefined();
  expect(textSizeError("x".repeat(1_048_576))).toBeUndefined();
  expect(textSizeError("x".repeat(1_048_577))).toMatch(
    /^The text is too large \(1\.0 MB\)\. .* Nothing was read/,
  );
  expect(textSizeError("€".repeat(524_288))).toContain("1.6 MB");
});
