import { expect, test, vi } from "vitest";
import { CreatedTokenStore } from "./created-token";

test("a token is held until it is dismissed", () => {
  const holder = new CreatedTokenStore<string>();
  expect(holder.current).toBeUndefined();
  holder.set("apd_1");
  expect(holder.current).toEqual({ created: "apd_1", copied: false });
  holder.markCopied();
  expect(holder.current).toEqual({ created: "apd_1", copied: true });
  holder.dismiss();
  expect(holder.current).toBeUndefined();
});

test("a new token replaces the copied one", () => {
  const holder = new CreatedTokenStore<string>();
  holder.set("apd_1");
  holder.markCopied();
  holder.set("apd_2");
  expect(holder.current?.copied).toBe(false);
});

test("listeners are called only for changes", () => {
  const holder = new CreatedTokenStore<string>();
  const listener = vi.fn();
  const end = holder.subscribe(listener);
  holder.markCopied();
  holder.dismiss();
  expect(listener).toHaveBeenCalledTimes(0);
  holder.set("apd_1");
  holder.markCopied();
  holder.markCopied();
  expect(listener).toHaveBeenCalledTimes(2);
  end();
  holder.dismiss();
  expect(listener).toHaveBeenCalledTimes(2);
});
