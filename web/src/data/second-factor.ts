import { useQuery, useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { createPasskey, type PasskeyJson } from "../passkeys";
import { useServices } from "../services";

export type Factors = components["schemas"]["FactorsView"];
export type Passkey = components["schemas"]["PasskeyView"];
export type NewApp = components["schemas"]["NewTotp"];

const FACTORS = ["factors"];

/** The user's passkeys, authenticator app, and the number of recovery codes. */
export function useFactors() {
  const { api } = useServices();
  return useQuery({
    queryKey: FACTORS,
    queryFn: ({ signal }) => unwrap(api.GET("/api/me/factors", { signal })),
  });
}

/**
 * Changes of the second factors. They are no mutations, because their cache would keep secrets. Each
 * rejects with ApiError. Recovery codes come with the first factor, and are undefined later.
 */
export function useFactorChanges() {
  const { api } = useServices();
  const queries = useQueryClient();

  /** Read the factors again. The profile says whether there are any. */
  function refresh() {
    void queries.invalidateQueries({ queryKey: FACTORS });
    void queries.invalidateQueries({ queryKey: ["profile"] });
  }

  return {
    refresh,
    /** Create a passkey with the browser. The caller calls `refresh` after it showed the codes. */
    addPasskey: async (name: string): Promise<readonly string[] | undefined> => {
      const { pending, options } = await unwrap(api.POST("/api/me/passkeys/options"));
      const credential = await createPasskey(options);
      const body = { pending, name, credential: credential as never };
      return (await unwrap(api.POST("/api/me/passkeys", { body }))).recovery_codes ?? undefined;
    },
    renamePasskey: async (passkey_id: string, name: string): Promise<void> => {
      const params = { path: { passkey_id } };
      await unwrap(api.PATCH("/api/me/passkeys/{passkey_id}", { params, body: { name } }));
      refresh();
    },
    removePasskey: async (passkey_id: string): Promise<void> => {
      const params = { path: { passkey_id } };
      await unwrap(api.DELETE("/api/me/passkeys/{passkey_id}", { params }));
      refresh();
    },
    /** Start setting up an authenticator app. */
    startApp: (): Promise<NewApp> => unwrap(api.POST("/api/me/totp")),
    /** Finish with the app's first code. The caller calls `refresh` after it showed the codes. */
    confirmApp: async (pending: string, code: string): Promise<readonly string[] | undefined> => {
      const body = { pending, code };
      return (await unwrap(api.POST("/api/me/totp/confirm", { body }))).recovery_codes ?? undefined;
    },
    removeApp: async (): Promise<void> => {
      await unwrap(api.DELETE("/api/me/totp"));
      refresh();
    },
    /** Replace the recovery codes. */
    renewCodes: async (): Promise<readonly string[]> => {
      const { recovery_codes } = await unwrap(api.POST("/api/me/recovery-codes"));
      refresh();
      return recovery_codes;
    },
  };
}

/** What the user can confirm with, and the options for a passkey. */
export interface Offer {
  readonly methods: readonly Method[];
  readonly pending: string;
  readonly passkey: PasskeyJson | undefined;
}

export type Method = components["schemas"]["StepUpOptions"]["methods"][number];

/** The offer in a response of the API. */
export function offerOf(members: {
  methods?: unknown;
  pending?: unknown;
  passkey?: unknown;
}): Offer {
  const { methods, pending, passkey } = members;
  return {
    methods: Array.isArray(methods) ? (methods as Method[]) : [],
    pending: typeof pending === "string" ? pending : "",
    passkey: passkey === undefined ? undefined : (passkey as PasskeyJson),
  };
}

/** What the user confirms with. */
export type Answer =
  | { readonly password: string }
  | { readonly code: string }
  | { readonly pending: string; readonly passkey: PasskeyJson };

/** What the user can confirm with, and a function that sends it (step-up). Rejects with ApiError. */
export function useStepUp() {
  const { api } = useServices();
  const offer = useQuery({
    queryKey: ["step-up"],
    // Each dialog needs an offer of its own, which is good for five minutes.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Offer> => {
      return offerOf(await unwrap(api.POST("/api/auth/step-up/options", { signal })));
    },
  });
  async function send(answer: Answer): Promise<void> {
    await unwrap(api.POST("/api/auth/step-up", { body: answer as never }));
  }
  return { offer, send };
}
