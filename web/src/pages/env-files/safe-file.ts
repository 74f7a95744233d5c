import { type EnvContent, useEnvFiles } from "../../data/env-files";
import { useCreateToken, useRevokeToken } from "../../data/tokens";
import { toRequestBody, newDraft } from "../../logic/tokens/token-draft";
import type { TokenChoice } from "./export-token";

/** A file without keys, and the name of its token if that is new. */
export interface SafeFile {
  readonly file: EnvContent;
  readonly tokenName: string | undefined;
}

/**
 * Return a function that exports a safe file for some APIs, or for `every` API with a key, and
 * creates its token if requested. Rejects with ApiError.
 */
export function useSafeFile() {
  const files = useEnvFiles();
  const create = useCreateToken();
  const revoke = useRevokeToken();

  return async (
    { source, name, token }: TokenChoice,
    apis: readonly string[],
    every: boolean,
    content: string,
  ): Promise<SafeFile> => {
    const write = (inPlaceOfKeys: string | null) =>
      files.write({ token: inPlaceOfKeys, apis: every ? null : [...apis], content });
    if (source !== "new") {
      return {
        file: await write(source === "existing" ? token.trim() : null),
        tokenName: undefined,
      };
    }
    // Find errors in the file before a token is created for it.
    await write(null);
    const created = await create({
      expires_in: null,
      ...toRequestBody({ ...newDraft(apis), name }),
    });
    try {
      return { file: await write(created.token), tokenName: created.name };
    } catch (error) {
      // Nobody has seen the token.
      await revoke.mutateAsync(created.token_id).catch(() => undefined);
      throw error;
    }
  };
}
