/** How long the old value of a rotated token keeps working: seconds as a string. */
export const OVERLAPS = [
  ["0", "Now", "For a token that leaked. Scripts fail until they have the new one."],
  ["3600", "In 1 hour", "For scripts that you change now."],
  ["86400", "In 1 day", "For scripts that you change today."],
  ["604800", "In 7 days", "For scripts that you cannot change at once."],
] as const;

export type Overlap = (typeof OVERLAPS)[number][0];

export const DEFAULT_OVERLAP: Overlap = "86400";
