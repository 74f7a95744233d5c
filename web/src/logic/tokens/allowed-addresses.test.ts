import { expect, test } from "vitest";
import {
  allowedAddressesError,
  allowedText,
  ownAddress,
  parseAllowedAddresses,
} from "./allowed-addresses";

test("addresses are separated by lines, commas or spaces, without duplicates", () => {
  expect(
    parseAllowedAddresses(" 203.0.113.7,\n2001:db8::/48\r\n 203.0.113.7 ,10.0.0.0/8 "),
  ).toEqual(["203.0.113.7", "2001:db8::/48", "10.0.0.0/8"]);
  expect(parseAllowedAddresses(" \n, ")).toEqual([]);
});

test.each([
  "",
  "203.0.113.7",
  "203.0.113.0/24",
  "0.0.0.0/0",
  "2001:db8::1",
  "2001:DB8:0:0::/48",
  "::ffff:203.0.113.7",
  "::/0",
])("%o is valid", (text) => {
  expect(allowedAddressesError(text)).toBeUndefined();
});

test.each([
  "203.0.113",
  "203.0.113.256",
  "203.0.113.07",
  "0x7f.0.0.1",
  "203.0.113.0/33",
  "203.0.113.0/",
  "203.0.113.0/24/24",
  "2001:db8::1::2",
  "2001:db8::/129",
  "fe80::1%eth0",
  "[::1]",
  "::1]/x?[",
  "example.com",
  "*",
])("%o is named as wrong", (text) => {
  expect(allowedAddressesError(`10.0.0.1\n${text}`)).toContain(`“${text}”`);
});

test.each([
  ["203.0.113.7/24", "203.0.113.0/24", "203.0.113.7"],
  ["10.1.2.3/0", "0.0.0.0/0", "10.1.2.3"],
  ["2001:db8:1:2::7/47", "2001:db8::/47", "2001:db8:1:2::7"],
  ["::ffff:203.0.113.7/120", "::ffff:cb00:7100/120", "::ffff:203.0.113.7"],
  ["1:2:3:4:5:6:7:8/112", "1:2:3:4:5:6:7:0/112", "1:2:3:4:5:6:7:8"],
])("%s has bits after its prefix", (text, network, address) => {
  expect(allowedAddressesError(text)).toContain(
    `Write ${network} for the network, or ${address} for the address.`,
  );
});

test("there are at most 20 addresses", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => `10.0.0.${at}`).join(",");
  expect(allowedAddressesError(many(20))).toBeUndefined();
  expect(allowedAddressesError(many(21))).toContain("At most 20");
});

test("the addresses are summed up", () => {
  expect(allowedText([])).toBe("Anywhere");
  expect(allowedText(["10.0.0.1"])).toBe("10.0.0.1");
  expect(allowedText(["10.0.0.1", "10.0.0.2", "10.0.0.3"])).toBe("10.0.0.1 and 2 more");
});

test("the user's own address is the one of the session, for IPv6 its network", () => {
  expect(ownAddress({ source: "203.0.113.7", network: "203.0.113.7" })).toBe("203.0.113.7");
  expect(ownAddress({ source: "2001:db8::1:2", network: "2001:db8::" })).toBe("2001:db8::/64");
  expect(ownAddress({ source: "unknown", network: "" })).toBeUndefined();
});
