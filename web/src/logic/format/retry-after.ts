/** Append the time to wait to a message of the API, unless the message contains it. */
export function withRetryAfter(message: string, seconds: number | undefined): string {
  return seconds === undefined || /\bTry again in \d/.test(message)
    ? message
    : `${message} Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}
