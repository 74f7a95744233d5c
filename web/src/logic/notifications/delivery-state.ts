/** The states of targets and deliveries in words. */

export interface StateWords {
  readonly tone: "ok" | "warn" | "danger" | "neutral";
  readonly text: string;
}

/** The state of a target: off, never used, failing, or what its last delivery got. */
export function targetState(target: {
  readonly enabled: boolean;
  readonly last_delivery: { readonly delivered: boolean } | null;
}): StateWords {
  if (!target.enabled) {
    return { tone: "neutral", text: "Off" };
  }
  if (target.last_delivery === null) {
    return { tone: "neutral", text: "Nothing sent yet" };
  }
  return target.last_delivery.delivered
    ? { tone: "ok", text: "Delivered" }
    : { tone: "danger", text: "Failing" };
}

/** The state of one delivery. */
export function deliveryState(delivery: {
  readonly state: "waiting" | "delivered" | "given_up";
  readonly attempts: number;
}): StateWords {
  switch (delivery.state) {
    case "delivered":
      return { tone: "ok", text: "Delivered" };
    case "given_up":
      return { tone: "danger", text: "Not delivered" };
    case "waiting":
      return delivery.attempts === 0
        ? { tone: "neutral", text: "Waiting" }
        : { tone: "warn", text: "Failing, will be tried again" };
  }
}
