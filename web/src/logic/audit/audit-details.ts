/** A recorded value, and the one before if it was changed. */
export interface DetailRow {
  readonly name: string;
  readonly value: string;
  readonly before?: string;
}

const BEFORE = "_before";

/** The details of an entry, with each earlier value in the row of the later one. */
export function detailRows(details: Readonly<Record<string, string>>): DetailRow[] {
  return Object.entries(details)
    .filter(([name]) => !(name.endsWith(BEFORE) && name.slice(0, -BEFORE.length) in details))
    .map(([name, value]) => {
      const before = details[name + BEFORE];
      return before === undefined ? { name, value } : { name, value, before };
    });
}
