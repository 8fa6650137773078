// What lies over the picture when there is none: one sentence, one line, at most one button.
//
// Pure: from how the stream stands and how playback goes. A picture that still moves is never covered, except when it
// may no longer be seen: a viewer whose buffer outlasts the broadcast sees its last second.

import type { Because } from "./automatic.ts";
import { clipCodecs } from "./codecs.ts";
import { duration, timeOfDay } from "../text.ts";
import type { WatchState } from "../watch_state.ts";
import { say } from "./words.ts";

export interface Slate {
  readonly id: "processing" | "failed" | "not_live" | "away" | "ended" | "not_allowed" | "code_off" | "code_full" | "cannot_play" | "no_real_time" | "network";
  /** Name of an icon in the sprite. */
  readonly icon: string;
  readonly say: string;
  readonly line: string;
  readonly button?: { readonly label: string; readonly act: "log_in" | "again" };
}

export interface Situation {
  /** How the stream stands; undefined before the first answer. */
  readonly state: WatchState | undefined;
  /** The picture moves, or is paused and can be seen. */
  readonly flowing: boolean;
  /** The server refused to go on. */
  readonly refused: boolean;
  /** The page was opened with an access code. */
  readonly byCode: boolean;
  /** All places of the code are taken: how many there are, 0 where that is not known. */
  readonly full: number | undefined;
  /** CODECS that this browser cannot play; empty when the reason is not known. */
  readonly cannotPlay: string | undefined;
  /** Why real time, which alone is wanted, does not work. */
  readonly noRealTime: Because | undefined;
  /** The last questions to the server had no answer. */
  readonly unreachable: boolean;
  /** The connection broke and nothing played since: seconds to the next try, 0 while it is made. */
  readonly retryInS: number | undefined;
  readonly now: Date;
  /** IANA name; the browser's own when absent. */
  readonly timeZone?: string;
}

export function slateFor(s: Situation): Slate | undefined {
  if (s.refused || s.state?.state === "not_allowed") {
    return s.byCode
      ? { id: "code_off", icon: "lock", say: say("player-code-off"), line: say("player-code-off.line") }
      : {
          id: "not_allowed",
          icon: "lock",
          say: say("player-not-allowed"),
          line: say("player-not-allowed.line"),
          button: { label: say("player-not-allowed.button"), act: "log_in" },
        };
  }
  if (s.full !== undefined && !s.flowing) {
    const line = s.full > 0 ? say("player-code-full.line", { places: s.full }) : say("player-code-full.wait");
    return { id: "code_full", icon: "users", say: say("player-code-full"), line };
  }
  if (s.cannotPlay !== undefined) {
    return {
      id: "cannot_play",
      icon: "info",
      say: say("player-cannot-play"),
      line: whyNot(s.cannotPlay),
      button: { label: say("player-cannot-play.button"), act: "again" },
    };
  }
  if (s.noRealTime !== undefined) {
    const lines = { unsuitable: "player-no-real-time.unsuitable", busy: "player-no-real-time.busy", network: "player-no-real-time.network" } as const;
    return {
      id: "no_real_time",
      icon: "info",
      say: say("player-no-real-time"),
      line: say(lines[s.noRealTime]),
      button: { label: say("player-no-real-time.button"), act: "again" },
    };
  }
  if (s.flowing) return undefined;
  if (s.unreachable || s.retryInS !== undefined) {
    const waits = s.retryInS !== undefined && s.retryInS >= 1;
    return {
      id: "network",
      icon: "warn",
      say: say("player-network"),
      line: waits ? say("player-network.wait", { wait: duration(s.retryInS ?? 0) }) : say("player-network.line"),
      button: { label: say("player-network.button"), act: "again" },
    };
  }
  switch (s.state?.state) {
    case "processing":
      return { id: "processing", icon: "rotate", say: say("player-processing"), line: say("player-processing.line") };
    case "failed":
      return { id: "failed", icon: "warn", say: say("player-failed"), line: s.state.reason ?? "" };
    case "offline":
      return { id: "not_live", icon: "off", say: say("player-not-live"), line: say("player-not-live.line") };
    case "away": {
      const grace = duration(s.state.grace_s);
      return { id: "away", icon: "rotate", say: say("player-away"), line: say("player-away.line", { grace }) };
    }
    case "ended":
      return { id: "ended", icon: "end", say: say("player-ended"), line: howItRan(s.state, s) };
    default:
      return undefined; // live, or not known yet: the picture is on its way
  }
}

function howItRan(state: WatchState, s: Situation): string {
  if (state.until === null) return say("player-ended.line");
  const until = new Date(state.until);
  const time = timeOfDay(until, s.now, s.timeZone);
  if (state.since === null) return say("player-ended.ended", { time });
  return say("player-ended.ran", { duration: duration((until.getTime() - Date.parse(state.since)) / 1000), time });
}

function whyNot(codecs: string): string {
  const { video, audio } = clipCodecs(codecs);
  const name = video?.split(" ")[0];
  if (name === undefined) return say("player-cannot-play.line");
  if (name === "HEVC") return say("player-cannot-play.hevc");
  return audio ? say("player-cannot-play.both", { video: name, audio }) : say("player-cannot-play.video", { video: name });
}
