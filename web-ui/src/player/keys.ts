// Which key does what while the player has focus. Pure.

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

/** The keys as the help sheet lists them, in its order. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["Space, K", "Play or pause"],
  ["M", "Sound off or on"],
  ["L", "Go to live"],
  ["F", "Full screen"],
  ["← →", "Back or on by 5 s"],
  ["↑ ↓", "Louder or quieter"],
  ["Shift S", "Statistics"],
  ["?", "This list"],
];

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
