// Requests of uploads over XMLHttpRequest: the one way in which browsers tell how much of a body has left.

import type { Answer, Ask, Ports } from "./tus.ts";

/** A body that has made no step for so long is on a dead line; the server gives up as well by then. */
const STALLED_MS = 45_000;

export function ports(): Ports {
  return { ask, wait };
}

function ask({ method, url, headers, body }: Ask, signal: AbortSignal, sent?: (bytes: number) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const moves = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    const over = (settle: () => void): void => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
      settle();
    };
    const abort = (): void => request.abort();
    request.open(method, url);
    request.setRequestHeader("accept", "application/json");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => {
      moves();
      sent?.(loaded);
    });
    request.addEventListener("load", () => over(() => resolve(answer(request))));
    request.addEventListener("error", () => void over(() => void why(body).then(reject)));
    request.addEventListener("abort", () => over(() => reject(new Error("given up"))));
    if (signal.aborted) {
      reject(new Error("given up"));
      return;
    }
    signal.addEventListener("abort", abort);
    moves();
    request.send(body ?? null);
  });
}

/** What an error without an answer was: of the line, or of the file, which may have been moved or changed. */
async function why(body: Blob | undefined): Promise<unknown> {
  try {
    await body?.slice(0, 1).arrayBuffer();
    return new Error("no answer");
  } catch (error) {
    return error;
  }
}

function answer(request: XMLHttpRequest): Answer {
  const type = request.getResponseHeader("content-type") ?? "";
  const json = type.includes("json") ? parsed(request.responseText) : undefined;
  const { code, detail } = (json ?? {}) as { code?: unknown; detail?: unknown };
  return {
    status: request.status,
    header: (name) => request.getResponseHeader(name) ?? undefined,
    code: typeof code === "string" ? code : undefined,
    detail: typeof detail === "string" ? detail : undefined,
    json,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
