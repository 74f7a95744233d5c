/** The languages of the code that verifies a webhook's signature. */
export const VERIFY_LANGUAGES = [
  ["python", "Python"],
  ["javascript", "JavaScript"],
] as const;

export type VerifyLanguage = (typeof VERIFY_LANGUAGES)[number][0];

const SNIPPETS: Readonly<Record<VerifyLanguage, string>> = {
  python: `# pip install standardwebhooks
import os
from standardwebhooks.webhooks import Webhook

# body: the request's body as it came; headers: its header fields
event = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, headers)`,
  javascript: `// npm install standardwebhooks
import { Webhook } from "standardwebhooks";

// body: the request's body as it came; headers: its header fields
const event = new Webhook(process.env.WEBHOOK_SECRET).verify(body, headers);`,
};

/** Code that verifies a webhook with the library of Standard Webhooks. */
export function verifySnippet(language: VerifyLanguage): string {
  return SNIPPETS[language];
}
