import { useEnvFiles } from "../../data/env-files";
import { useCreateToken, useRevokeToken } from "../../data/tokens";
import { toRequestBody, newDraft } from "../../logic/tokens/token-draft";
import type { TokenChoice } from "./export-token";

/** A file without keys, and what the token in it is called if it was made for it. */
export interface SafeFile {
  readonly content: string;
  readonly tokenName: string | undefined;
}

/**
 * Writes a safe file for some APIs, or for `every` one that has a key, and makes the token for it
 * where that is wanted. Rejects with ApiError.
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
        content: await write(source === "existing" ? token.trim() : null),
        tokenName: undefined,
      };
    }
    // What is wrong with the file is found before a token is made for it.
    await write(null);
    const created = await create({
      expires_in: null,
      ...toRequestBody({ ...newDraft(apis), name }),
    });
    try {
      return { content: await write(created.token), tokenName: created.name };
    } catch (error) {
      // Nobody has seen it.
      await revoke.mutateAsync(created.token_id).catch(() => undefined);
      throw error;
    }
  };
}
