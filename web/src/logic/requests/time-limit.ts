/** Return the setting of the time limit that ended a request, null if none did. */
export function timeLimitSetting(limit: string | null): string | null {
  if (limit === null) {
    return null;
  }
  const name = limit === "total" ? "upstream" : limit;
  return `API_DASHBOARD_${name.toUpperCase()}_TIMEOUT`;
}
