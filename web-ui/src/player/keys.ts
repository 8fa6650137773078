// Which key does what while the player has focus. Pure.

import { say } from "./words.ts";

export type Action =
  | "play"
  | "mute"
  | "full_screen"
  | "live"
  | "back"
  | "forward"
  | "louder"
  | "quieter"
  | "far_back"
  | "far_forward"
  | "slower"
  | "faster"
  | "captions"
  | "statistics"
  | "help"
  | "close";

/** What has the focus: a button keeps space, a slider or a choice keeps the arrows too. */
export type Focus = "picture" | "button" | "slider";

interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What is played: keys differ where a recording has no live edge, and live no speed. */
export type Played = "live" | "stored";

/** The keys as the help sheet lists them, in its order: what is pressed, and what it does. */
export function keyList(played: Played): readonly (readonly [keys: string, does: string])[] {
  return [
    [say("player-key-play.keys"), say("player-key-play")],
    [say("player-key-mute.keys"), say("player-key-mute")],
    ...(played === "live" ? [[say("player-key-live.keys"), say("player-key-live")] as const] : []),
    [say("player-key-full-screen.keys"), say("player-key-full-screen")],
    [say("player-key-seek.keys"), say("player-key-seek")],
    ...(played === "stored"
      ? [
          [say("player-key-far.keys"), say("player-key-far")] as const,
          [say("player-key-speed.keys"), say("player-key-speed")] as const,
          [say("player-key-captions.keys"), say("player-key-captions")] as const,
        ]
      : []),
    [say("player-key-volume.keys"), say("player-key-volume")],
    [say("player-key-statistics.keys"), say("player-key-statistics")],
    [say("player-key-help.keys"), say("player-key-help")],
  ];
}

export function actionFor(press: Press, focus: Focus, played: Played = "live"): Action | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined;
  switch (press.key) {
    case "Escape":
      return "close";
    case "?":
      return "help";
    case " ":
      return focus === "picture" ? "play" : undefined;
    case "ArrowLeft":
      return focus === "slider" ? undefined : "back";
    case "ArrowRight":
      return focus === "slider" ? undefined : "forward";
    case "ArrowUp":
      return focus === "slider" ? undefined : "louder";
    case "ArrowDown":
      return focus === "slider" ? undefined : "quieter";
  }
  const isStored = played === "stored";
  // With Shift on most keyboards, without on some.
  if (isStored && press.key === "<") return "slower";
  if (isStored && press.key === ">") return "faster";
  const key = press.key.toLowerCase();
  if (press.shiftKey) return key === "s" ? "statistics" : undefined;
  switch (key) {
    case "k":
      return "play";
    case "m":
      return "mute";
    case "f":
      return "full_screen";
    case "l":
      return isStored ? "far_forward" : "live";
    case "j":
      return isStored ? "far_back" : undefined;
    case "c":
      return isStored ? "captions" : undefined;
    default:
      return undefined;
  }
}
