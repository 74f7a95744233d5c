import { number, shortNumber } from "./numbers";

// Amounts in US dollars, as the API's decimal numbers. A double holds the billionths of a dollar of
// every amount below four million dollars.
const CENTS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const DECIMALS = 9;
// Dollars. Smaller amounts are shown with two significant digits, so that none looks like 0.
const SMALL = 0.1;
// Dollars.
const MAX_AMOUNT = 1_000_000;

/** An amount with all its digits, at least cents: "$12.34", "$0.000012". */
export function exactMoney(usd: number): string {
  const [whole = "0", decimals = ""] = Math.abs(usd).toFixed(DECIMALS).split(".");
  const sign = usd < 0 ? "-" : "";
  return `${sign}$${number(Number(whole))}.${decimals.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** An amount for reading: "$1,234.56", "$0.0042", "$0.000012". Only nothing is "$0.00". */
export function money(usd: number): string {
  return Math.abs(usd) < SMALL ? exactMoney(Number(usd.toPrecision(2))) : CENTS.format(usd);
}

/** An amount on the axis of a chart: "$0", "$0.25", "$1.2K". */
export function shortMoney(usd: number): string {
  if (usd >= 1_000) {
    return `$${shortNumber(usd)}`;
  }
  const text = exactMoney(usd);
  return text.endsWith(".00") ? text.slice(0, -3) : text;
}

/** Parse an amount in US dollars that a user typed. Returns a sentence if it is none. */
export function parseMoney(text: string, zero = false): number | string {
  const digits = text.trim().replace(/^\$\s*/, "");
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) {
    return "Enter an amount in US dollars, such as 5 or 0.50.";
  }
  if ((digits.split(".")[1] ?? "").replace(/0+$/, "").length > DECIMALS) {
    return "At most nine decimals.";
  }
  const usd = Number(digits);
  if (usd > MAX_AMOUNT) {
    return `At most ${exactMoney(MAX_AMOUNT)}.`;
  }
  return usd === 0 && !zero ? "Enter an amount above 0." : usd;
}
