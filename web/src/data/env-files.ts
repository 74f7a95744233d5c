import { useQueryClient } from "@tanstack/preact-query";
import { unwrap } from "../api/client";
import type { components } from "../api/schema";
import { useServices } from "../services";
import { KEYS } from "./keys";

export type EnvPlan = components["schemas"]["EnvPlan"];
export type EnvLine = components["schemas"]["EnvLine"];
export type EnvImported = components["schemas"]["EnvImported"];
export type EnvContent = components["schemas"]["EnvContent"];
export type ExportEnv = components["schemas"]["ExportEnv"];

/**
 * The calls for `.env` files. None is a query or mutation, because their caches would keep the
 * file's secrets. All reject with ApiError.
 */
export function useEnvFiles() {
  const { api } = useServices();
  const queries = useQueryClient();
  return {
    preview: (content: string): Promise<EnvPlan> =>
      unwrap(api.POST("/api/env/preview", { body: { content } })),
    store: async (content: string): Promise<EnvImported> => {
      const imported = await unwrap(api.POST("/api/env/import", { body: { content } }));
      void queries.invalidateQueries({ queryKey: KEYS });
      return imported;
    },
    write: (body: ExportEnv): Promise<EnvContent> => unwrap(api.POST("/api/env/export", { body })),
  };
}
