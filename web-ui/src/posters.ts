// Pictures of live streams: the last key frame that was sent, made a picture by the browser.
//
// The server answers an MP4 of one frame and decodes nothing. A <video> that nobody sees shows it, and what it shows is drawn
// into the card's canvas once, so that a page of many streams holds no player. Only cards in view are drawn, one at a time, and
// again after half a minute. Where there is no picture (sound alone, a codec that this browser lacks) the card keeps its icon.

import { whileOnShow } from "./life.ts";

const EVERY_MS = 30_000;
const LOOK_MS = 5_000;
/** Longest wait for the picture of one file. */
const PATIENCE_MS = 8_000;
/** A card is at most half the page; twice that for dense screens. */
const WIDTH_MAX = 1_280;

export class Posters {
  readonly #seen = new Set<HTMLCanvasElement>();
  readonly #triedAt = new WeakMap<HTMLCanvasElement, number>();
  readonly #observer: IntersectionObserver;
  #drawing = false;

  constructor() {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const canvas = target.querySelector<HTMLCanvasElement>("canvas[data-poster]");
        if (canvas && isIntersecting) this.#seen.add(canvas);
        else if (canvas) this.#seen.delete(canvas);
      }
      void this.#draw();
    });
    whileOnShow(() => void this.#draw(), LOOK_MS);
  }

  /** Draws the posters below `root` from now on, instead of those before. */
  watch(root: ParentNode): void {
    this.#observer.disconnect();
    this.#seen.clear();
    for (const canvas of root.querySelectorAll("canvas[data-poster]")) {
      if (canvas.parentElement) this.#observer.observe(canvas.parentElement);
    }
  }

  async #draw(): Promise<void> {
    if (this.#drawing) return;
    this.#drawing = true;
    for (;;) {
      const due = (canvas: HTMLCanvasElement): boolean => Date.now() - (this.#triedAt.get(canvas) ?? 0) >= EVERY_MS;
      const next = document.visibilityState === "visible" ? [...this.#seen].find(due) : undefined;
      if (!next) break;
      this.#triedAt.set(next, Date.now());
      await drawPoster(next);
    }
    this.#drawing = false;
  }
}

async function drawPoster(canvas: HTMLCanvasElement): Promise<void> {
  const file = await fetchPoster(canvas.dataset["poster"] ?? "");
  if (!file) return;
  const address = URL.createObjectURL(file);
  const video = document.createElement("video");
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = address;
    if (!(await hasPicture(video))) return;
    const scale = Math.min(1, WIDTH_MAX / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    canvas.hidden = false;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  }
}

async function fetchPoster(url: string): Promise<Blob | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.status === 200 ? await response.blob() : undefined; // 204: none now.
  } catch {
    return undefined; // The next turn asks again.
  }
}

/** Waits until the first picture can be drawn; false when there will be none. */
async function hasPicture(video: HTMLVideoElement): Promise<boolean> {
  const over = AbortSignal.timeout(PATIENCE_MS);
  const loaded = await new Promise<boolean>((resolve) => {
    video.addEventListener("loadeddata", () => resolve(true), { once: true });
    video.addEventListener("error", () => resolve(false), { once: true });
    over.addEventListener("abort", () => resolve(false), { once: true });
  });
  if (!loaded || video.videoWidth === 0) return false;
  // Safari decodes a picture only when it plays; where even that is refused, what is there is drawn.
  await Promise.race([video.play().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  return true;
}
