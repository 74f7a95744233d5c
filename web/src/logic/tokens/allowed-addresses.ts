// The API's limit for a token.
export const MAX_ALLOWED_ADDRESSES = 20;

/** Split a text into addresses, one per line or separated by commas, without duplicates. */
export function parseAllowedAddresses(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((part) => part !== ""))];
}

/** What is wrong with a list of allowed addresses; undefined if it is valid. */
export function allowedAddressesError(text: string): string | undefined {
  const addresses = parseAllowedAddresses(text);
  for (const address of addresses) {
    const wrong = addressError(address);
    if (wrong !== undefined) {
      return wrong;
    }
  }
  return addresses.length > MAX_ALLOWED_ADDRESSES
    ? `At most ${MAX_ALLOWED_ADDRESSES} addresses. Use a network such as 203.0.113.0/24 for several.`
    : undefined;
}

/** "Anywhere", "203.0.113.7", "203.0.113.7 and 2 more". */
export function allowedText(addresses: readonly string[]): string {
  const [first] = addresses;
  if (first === undefined) {
    return "Anywhere";
  }
  return addresses.length === 1 ? first : `${first} and ${addresses.length - 1} more`;
}

/**
 * What to allow for the user of a session: an IPv4 address, or the network of an IPv6 address, whose
 * last part changes from day to day. Undefined if the session has no address.
 */
export function ownAddress(session: {
  readonly source: string;
  readonly network: string;
}): string | undefined {
  if (isIpv4(session.source)) {
    return session.source;
  }
  return isIpv6(session.source) && isIpv6(session.network) ? `${session.network}/64` : undefined;
}

/** The rules of the API (api/allowed_networks.py). */
function addressError(text: string): string | undefined {
  const [address = "", length, ...more] = text.split("/");
  const bits = isIpv4(address) ? ipv4Bits(address) : isIpv6(address) ? ipv6Bits(address) : "";
  const prefix =
    length === undefined ? bits.length : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (bits === "" || more.length > 0 || prefix < 0 || prefix > bits.length) {
    return `“${text}” is neither an IP address, such as 203.0.113.7 or 2001:db8::7, nor a network, such as 203.0.113.0/24.`;
  }
  if (bits.slice(prefix).includes("1")) {
    const network = addressOf(bits.slice(0, prefix).padEnd(bits.length, "0"));
    return `“${text}” has bits set after its prefix. Write ${network}/${prefix} for the network, or ${address} for the address.`;
  }
  return undefined;
}

/** Whether a text is an IPv4 address: four numbers without leading zeros. */
function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  );
}

/** Whether a text is an IPv6 address, without a zone. */
function isIpv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]/`);
}

function ipv4Bits(address: string): string {
  return address
    .split(".")
    .map((part) => toBits(Number(part), 8))
    .join("");
}

function ipv6Bits(address: string): string {
  const [start = "", end] = shortIpv6(address).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const last = groups(end ?? "");
  const first = groups(start);
  const zeros = Array<string>(end === undefined ? 0 : 8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last]
    .map((group) => toBits(Number.parseInt(group, 16), 16))
    .join("");
}

/** The address of 32 or 128 bits. */
function addressOf(bits: string): string {
  const size = bits.length === 32 ? 8 : 16;
  const parts = bits.match(new RegExp(`.{${size}}`, "g")) ?? [];
  return size === 8
    ? parts.map((part) => Number.parseInt(part, 2)).join(".")
    : shortIpv6(parts.map((part) => Number.parseInt(part, 2).toString(16)).join(":"));
}

/** An IPv6 address in its shortest form, without an IPv4 part. */
function shortIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

function toBits(value: number, length: number): string {
  return value.toString(2).padStart(length, "0");
}
