// What the player asked the server for, as the browser timed it. Pure: entries come in, figures go out.

/** What of a `PerformanceResourceTiming` is used here. */
export interface Timing {
  readonly name: string;
  readonly startTime: number;
  readonly duration: number;
  /** Bytes with their head; 0 when it came from a cache, or is not told. */
  readonly transferSize: number;
  readonly encodedBodySize: number;
  readonly nextHopProtocol: string;
  readonly responseStatus?: number;
}

export interface Request {
  /** The last part of its path, without the grant before it. */
  readonly name: string;
  readonly tookMs: number;
  readonly bytes: number;
  /** 0 when it is not told. */
  readonly status: number;
}

/** So many are listed. */
export const RECENT = 8;

export class Requests {
  readonly #prefix: string;
  readonly #door: string;
  #recent: Request[] = [];
  #count = 0;
  #bytes = 0;
  #protocol = "";

  /** Counts what lies below `prefix`, a path of this site that ends with a slash, and the door of WebRTC with its sessions. */
  constructor(prefix: string, door: string) {
    this.#prefix = prefix;
    this.#door = door;
  }

  /** Takes one; `undefined` when it is not the player's. */
  take(timing: Timing): Request | undefined {
    const path = pathOf(timing.name);
    const name = path === undefined ? undefined : this.#name(path);
    if (name === undefined) return undefined;
    const request = {
      name,
      tookMs: timing.duration,
      bytes: timing.transferSize || timing.encodedBodySize,
      status: timing.responseStatus ?? 0,
    };
    this.#count += 1;
    this.#bytes += request.bytes;
    this.#protocol = timing.nextHopProtocol || this.#protocol;
    this.#recent = [request, ...this.#recent].slice(0, RECENT);
    return request;
  }

  /** The last part of the path of what belongs to the player; of a session no more than that it is one. */
  #name(path: string): string | undefined {
    if (path === this.#door || path.startsWith(`${this.#door}/`)) return this.#door.slice(this.#door.lastIndexOf("/") + 1);
    return path.startsWith(this.#prefix) ? path.slice(path.lastIndexOf("/") + 1) : undefined;
  }

  /** Newest first. */
  get recent(): readonly Request[] {
    return this.#recent;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** "HTTP/2"; empty before the first, or when it is not told. */
  get protocol(): string {
    return protocolName(this.#protocol);
  }
}

/** Names of ALPN (RFC 7301) as people write them. */
export function protocolName(alpn: string): string {
  switch (alpn) {
    case "h2":
      return "HTTP/2";
    case "h3":
      return "HTTP/3";
    default:
      return alpn.toUpperCase();
  }
}

function pathOf(address: string): string | undefined {
  try {
    return new URL(address).pathname;
  } catch {
    return undefined;
  }
}
