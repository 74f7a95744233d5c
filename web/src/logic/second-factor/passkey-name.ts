import { systemName } from "../format/user-agent";

/** A name for a new passkey that no other has: the device's system, with a number if needed. */
export function suggestedName(userAgent: string, taken: readonly string[]): string {
  const device = systemName(userAgent) ?? "Passkey";
  let name = device;
  for (let number = 2; taken.includes(name); number++) {
    name = `${device} ${number}`;
  }
  return name;
}
