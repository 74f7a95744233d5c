import { expect, test, vi } from "vitest";
import { MadeTokenHolder } from "./made-token";

test("a token is held until it is dismissed", () => {
  const holder = new MadeTokenHolder<string>();
  expect(holder.made).toBeUndefined();
  holder.hold("apd_1");
  expect(holder.made).toEqual({ created: "apd_1", copied: false });
  holder.copied();
  expect(holder.made).toEqual({ created: "apd_1", copied: true });
  holder.dismiss();
  expect(holder.made).toBeUndefined();
});

test("the next one is not taken for copied", () => {
  const holder = new MadeTokenHolder<string>();
  holder.hold("apd_1");
  holder.copied();
  holder.hold("apd_2");
  expect(holder.made?.copied).toBe(false);
});

test("listeners hear of changes, and of nothing else", () => {
  const holder = new MadeTokenHolder<string>();
  const listener = vi.fn();
  const end = holder.subscribe(listener);
  holder.copied();
  holder.dismiss();
  expect(listener).toHaveBeenCalledTimes(0);
  holder.hold("apd_1");
  holder.copied();
  holder.copied();
  expect(listener).toHaveBeenCalledTimes(2);
  end();
  holder.dismiss();
  expect(listener).toHaveBeenCalledTimes(2);
});
