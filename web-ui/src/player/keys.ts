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

/** The keys as the help sheet lists them, in its order: what is pressed, and what it does. */
export function keyList(): readonly (readonly [keys: string, does: string])[] {
  return [
    [say("player-key-play.keys"), say("player-key-play")],
    [say("player-key-mute.keys"), say("player-key-mute")],
    [say("player-key-live.keys"), say("player-key-live")],
    [say("player-key-full-screen.keys"), say("player-key-full-screen")],
    [say("player-key-seek.keys"), say("player-key-seek")],
    [say("player-key-volume.keys"), say("player-key-volume")],
    [say("player-key-statistics.keys"), say("player-key-statistics")],
    [say("player-key-help.keys"), say("player-key-help")],
  ];
}

export function actionFor(press: Press, focus: Focus): Action | undefined {
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
      return "live";
    default:
      return undefined;
  }
}
