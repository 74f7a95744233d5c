/** What the API said, with how long to wait unless it said that itself. */
export function withRetryAfter(message: string, seconds: number | undefined): string {
  return seconds === undefined || /\bTry again in \d/.test(message)
    ? message
    : `${message} Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}
