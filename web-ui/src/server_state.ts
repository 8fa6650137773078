// What the topic `server` says, and its figures as the page writes them.

import { bitRate, bytes, count } from "./text.ts";

export interface ServerState {
  readonly streams: readonly {
    readonly slug: string;
    readonly bit_rate: number;
    readonly viewers: { readonly hls: number; readonly webrtc: number };
  }[];
  readonly viewers: { readonly hls: number; readonly webrtc: number };
  readonly bit_rate: number;
  readonly sending_bit_rate: number | null;
  readonly memory_bytes: number | null;
  readonly open_files: number | null;
  /** Another one when the page has to be made anew. */
  readonly key: string;
}

/** Each tile's figure, its unit after a space that does not break; an en dash for what is not known. */
export function serverFigures(state: ServerState): Record<string, string> {
  const known = (n: number | null, say: (n: number) => string): string => (n === null ? "–" : say(n));
  return {
    live: count(state.streams.length),
    viewers: count(state.viewers.hls + state.viewers.webrtc),
    sending: known(state.sending_bit_rate, bitRate),
    receiving: bitRate(state.bit_rate),
    memory: known(state.memory_bytes, bytes),
    files: known(state.open_files, count),
  };
}
