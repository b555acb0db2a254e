// What all pages share: they are custom elements that live as long as they are shown.

import {h, put} from "./dom.js";
import {live} from "./live.js";
import {Problem} from "./api.js";

export class Page extends HTMLElement {
  #stop = new AbortController();
  #ends = [];

  /** The route's parameters, set before the page is shown. */
  parameters = {};
  /** The part of the route behind `?`. */
  search = new URLSearchParams();

  /** Aborted when the page goes away. */
  get signal() {
    return this.#stop.signal;
  }

  connectedCallback() {
    this.open();
  }

  disconnectedCallback() {
    this.#stop.abort();
    for (const end of this.#ends.splice(0)) end();
    this.close();
  }

  /** Builds the page. */
  open() {}

  close() {}

  /** Runs `action` when the page goes away. */
  atEnd(action) {
    this.#ends.push(action);
  }

  /** Lists of events, one list a frame; `resync` when some were missed. */
  onEvents(listener, resync) {
    this.atEnd(live.listen(listener, resync));
  }

  /** Runs `action` now and then every `milliseconds` after it has ended; not in hidden tabs. */
  every(milliseconds, action) {
    let timer = null;
    const run = async () => {
      if (!document.hidden) await action();
      if (!this.signal.aborted) timer = setTimeout(run, milliseconds);
    };
    this.atEnd(() => clearTimeout(timer));
    run();
  }

  /** Runs `action`; what goes wrong is shown in `place` with a button to try again. */
  async load(place, action) {
    if (!place.hasChildNodes()) put(place, loading());
    try {
      await action();
    } catch (error) {
      if (error.name === "AbortError" || this.signal.aborted) return;
      put(place, failure(error, () => {
        put(place);
        this.load(place, action);
      }));
    }
  }
}

/** The head of a page; the heading takes the focus when the page opens. */
export function pageHead(title, {crumbs, actions, note} = {}) {
  document.title = typeof title === "string" ? `${title} · Weft` : "Weft";
  return h(
    "div", {class: "page-head"},
    crumbs ? h("p", {class: "crumbs"}, crumbs) : null,
    h("div", {class: "grow"}, h("h1", {tabindex: -1}, title), note ? h("p", {class: "muted"}, note) : null),
    actions ? h("div", {class: "actions"}, actions) : null,
  );
}

function loading(text = "Loading…") {
  return h("div", {class: "state", role: "status"}, h("span", {class: "spinner", "aria-hidden": "true"}), text);
}

export function empty(title, ...more) {
  return h("div", {class: "state"}, h("strong", null, title), ...more);
}

export function failure(error, retry) {
  const problem = error instanceof Problem ? error : null;
  // A mistake of this page is a mistake to be seen.
  if (!problem) console.error(error);
  return h(
    "div", {class: "state", "data-tone": "bad", role: "alert"},
    h("strong", null, problem ? problem.title : "This page made a mistake"),
    h("p", null, problem ? problem.detail : String(error.message ?? error)),
    problem?.requestID ? h("p", {class: "muted"}, "Request ", h("code", null, problem.requestID)) : null,
    retry ? h("button", {type: "button", class: "button", on: {click: retry}}, "Try again") : null,
  );
}

export function card(title, {actions, id, flush} = {}, ...children) {
  return h(
    "section", {class: flush ? "card flush" : "card", id, "aria-label": title},
    h("div", {class: "card-head"}, h("h2", null, title), actions ? h("div", {class: "actions"}, actions) : null),
    children,
  );
}

/** Pairs of a term and what it is; pairs without a value are left out. */
export function facts(...pairs) {
  return h(
    "dl", {class: "facts"},
    pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "").map(([term, value]) =>
      h("div", null, h("dt", null, term), h("dd", null, value))),
  );
}
