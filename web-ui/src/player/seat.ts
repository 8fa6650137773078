// A viewer's place among those with the same access code: a text that stays the same while a tab is open, so that who reloads or changes
// the delay is nobody new. It says nothing about anybody, and leaves with the tab.

const KEY = "media-server.seat";

let own: string | undefined;

/** Whether an address brings an access code. */
export function hasCode(address: string): boolean {
  return /[?&](access_code|code)=/.test(address);
}

/** The address with this tab's place, where it brings a code. */
export function seated(address: string): string {
  return hasCode(address) ? `${address}&seat=${seat()}` : address;
}

function seat(): string {
  own ??= remembered() ?? made();
  try {
    sessionStorage.setItem(KEY, own);
  } catch {
    // Storage is refused, in some private windows and frames: it is the same while the page lasts.
  }
  return own;
}

function remembered(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function made(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
