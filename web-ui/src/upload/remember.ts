// What this browser remembers of uploads that a reload would interrupt: which file went where, and, where browsers lend a handle of a dropped
// file, the handle, so that one press goes on without the file being looked for again.

const KEY = "media-server.uploads";
/** Uploads that are remembered: as many as a user may have open on the server. */
const MAX = 100;
const DATABASE = "media-server";
const STORE = "files";

/** What tells a file from others. */
export interface Fingerprint {
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
}

/** A file with the address of its upload, and whose it is. */
export interface Kept extends Fingerprint {
  readonly url: string;
  readonly owner: string;
}

/** What this browser remembers for this user. */
export class Memory {
  readonly #owner: string;
  readonly #storage: Pick<Storage, "getItem" | "setItem"> | undefined;

  constructor(owner: string, storage: Pick<Storage, "getItem" | "setItem"> | undefined = local()) {
    this.#owner = owner;
    this.#storage = storage;
  }

  /** The address that this very file has been sent to. */
  find(file: Fingerprint): string | undefined {
    return this.#own().find((kept) => isSame(kept, file))?.url;
  }

  /** Which file went there. */
  fileAt(url: string): Fingerprint | undefined {
    return this.#own().find((kept) => kept.url === url);
  }

  keep(file: Fingerprint, url: string): void {
    const { name, size, lastModified } = file;
    const others = this.#all().filter((kept) => kept.url !== url && !(kept.owner === this.#owner && isSame(kept, file)));
    this.#save([...others, { name, size, lastModified, url, owner: this.#owner }].slice(-MAX));
  }

  forget(url: string): void {
    this.#save(this.#all().filter((kept) => kept.url !== url));
  }

  #own(): Kept[] {
    return this.#all().filter(({ owner }) => owner === this.#owner);
  }

  #all(): Kept[] {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isKept) : [];
    } catch {
      return [];
    }
  }

  #save(all: readonly Kept[]): void {
    try {
      this.#storage?.setItem(KEY, JSON.stringify(all));
    } catch {
      // Refused, in some private windows: a reload loses the way, and the file begins again.
    }
  }
}

function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
}

function isKept(value: unknown): value is Kept {
  const kept = value as Partial<Kept> | null;
  return (
    typeof kept?.name === "string" &&
    typeof kept.size === "number" &&
    typeof kept.lastModified === "number" &&
    typeof kept.url === "string" &&
    typeof kept.owner === "string"
  );
}

function local(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** A file's handle, as far as browsers that have it agree (File System Access). */
export interface Handle {
  readonly kind: string;
  getFile(): Promise<File>;
  requestPermission?(mode: { mode: "read" }): Promise<PermissionState>;
}

/** Keeps the handle of a file that is sent to this address. */
export async function keepHandle(url: string, handle: Handle): Promise<void> {
  await inStore("readwrite", (store) => store.put(handle, url));
}

export async function handleAt(url: string): Promise<Handle | undefined> {
  return (await inStore("readonly", (store) => store.get(url) as IDBRequest<Handle | undefined>)) ?? undefined;
}

export async function forgetHandle(url: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(url));
}

/** Does one thing in the store; `undefined` where there is none. */
function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const none = (): void => resolve(undefined);
    let opening: IDBOpenDBRequest;
    try {
      opening = indexedDB.open(DATABASE, 1);
    } catch {
      none();
      return;
    }
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = none;
    opening.onblocked = none;
    opening.onsuccess = () => {
      const database = opening.result;
      try {
        const request = act(database.transaction(STORE, mode).objectStore(STORE));
        request.onsuccess = () => resolve(request.result);
        request.onerror = none;
      } catch {
        none(); // A handle that cannot be kept, where only other files can.
      }
      database.close();
    };
  });
}
