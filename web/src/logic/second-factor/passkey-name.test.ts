import { expect, test } from "vitest";
import { suggestedName } from "./passkey-name";

const ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0";

test("a new passkey has the name of the device's system", () => {
  expect(suggestedName(ON_WINDOWS, [])).toBe("Windows");
  expect(suggestedName("curl/8.5", [])).toBe("Passkey");
});

test("a name that is taken gets the next number", () => {
  expect(suggestedName(ON_WINDOWS, ["Windows"])).toBe("Windows 2");
  expect(suggestedName(ON_WINDOWS, ["Windows", "Windows 2", "Phone"])).toBe("Windows 3");
});
