// Small controls: buttons that say why they cannot, dialogs, messages, announcements, moments.

import {h, say, set, uniqueID} from "../dom.js";
import {ago, fullTime} from "../format.js";
import {icon} from "../icons.js";

/**
 * A button. With `whyNot` it cannot be used, but keeps its place in the order of focus, so that everybody can learn the
 * reason: as description, as tooltip, and as a message when it is pressed.
 */
export function button(label, {action, kind = "", symbol, whyNot = "", name} = {}) {
  const text = h("span", null, label);
  const element = h("button", {type: "button", class: `button ${kind}`.trim(), "aria-label": name}, symbol ? icon(symbol) : null, text);
  let why = "";
  element.addEventListener("click", (event) => {
    if (why) toast(why, "warn");
    else action?.(event);
  });
  element.forbid = (value) => {
    why = value;
    set(element, "aria-disabled", value ? "true" : null);
    set(element, "title", value || null);
    set(element, "aria-description", value || null);
  };
  element.label = (value) => say(text, value);
  element.forbid(whyNot);
  return element;
}

let toasts = null;

/** A short message that goes by itself. */
export function toast(text, tone = "good") {
  toasts ??= document.body.appendChild(h("div", {class: "toasts", role: "status"}));
  const element = h("div", {class: "toast", "data-tone": tone}, text);
  toasts.append(element);
  setTimeout(() => element.remove(), 6000);
}

let announcer = null;
let announceTimer = null;
let announcement = "";

/** Says something to screen readers: the newest, and at most one in four seconds. */
export function announce(text) {
  announcer ??= document.body.appendChild(h("div", {class: "unseen", role: "status", "aria-live": "polite"}));
  announcement = text;
  announceTimer ??= setTimeout(() => {
    announceTimer = null;
    say(announcer, announcement);
  }, 4000);
}

/** Asks before something that cannot be undone; true if the answer is yes. */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    const heading = uniqueID("dialog");
    const dialog = h(
      "dialog", {class: "dialog", "aria-labelledby": heading},
      h("h2", {id: heading}, title), h("p", null, text),
      h(
        "div", {class: "actions end"},
        button("Keep it", {action: () => dialog.close("no")}),
        button(yes, {kind: "danger", action: () => dialog.close("yes")}),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function copyButton(text, label = "Copy") {
  return button(label, {
    symbol: "copy",
    action: async () => {
      try {
        await navigator.clipboard.writeText(text);
        toast("Copied");
      } catch {
        toast("The browser does not allow copying here; select the text instead.", "warn");
      }
    },
  });
}

/** A moment as `3 min ago`, kept current, with the full time as tooltip. */
class Ago extends HTMLElement {
  static shown = new Set();
  static timer = null;
  #at = null;

  set at(value) {
    if (this.#at === value) return;
    this.#at = value;
    set(this, "title", value ? fullTime(value) : null);
    this.tick();
  }

  tick(now = Date.now()) {
    say(this, this.#at ? ago(this.#at, now) : "–");
  }

  connectedCallback() {
    Ago.shown.add(this);
    Ago.timer ??= setInterval(() => {
      const now = Date.now();
      for (const element of Ago.shown) element.tick(now);
    }, 5000);
  }

  disconnectedCallback() {
    Ago.shown.delete(this);
  }
}
customElements.define("weft-ago", Ago);

export function agoElement(text) {
  const element = document.createElement("weft-ago");
  element.at = text;
  return element;
}

/** How a job's tasks are divided: a bar, and the same in words. */
class Progress extends HTMLElement {
  #parts = new Map();
  #bar = null;
  #text = null;

  connectedCallback() {
    if (this.#bar) return;
    this.#bar = h("span", {class: "progress-bar", "aria-hidden": "true"});
    for (const state of ["succeeded", "failed", "cancelled", "running"]) {
      const part = h("span", {"data-state": state});
      this.#parts.set(state, part);
      this.#bar.append(part);
    }
    this.#text = h("span", {class: "progress-text number"});
    this.append(this.#bar, this.#text);
    if (this.counts) this.show(this.counts);
  }

  show(counts) {
    this.counts = counts;
    if (!this.#bar) return;
    for (const [state, part] of this.#parts) {
      const width = `${counts.total ? (100 * counts[state]) / counts.total : 0}%`;
      if (part.style.width !== width) part.style.width = width;
    }
    const ended = counts.succeeded + counts.failed + counts.cancelled;
    const extra = [counts.failed ? `${counts.failed} failed` : "", counts.disagreed ? `${counts.disagreed} disagreed` : ""];
    say(this.#text, [`${ended} of ${counts.total}`, ...extra.filter(Boolean)].join(" · "));
  }
}
customElements.define("weft-progress", Progress);

export function progress(counts) {
  const element = document.createElement("weft-progress");
  element.counts = counts;
  return element;
}

/** How much of something is used: a bar, and the same in words. */
export function meter(label) {
  const fill = h("span", {class: "meter-fill"});
  const text = h("span", {class: "meter-text number"});
  const element = h("span", {class: "meter"}, h("span", {class: "unseen"}, `${label}: `), h("span", {class: "meter-bar", "aria-hidden": "true"}, fill), text);
  element.show = (share, words) => {
    const width = `${Math.round(100 * Math.min(1, Math.max(0, share || 0)))}%`;
    if (fill.style.width !== width) fill.style.width = width;
    say(text, words);
  };
  return element;
}

/** Tabs as the WAI-ARIA practices have them: arrows move, one panel is shown. `tabs`: `{key, label, panel}`. */
export function tabs(label, list, chosen, onChange) {
  const strip = h("div", {class: "tabs", role: "tablist", "aria-label": label});
  const panels = h("div", {class: "tab-panels"});
  const items = list.map(({key, label: title, panel}) => {
    const id = uniqueID("tab");
    const tab = h("button", {type: "button", role: "tab", id, "aria-controls": `${id}-panel`, "data-tab": key}, title);
    set(panel, "role", "tabpanel");
    set(panel, "id", `${id}-panel`);
    set(panel, "aria-labelledby", id);
    panels.append(panel);
    strip.append(tab);
    tab.addEventListener("click", () => choose(key));
    return {key, tab, panel};
  });
  const choose = (key) => {
    for (const item of items) {
      const isChosen = item.key === key;
      set(item.tab, "aria-selected", String(isChosen));
      set(item.tab, "tabindex", isChosen ? 0 : -1);
      item.panel.hidden = !isChosen;
    }
    onChange?.(key);
  };
  strip.addEventListener("keydown", (event) => {
    const at = items.findIndex(({tab}) => tab === document.activeElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const item = items[(to + items.length) % items.length];
    choose(item.key);
    item.tab.focus();
  });
  choose(items.some((item) => item.key === chosen) ? chosen : items[0].key);
  return {element: h("div", {class: "tabbed"}, strip, panels), choose, tab: (key) => items.find((item) => item.key === key)?.tab};
}

/** A row of toggles of which any number may be on. */
export function chips(label, values, chosen, onChange, name = (value) => value) {
  const on = new Set(chosen);
  const element = h("div", {class: "chips", role: "group", "aria-label": label});
  for (const value of values) {
    const chip = h("button", {type: "button", class: "chip", "aria-pressed": String(on.has(value))}, name(value));
    chip.addEventListener("click", () => {
      if (!on.delete(value)) on.add(value);
      set(chip, "aria-pressed", String(on.has(value)));
      onChange([...on]);
    });
    element.append(chip);
  }
  return element;
}

/** A labelled field. */
export function field(label, control, {hint} = {}) {
  const id = control.id || uniqueID("field");
  control.id = id;
  const note = hint ? h("span", {class: "hint", id: `${id}-hint`}, hint) : null;
  if (note) set(control, "aria-describedby", note.id);
  return h("div", {class: "field"}, h("label", {for: id}, label), control, note);
}


/** A table in a region that can be scrolled. `heads`: texts, `[text, class]`, or an empty text over cells that need none. */
export function table(label, heads, rows) {
  const head = ([text, kind]) => (text ? h("th", {scope: "col", class: kind}, text) : h("td"));
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Table of ${label.toLowerCase()}`}, h(
    "table", {class: "table"}, h("caption", {class: "unseen"}, label),
    h("thead", null, h("tr", null, heads.map((each) => head([each].flat())))), h("tbody", null, rows),
  ));
}
