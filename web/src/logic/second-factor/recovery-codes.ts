/** With so few recovery codes left, the pages warn. */
export const FEW_CODES = 3;

/** The text of a file with recovery codes. `day` is the day on which they were created. */
export function codesFile(
  codes: readonly string[],
  { username, address, day }: { username: string; address: string; day: string },
): string {
  return [
    `Recovery codes for ${username} at ${address}`,
    `Created on ${day}. Earlier codes no longer work.`,
    "Each code works once, in place of a passkey or a code of an authenticator app.",
    "",
    ...codes,
    "",
  ].join("\n");
}
