import { useEffect, useRef, useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import type { Session } from "../../api/session";
import { useProxyBase } from "../../data/addresses";
import { type BodyFormat, charsetOf, bodyFormat } from "../../logic/playground/response-body";
import type { ComposedRequest } from "../../logic/playground/compose";
import { useServices } from "../../services";

/** A response as far as it has been received. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly format: BodyFormat;
  /** The start of the body as text; empty if it is binary. */
  readonly text: string;
  /** Bytes received. */
  readonly size: number;
  /** The unchanged body once it is complete, unless it is too large to keep. */
  readonly bytes: Blob | undefined;
}

export type Exchange =
  | { readonly state: "none" }
  | { readonly state: "sending" }
  /** `broken`: the connection was lost before the response ended. */
  | {
      readonly state: "receiving" | "done" | "cancelled" | "broken";
      readonly response: ReceivedResponse;
    }
  | { readonly state: "cancelled-early" }
  /** A redirect, whose target browsers hide. */
  | { readonly state: "redirect" }
  | { readonly state: "failed"; readonly reason: string };

// The number of characters shown, and of bytes kept for a download.
const SHOWN = 200_000;
const KEPT = 50_000_000;
// Milliseconds between two updates while a body is received.
const DRAW_INTERVAL = 100;

export const SHOWN_CHARACTERS = SHOWN;

/** Send requests through the proxy, one at a time, and show the response while it arrives. */
export function useExchange() {
  const { session } = useServices();
  const base = useProxyBase();
  const [exchange, setExchange] = useState<Exchange>({ state: "none" });
  const running = useRef<AbortController>();

  useEffect(() => () => running.current?.abort(), []);

  async function send(request: ComposedRequest, follow: boolean): Promise<Exchange> {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    let last = { state: "sending" } as Exchange;
    const show = (next: Exchange) => {
      last = next;
      if (running.current === control) {
        setExchange(next);
      }
    };
    show(last);
    try {
      const response = await start(session, base, request, follow, control.signal);
      if (response.type === "opaqueredirect") {
        show({ state: "redirect" });
      } else {
        await receive(response, show);
      }
    } catch (error) {
      const cancelled = control.signal.aborted;
      if (last.state === "receiving") {
        show({ state: cancelled ? "cancelled" : "broken", response: last.response });
      } else if (cancelled) {
        show({ state: "cancelled-early" });
      } else {
        show({ state: "failed", reason: asApiError(error).message });
      }
    }
    return last;
  }

  return {
    exchange,
    send,
    cancel: () => running.current?.abort(),
    busy: exchange.state === "sending" || exchange.state === "receiving",
  };
}

function start(
  session: Session,
  base: string,
  request: ComposedRequest,
  follow: boolean,
  signal: AbortSignal,
): Promise<Response> {
  return session.fetch(
    new Request(new URL(base + request.target, location.href), {
      method: request.method,
      headers: request.headers.map(([name, value]) => [name, value] as [string, string]),
      body: request.body ?? null,
      cache: "no-store",
      credentials: "omit",
      redirect: follow ? "follow" : "manual",
      signal,
    }),
  );
}

async function receive(response: Response, show: (next: Exchange) => void): Promise<void> {
  const type = response.headers.get("content-type");
  const format = bodyFormat(type);
  const decoder = decoderOf(charsetOf(type));
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  let size = 0;
  let drawn = 0;
  const soFar = (bytes?: Blob): ReceivedResponse => ({
    status: response.status,
    headers: [...response.headers],
    format,
    text,
    size,
    bytes,
  });
  show({ state: "receiving", response: soFar() });
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    size += piece.value.length;
    if (size <= KEPT) {
      pieces.push(piece.value);
    } else {
      pieces.length = 0;
    }
    if (format !== "binary" && text.length < SHOWN) {
      text += decoder.decode(piece.value, { stream: true });
    }
    if (performance.now() - drawn > DRAW_INTERVAL) {
      drawn = performance.now();
      show({ state: "receiving", response: soFar() });
    }
  }
  if (format !== "binary" && text.length < SHOWN) {
    text += decoder.decode();
  }
  // Without a type: browsers must never render it as a page of the dashboard.
  const whole = size <= KEPT ? new Blob(pieces, { type: "application/octet-stream" }) : undefined;
  show({ state: "done", response: soFar(whole) });
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
