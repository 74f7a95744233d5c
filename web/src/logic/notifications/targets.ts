/** How notifications are sent, and what they can be about. */

export type TargetKind = "webhook" | "email" | "ntfy" | "slack" | "discord";

export type NotificationEvent = "quota" | "budget" | "key" | "token" | "sign_in" | "backup";

/** What the form of a kind says about it. */
export interface KindTexts {
  readonly name: string;
  /** The label of the address. */
  readonly label: string;
  readonly placeholder: string;
  /** Where to get the address. */
  readonly help: string;
}

export const KINDS: Readonly<Record<TargetKind, KindTexts>> = {
  webhook: {
    name: "Webhook",
    label: "URL",
    placeholder: "https://example.com/hooks/api-dashboard",
    help: "An HTTPS address of a program of yours. It gets a POST request with JSON, signed as Standard Webhooks describes. You see the signing secret once, after you add the target.",
  },
  email: {
    name: "Email",
    label: "Email address",
    placeholder: "ada@example.com",
    help: "The server sends a plain-text message to this address.",
  },
  ntfy: {
    name: "ntfy",
    label: "Topic URL",
    placeholder: "https://ntfy.sh/a-topic-that-nobody-guesses",
    help: "In the ntfy app, subscribe to a topic and enter its URL here: the server, then the topic. Whoever knows the topic of a public server can read it, so choose a long random name or use an access token.",
  },
  slack: {
    name: "Slack",
    label: "Webhook URL",
    placeholder: "https://hooks.slack.com/services/T…/B…/…",
    help: "At api.slack.com/apps, create an app, turn on Incoming Webhooks, choose Add New Webhook to Workspace and a channel, and copy the webhook URL.",
  },
  discord: {
    name: "Discord",
    label: "Webhook URL",
    placeholder: "https://discord.com/api/webhooks/…/…",
    help: "In Discord, open the channel’s settings, then Integrations, Webhooks, New Webhook, and choose Copy Webhook URL.",
  },
};

export const KIND_NAMES = Object.keys(KINDS) as TargetKind[];

/** The events to choose from, with what each one tells. */
export const EVENTS: readonly (readonly [event: NotificationEvent, name: string, about: string])[] =
  [
    ["quota", "Quotas", "An API’s quota will run out before its reset."],
    ["budget", "Budgets", "50%, 80% or 100% of a budget is spent."],
    ["key", "Keys", "An API refuses a key, or a check fails."],
    ["token", "Tokens", "A token expires soon, or is used from a new network."],
    ["sign_in", "Sign-ins", "Somebody signs in from a new place."],
    ["backup", "Backups", "A backup failed."],
  ];

// Events that nobody can choose.
const OTHER_EVENTS: Readonly<Record<string, string>> = {
  summary: "Summary",
  target: "Notification targets",
};

/** The name of a notification's event. */
export function eventName(event: string): string {
  return EVENTS.find(([name]) => name === event)?.[1] ?? OTHER_EVENTS[event] ?? event;
}

/** "All events", "Quotas, Budgets", "None". */
export function eventsText(events: readonly string[]): string {
  if (EVENTS.every(([name]) => events.includes(name))) {
    return "All events";
  }
  const chosen = EVENTS.filter(([name]) => events.includes(name)).map(([, name]) => name);
  return chosen.join(", ") || "None";
}

/** The values of the form of a target. */
export interface TargetDraft {
  readonly kind: TargetKind;
  readonly name: string;
  /** Empty to keep the address of an existing target. */
  readonly address: string;
  readonly events: readonly NotificationEvent[];
  /** Empty for none, or to keep the stored one. */
  readonly accessToken: string;
  /** Remove the stored access token. */
  readonly removesToken: boolean;
}

/** The part of a target that its form edits. */
export interface EditableTarget {
  readonly name: string;
  readonly kind: TargetKind;
  readonly address: string;
  readonly events: readonly NotificationEvent[];
}

export function newTargetDraft(kind: TargetKind): TargetDraft {
  return {
    kind,
    name: "",
    address: "",
    events: EVENTS.map(([name]) => name),
    accessToken: "",
    removesToken: false,
  };
}

/** The draft of an existing target. Only an email address is known as a whole. */
export function toTargetDraft({ kind, name, address, events }: EditableTarget): TargetDraft {
  return {
    kind,
    name,
    address: kind === "email" ? address : "",
    events,
    accessToken: "",
    removesToken: false,
  };
}

/** The body of the request that creates a target. */
export function createBody(draft: TargetDraft) {
  return {
    ...common(draft),
    kind: draft.kind,
    address: draft.address.trim(),
    enabled: true,
    access_token: draft.kind === "ntfy" && draft.accessToken !== "" ? draft.accessToken : null,
  };
}

/** The body of the request that changes a target with the address `shown`, perhaps masked. */
export function changeBody(draft: TargetDraft, shown: string) {
  const address = draft.address.trim();
  return {
    ...common(draft),
    ...(address === "" || address === shown ? {} : { address }),
    ...(draft.removesToken
      ? { access_token: null }
      : draft.accessToken === ""
        ? {}
        : { access_token: draft.accessToken }),
  };
}

function common({ name, events }: TargetDraft) {
  return {
    name: name.trim(),
    events: EVENTS.map(([event]) => event).filter((event) => events.includes(event)),
  };
}

/** Validate a draft by field. `creating`: the address is required. */
export function targetErrors(
  draft: TargetDraft,
  creating: boolean,
): { name?: string; address?: string; events?: string } {
  const address = draft.address.trim();
  const { label } = KINDS[draft.kind];
  return {
    ...(draft.name.trim() === "" ? { name: "Enter a name." } : {}),
    ...(address === ""
      ? creating || draft.kind === "email"
        ? { address: `Enter the ${label.toLowerCase().replace("url", "URL")}.` }
        : {}
      : draft.kind === "email"
        ? /^\S+@\S+$/.test(address)
          ? {}
          : { address: "This is not an email address." }
        : /^https?:\/\/[^\s/]+/i.test(address)
          ? {}
          : { address: "Enter a whole URL, such as https://example.com/hook." }),
    ...(draft.events.length === 0 ? { events: "Choose at least one event." } : {}),
  };
}
