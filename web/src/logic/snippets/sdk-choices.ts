import type { Sdk } from "./api-snippets";

/** The groups of a provider's setup code: official SDKs by language, and frameworks. */
export type SdkGroup = "python" | "javascript" | "frameworks";

/** Setup code to choose, with a label that no other choice of its group has. */
export interface SdkChoice {
  readonly label: string;
  readonly sdk: Sdk;
}

const LANGUAGES = { python: "Python", javascript: "JavaScript" } as const;

/** The choices of a group, in the catalogue's order. */
export function sdkChoices(sdks: readonly Sdk[], group: SdkGroup): readonly SdkChoice[] {
  const members = sdks.filter((sdk) => groupOf(sdk) === group);
  const plain = members.map((sdk) => sdk.framework ?? sdk.package);
  const withLanguage = members.map((sdk, at) =>
    isRepeated(plain, at) ? `${plain[at] ?? ""} (${LANGUAGES[sdk.language]})` : (plain[at] ?? ""),
  );
  return members.map((sdk, at) => ({
    sdk,
    label: isRepeated(withLanguage, at)
      ? `${plain[at] ?? ""}, ${sdk.package}${numberAmong(members, at)}`
      : (withLanguage[at] ?? ""),
  }));
}

/** The line that installs a package of an SDK or a framework. */
export function installLine({ language, package: name }: Sdk): string {
  return language === "python" ? `pip install ${name}` : `npm install ${name}`;
}

function groupOf({ framework, language }: Sdk): SdkGroup {
  return framework === undefined || framework === null ? language : "frameworks";
}

function isRepeated(labels: readonly string[], at: number): boolean {
  return labels.indexOf(labels[at] ?? "") !== at || labels.lastIndexOf(labels[at] ?? "") !== at;
}

/** " 2" for the second entry of the same package and language, otherwise empty. */
function numberAmong(members: readonly Sdk[], at: number): string {
  const same = ({ language, package: name, framework }: Sdk) =>
    `${language} ${name} ${framework ?? ""}`;
  const own = members[at];
  const before = members.slice(0, at).filter((sdk) => own !== undefined && same(sdk) === same(own));
  return before.length === 0 ? "" : ` ${before.length + 1}`;
}
