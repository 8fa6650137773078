// What plays, as far as buttons, keys and figures are about it: a stream (playback.ts) or a stored video (stored.ts).

import type { Because } from "./automatic.ts";
import type { DelayChoice } from "./preferences.ts";
import type { Delay, Source } from "./source.ts";
import type { WatchState } from "../watch_state.ts";

export interface Plays {
  readonly video: HTMLVideoElement;
  readonly source: Source | undefined;
  readonly delay: Delay;
  readonly choice: DelayChoice;
  readonly stalls: number;
  /** The picture moves, or is paused where it can be seen. */
  readonly flowing: boolean;
  readonly isLoading: boolean;
  /** A press is wanted before it plays at all. */
  readonly pressWanted: boolean;
  /** The browser allows no sound before a press. */
  readonly soundWanted: boolean;
  readonly refused: boolean;
  readonly full: number | undefined;
  readonly cannotPlay: string | undefined;
  readonly noRealTime: Because | undefined;
  readonly retryInS: number | undefined;
  readonly isAtLive: boolean;
  readonly canRewind: boolean;
  start(signal: AbortSignal): void;
  stop(): void;
  follow(state: WatchState): void;
  open(): void;
  again(): void;
  tick(): void;
  play(): void;
  toLive(): void;
  sound(on: boolean): void;
  turn(by: 1 | -1): void;
  seek(by: number): void;
  wentTo(time: number): void;
  choose(choice: DelayChoice): void;
  chooseHeight(height: number | undefined): void;
}
