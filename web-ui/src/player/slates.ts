// What lies over the picture when there is none: one sentence, one line, at most one button.
//
// Pure: from how the stream stands and how playback goes. A picture that still moves is never covered, except when it
// may no longer be seen: a viewer whose buffer outlasts the broadcast sees its last second.

import { clipCodecs } from "./codecs.ts";
import { duration, timeOfDay } from "../text.ts";
import type { WatchState } from "../watch_state.ts";

export interface Slate {
  readonly id: "not_live" | "away" | "ended" | "not_allowed" | "code_off" | "cannot_play" | "network";
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
  /** CODECS that this browser cannot play; empty when the reason is not known. */
  readonly cannotPlay: string | undefined;
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
      ? { id: "code_off", icon: "lock", say: "Your access code was switched off", line: "Ask the person who gave it to you." }
      : {
          id: "not_allowed",
          icon: "lock",
          say: "This is not open to everyone",
          line: "Log in, or open the link with your access code again.",
          button: { label: "Log in", act: "log_in" },
        };
  }
  if (s.cannotPlay !== undefined) {
    return {
      id: "cannot_play",
      icon: "info",
      say: "This browser cannot play this video",
      line: whyNot(s.cannotPlay),
      button: { label: "Try again", act: "again" },
    };
  }
  if (s.flowing) return undefined;
  if (s.unreachable || s.retryInS !== undefined) {
    return {
      id: "network",
      icon: "warn",
      say: "The connection is gone",
      line: s.retryInS !== undefined && s.retryInS >= 1 ? `Trying again in ${duration(s.retryInS)}.` : "Trying again.",
      button: { label: "Try now", act: "again" },
    };
  }
  switch (s.state?.state) {
    case "offline":
      return {
        id: "not_live",
        icon: "off",
        say: "Not live right now",
        line: "This page starts by itself when the stream does. You can leave it open.",
      };
    case "away":
      return {
        id: "away",
        icon: "rotate",
        say: "The sender lost its connection",
        line: `Waiting for it to come back. If it does within ${duration(s.state.grace_s)}, it continues here.`,
      };
    case "ended":
      return { id: "ended", icon: "end", say: "The broadcast has ended", line: howItRan(s.state, s) };
    default:
      return undefined; // live, or not known yet: the picture is on its way
  }
}

function howItRan(state: WatchState, s: Situation): string {
  if (state.until === null) return "If it starts again, it continues here.";
  const until = new Date(state.until);
  const ended = `ended at ${timeOfDay(until, s.now, s.timeZone)}`;
  if (state.since === null) return `It ${ended}.`;
  return `It ran ${duration((until.getTime() - Date.parse(state.since)) / 1000)} and ${ended}.`;
}

function whyNot(codecs: string): string {
  const { video, audio } = clipCodecs(codecs);
  const name = video?.split(" ")[0];
  if (name === "HEVC") {
    return "It is HEVC, which this browser does not decode. Try Safari, or Chrome on a newer computer.";
  }
  if (name !== undefined) return `It is ${name}${audio ? ` with ${audio}` : ""}, which this browser does not decode. Try another browser.`;
  return "The picture could not be decoded. Try again, or use another browser.";
}
