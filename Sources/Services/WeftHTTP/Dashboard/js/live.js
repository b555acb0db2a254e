// The stream of events: one WebSocket for the whole page. Events are gathered and handed on once a frame, so the cost
// of drawing does not grow with their number.

import {session} from "./session.js";
import {json} from "./api.js";

/** Events that may wait for a frame. Past that the pages read anew what they show. */
const PENDING = 20_000;
const LONGEST_WAIT_MS = 15_000;
/** Frames stop in hidden tabs; then events are handed on this often. */
const HIDDEN_MS = 1000;

class Live extends EventTarget {
  /** `closed`, `connecting`, `open`, or `waiting` to connect again. */
  state = "closed";
  /** When the next try is, in milliseconds since 1970, while waiting. */
  nextTryAt = 0;
  /** The newest event's id: where to go on after a break. */
  lastID = null;
  #socket = null;
  #timer = null;
  #failures = 0;
  #listeners = new Set();
  #pending = [];
  #isDue = false;
  #hasOverflowed = false;

  start() {
    this.stop();
    this.lastID = null;
    this.#failures = 0;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#pending = [];
    this.#move("closed");
  }

  retryNow() {
    if (this.state !== "waiting") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** `listener` gets lists of events; `resync` is called when some were missed. Gives what ends it. */
  listen(listener, resync) {
    const entry = {listener, resync};
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #move(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #connect() {
    this.#move("connecting");
    const url = new URL("/api/v1/events", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.lastID) url.searchParams.set("after", this.lastID);
    const socket = new WebSocket(url, ["weft.events.v1", `bearer.${session.secret}`]);
    this.#socket = socket;
    let wasOpen = false;
    socket.addEventListener("open", () => {
      if (this.#socket !== socket) return;
      wasOpen = true;
      const isReturn = this.#failures > 0 && !this.lastID;
      this.#failures = 0;
      this.#move("open");
      // Nothing is known of the time before: what is shown may be old.
      if (isReturn) this.#tellMissed();
    });
    socket.addEventListener("message", ({data}) => {
      if (this.#socket === socket) this.#take(data);
    });
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#failures += 1;
      this.#wait();
      // A browser does not tell why a socket was refused; this request would say that the token is no good.
      if (!wasOpen) json("/api/v1/whoami").catch(() => {});
    });
  }

  #wait() {
    const delay = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(this.#failures - 1, 8)) * (0.75 + Math.random() / 2);
    this.nextTryAt = Date.now() + delay;
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#move("waiting");
  }

  #take(data) {
    let batch;
    try {
      batch = JSON.parse(data);
    } catch {
      return;
    }
    if (!Array.isArray(batch) || batch.length === 0) return;
    this.lastID = batch.at(-1).id;
    if (this.#pending.length + batch.length > PENDING) {
      this.#pending = [];
      this.#hasOverflowed = true;
    } else {
      for (const event of batch) this.#pending.push(event);
    }
    if (this.#isDue) return;
    this.#isDue = true;
    const flush = () => this.#flush();
    if (document.hidden) setTimeout(flush, HIDDEN_MS);
    else requestAnimationFrame(flush);
  }

  #flush() {
    this.#isDue = false;
    const batch = this.#pending;
    this.#pending = [];
    if (this.#hasOverflowed || batch.some((event) => event.kind === "missed")) {
      this.#hasOverflowed = false;
      this.#tellMissed();
    }
    if (batch.length === 0) return;
    for (const {listener} of [...this.#listeners]) listener(batch);
  }

  #tellMissed() {
    for (const {resync} of [...this.#listeners]) resync?.();
  }
}

export const live = new Live();
