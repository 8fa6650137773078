// What to do about a failure of playback. Pure: a decision from the failure, the time and what was tried before.
//
// Nothing is final but a refusal of the index and a codec that the browser does not decode. A playlist or part that is
// gone (404, 410) means an epoch that ended, one that is refused (401, 403) a grant that did: either way the index is
// asked again at once, since it names the next epoch and carries a fresh grant. Everything else on the network is tried
// again, less and less often, without end: a page that is left open plays when the server is back. Whoever has a code whose places are
// all taken waits for one.

import type { Because } from "./automatic.ts";

/** What a refusal of the index says of itself. */
export interface Refusal {
  readonly code: string;
  /** How many may watch at once with the code that was brought. */
  readonly places?: number;
}

/** Reads the body of a refusal; `undefined` when it is none. */
export function parseRefusal(body: string): Refusal | undefined {
  try {
    const value = JSON.parse(body) as { code?: unknown; places?: unknown } | null;
    if (typeof value?.code !== "string") return undefined;
    return typeof value.places === "number" ? { code: value.code, places: value.places } : { code: value.code };
  } catch {
    return undefined;
  }
}

/** All places of a code are taken: others leave. */
const FULL = "access_code_full";

export type Trouble =
  /** The index, or something it names, could not be had; `status` is undefined when nothing answered. */
  | { readonly kind: "network"; readonly of: "index" | "pieces"; readonly status: number | undefined; readonly refusal?: Refusal }
  /** The browser failed to decode or to take what came. */
  | { readonly kind: "media" }
  /** Real time does not work here. */
  | { readonly kind: "real_time"; readonly because: Because }
  /** The browser does not play these codecs at all; as in a CODECS attribute, or empty. */
  | { readonly kind: "codec"; readonly codecs: string };

export type Step =
  | { readonly step: "reload"; readonly afterS: number; readonly because: keyof typeof BACK_OFF_S }
  | { readonly step: "recover_media" }
  | { readonly step: "by_hls"; readonly because: Because }
  | { readonly step: "wait"; readonly afterS: number; readonly places: number }
  | { readonly step: "refused" }
  | { readonly step: "cannot_play"; readonly codecs: string };

/** Waits between tries, in seconds; the last one repeats. */
const BACK_OFF_S = {
  /** An epoch that ended names its successor within moments; a stream that is off is asked about by the state poll. */
  gone: [0.3, 1, 2],
  network: [1, 2, 4, 8, 15],
  media: [1, 2, 4],
} as const;
/** A place that becomes free is somebody's at once where many wait: asked for often enough, and not so often that it costs anything. */
const PLACE_AGAIN_S = 5;
/** This many failures to decode within the window are not a hiccup but a picture that this browser cannot show. */
const MEDIA_FAILURES_MAX = 4;
const MEDIA_WINDOW_MS = 30_000;

export class Recovery {
  readonly #tries = { gone: 0, network: 0, media: 0 };
  #mediaFailures: number[] = [];

  decide(trouble: Trouble, nowMs: number): Step {
    switch (trouble.kind) {
      case "codec":
        return { step: "cannot_play", codecs: trouble.codecs };
      case "real_time":
        return { step: "by_hls", because: trouble.because };
      case "network":
        if (trouble.refusal?.code === FULL) return { step: "wait", afterS: PLACE_AGAIN_S, places: trouble.refusal.places ?? 0 };
        switch (trouble.status) {
          case 401:
          case 403:
            return trouble.of === "index" ? { step: "refused" } : this.#reload("gone");
          case 404:
          case 410:
            return this.#reload("gone");
          default:
            return this.#reload("network");
        }
      case "media":
        this.#mediaFailures = this.#mediaFailures.filter((at) => nowMs - at < MEDIA_WINDOW_MS);
        this.#mediaFailures.push(nowMs);
        if (this.#mediaFailures.length >= MEDIA_FAILURES_MAX) return { step: "cannot_play", codecs: "" };
        return this.#mediaFailures.length === 1 ? { step: "recover_media" } : this.#reload("media");
    }
  }

  /** Playback has run for a while: the next failure begins a new count. */
  wentWell(): void {
    Object.assign(this.#tries, { gone: 0, network: 0, media: 0 });
  }

  /** Somebody asked to try again: everything is allowed once more. */
  forget(): void {
    this.wentWell();
    this.#mediaFailures = [];
  }

  #reload(because: keyof typeof BACK_OFF_S): Step {
    const waits = BACK_OFF_S[because];
    const afterS = waits[Math.min(this.#tries[because], waits.length - 1)] ?? 1;
    this.#tries[because] += 1;
    return { step: "reload", afterS, because };
  }
}
