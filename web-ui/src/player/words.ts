// The player's words, and Media Chrome's own in its buttons' names.

import { addTranslation, setLanguage } from "media-chrome/dist/utils/i18n.js";

import source from "../../../crates/web/locales/en/player.ftl";
import { type Say, words } from "../words.ts";

export const say: Say = words([source]);

/** Gives Media Chrome the words for the buttons that are used here. */
export function nameControls(): void {
  setLanguage("en");
  addTranslation("en", {
    play: say("player-control-play"),
    pause: say("player-control-pause"),
    mute: say("player-control-mute"),
    unmute: say("player-control-unmute"),
    volume: say("player-control-volume"),
    seek: say("player-control-seek"),
    "enter fullscreen mode": say("player-control-full-screen"),
    "exit fullscreen mode": say("player-control-full-screen-end"),
    "enter picture in picture mode": say("player-control-pip"),
    "playback time": say("player-control-time"),
    "exit picture in picture mode": say("player-control-pip-end"),
    "video player": say("player-control-video"),
  });
}
