// How loud it is: the same for what is live and what is stored.

/** Sound on, and loud enough to be heard; or off. */
export function sound(video: HTMLVideoElement, on: boolean): void {
  video.muted = !on;
  if (on && video.volume === 0) video.volume = 0.5;
}

/** A twentieth louder or quieter. */
export function turn(video: HTMLVideoElement, by: 1 | -1): void {
  video.volume = Math.min(1, Math.max(0, Math.round(video.volume * 20 + by) / 20));
  if (by > 0) video.muted = false;
}
