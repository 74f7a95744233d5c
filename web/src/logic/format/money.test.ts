import { describe, expect, test } from "vitest";
import { exactMoney, money, parseMoney, shortMoney } from "./money";

test.each([
  [0, "$0.00", "$0.00"],
  [12.34, "$12.34", "$12.34"],
  [12.3456, "$12.3456", "$12.35"],
  [5, "$5.00", "$5.00"],
  [1234567.5, "$1,234,567.50", "$1,234,567.50"],
  [0.5, "$0.50", "$0.50"],
  [0.1, "$0.10", "$0.10"],
  [0.0149, "$0.0149", "$0.015"],
  [0.00999, "$0.00999", "$0.01"],
  [0.004213345, "$0.004213345", "$0.0042"],
  [0.000012, "$0.000012", "$0.000012"],
  [0.000000001, "$0.000000001", "$0.000000001"],
  [999999.999999999, "$999,999.999999999", "$1,000,000.00"],
  [-0.25, "-$0.25", "-$0.25"],
  [-0.0004, "-$0.0004", "-$0.0004"],
])("%f is exactly %s, and %s for reading", (usd, exact, short) => {
  expect(exactMoney(usd)).toBe(exact);
  expect(money(usd)).toBe(short);
});

test("an amount that is not 0 never looks like 0", () => {
  for (let nano = 1; nano < 1e12; nano = nano * 3 + 1) {
    expect(money(nano / 1e9)).not.toBe("$0.00");
  }
});

test.each([
  [0, "$0"],
  [0.00002, "$0.00002"],
  [0.25, "$0.25"],
  [0.5, "$0.50"],
  [20, "$20"],
  [1200, "$1.2K"],
  [2_000_000, "$2M"],
])("%f is %s on an axis", (usd, text) => {
  expect(shortMoney(usd)).toBe(text);
});

describe("an amount that a user types", () => {
  test.each([
    ["5", 5],
    [" $5 ", 5],
    ["$ 0.50", 0.5],
    [".5", 0.5],
    ["5.", 5],
    ["0.000000001", 0.000000001],
    ["1.10000000000", 1.1],
    ["1000000", 1_000_000],
  ])("“%s” is %f dollars", (text, usd) => {
    expect(parseMoney(text)).toBe(usd);
  });

  test.each(["", "five", "1,50", "-1", "1e3", "5 €", ".", "NaN", "Infinity", "0x10"])(
    "“%s” is none",
    (text) => {
      expect(parseMoney(text)).toMatch(/^Enter an amount in US dollars/);
    },
  );

  test("is above 0, unless a price of 0 is meant", () => {
    expect(parseMoney("0.00")).toMatch(/above 0/);
    expect(parseMoney("0.00", true)).toBe(0);
  });

  test("has a maximum and at most nine decimals", () => {
    expect(parseMoney("1000000.01")).toMatch(/\$1,000,000\.00/);
    expect(parseMoney("0.0000000001")).toMatch(/nine/);
  });
});
