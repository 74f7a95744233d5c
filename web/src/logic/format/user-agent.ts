// Browsers whose User-Agent also names other browsers come first.
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\b(?:OPR|Opera)\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+).*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** Whether a User-Agent is that of a browser. */
export function isBrowser(userAgent: string): boolean {
  return BROWSERS.some(([pattern]) => pattern.test(userAgent));
}

/** The system of a User-Agent header, such as "Windows", or undefined. */
export function systemName(userAgent: string): string | undefined {
  return SYSTEMS.find(([sign]) => sign.test(userAgent))?.[1];
}

/** A readable form of a User-Agent header: "Firefox 140 on Linux", "curl 8.5". */
export function deviceName(userAgent: string): string {
  for (const [pattern, name] of BROWSERS) {
    const found = pattern.exec(userAgent);
    if (found !== null) {
      const system = systemName(userAgent);
      const browser = `${name} ${found[1] ?? ""}`;
      return system === undefined ? browser : `${browser} on ${system}`;
    }
  }
  const program = /^([A-Za-z][\w.-]*)(?:\/(\d+(?:\.\d+)?))?/.exec(userAgent);
  if (program?.[1] !== undefined) {
    return program[2] === undefined ? program[1] : `${program[1]} ${program[2]}`;
  }
  return "Unknown device";
}
