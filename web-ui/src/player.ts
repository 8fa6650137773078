// The player's entry: defines `<stage-player>`, the only element that templates and embeds name.

import { StagePlayer } from "./player/element.ts";

customElements.define("stage-player", StagePlayer);
