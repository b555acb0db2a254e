// `<weft-grid>`: one small square for each task of an array, up to ten thousand, on a canvas: a change draws its square
// and nothing else. By keyboard it is a list box: arrows move, Enter opens; screen readers hear the square's task.

import {framed, h, put, say, set, uniqueID} from "../dom.js";
import {count, words} from "../format.js";

export const GRID_LIMIT = 10_000;
export const CODES = {waiting: 0, running: 1, succeeded: 2, failed: 3, cancelled: 4};
export const NAMES = Object.keys(CODES);
/** Added to a code: answers to the task differed. */
export const DISAGREED = 8;

/** Squares painted in a frame: all ten thousand at once would be one long frame. */
const PAINTED = 2000;

const FILLS = ["--fill-idle", "--fill-busy", "--fill-good", "--fill-bad", "--fill-gone"];

class Grid extends HTMLElement {
  #canvas = h("canvas", {"aria-hidden": "true"});
  #option = h("span", {class: "unseen", role: "option", id: uniqueID("cell"), "aria-selected": "true"});
  #box = null;
  #tip = h("div", {class: "grid-tip", "aria-hidden": "true", hidden: true});
  #states = new Uint8Array(0);
  #first = 0;
  #dirty = new Set();
  #isStale = true;
  #cursor = 0;
  #columns = 1;
  #pitch = 8;
  #colours = [];
  #observer = null;
  #theme = null;
  #draw = framed(() => this.#render());

  constructor() {
    super();
    this.#box = h(
      "div", {class: "grid-box", role: "listbox", tabindex: 0, "aria-label": "Tasks", "aria-activedescendant": this.#option.id},
      this.#canvas, this.#option,
    );
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("focus", () => this.#moveTo(this.#cursor));
    this.#box.addEventListener("blur", () => this.#touch(this.#cursor));
    this.#canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.#canvas.addEventListener("pointerleave", () => {
      this.#tip.hidden = true;
    });
    this.#canvas.addEventListener("click", (event) => {
      const index = this.#at(event);
      if (index !== null) this.#choose(index);
    });
  }

  connectedCallback() {
    put(this, this.#box, this.#tip);
    this.#observer = new ResizeObserver(() => this.#stale());
    this.#observer.observe(this);
    this.#theme = new MutationObserver(() => this.#stale());
    this.#theme.observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.media.addEventListener("change", this.#onMedia);
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#theme?.disconnect();
    this.media?.removeEventListener("change", this.#onMedia);
  }

  #onMedia = () => this.#stale();

  /** `states`: a byte for each task, shared with its owner, who calls `changed`; `first`: the first task's index. */
  show(states, first) {
    this.#states = states;
    this.#first = first;
    set(this.#box, "aria-label", `${count(states.length, "task")} as squares; arrow keys move, Enter opens`);
    this.#stale();
  }

  changed(position) {
    this.#touch(position);
  }

  #touch(position) {
    this.#dirty.add(position);
    this.#draw();
  }

  #stale() {
    this.#isStale = true;
    this.#draw();
  }

  #render() {
    if (!this.isConnected || this.#states.length === 0) return;
    if (this.#isStale) this.#layOut();
    const context = this.#canvas.getContext("2d");
    const [warn, focus, surface] = this.#colours.slice(-3);
    let left = PAINTED;
    for (const position of this.#dirty) {
      if (left === 0) {
        this.#draw();
        return;
      }
      left -= 1;
      this.#dirty.delete(position);
      this.#paint(context, position, warn, focus, surface);
    }
  }

  #layOut() {
    const total = this.#states.length;
    // The box, not the canvas: that one must not hold its own width. No width: not in sight.
    const width = this.#box.clientWidth;
    if (width === 0) return;
    this.#isStale = false;
    this.#pitch = total <= 100 ? 22 : total <= 600 ? 16 : total <= 3000 ? 11 : 8;
    this.#columns = Math.max(1, Math.floor(width / this.#pitch));
    const height = Math.ceil(total / this.#columns) * this.#pitch;
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(this.#columns * this.#pitch * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${this.#columns * this.#pitch}px`;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this);
    this.#colours = [...FILLS, "--fill-warn", "--focus", "--surface"].map((name) => style.getPropertyValue(name).trim());
    for (let position = 0; position < total; position += 1) this.#dirty.add(position);
  }

  #paint(context, position, warn, focus, surface) {
    const pitch = this.#pitch;
    const size = pitch - (pitch > 12 ? 3 : pitch > 9 ? 2 : 1);
    const x = (position % this.#columns) * pitch;
    const y = Math.floor(position / this.#columns) * pitch;
    const code = this.#states[position];
    context.clearRect(x, y, pitch, pitch);
    context.fillStyle = this.#colours[code & 7];
    context.fillRect(x, y, size, size);
    // A corner for answers that differed, a bar for failure: not by colour alone.
    if (code & DISAGREED) {
      context.fillStyle = warn;
      context.beginPath();
      context.moveTo(x + size, y);
      context.lineTo(x + size, y + size);
      context.lineTo(x, y + size);
      context.fill();
    }
    if ((code & 7) === CODES.failed && size >= 6) {
      context.fillStyle = surface;
      context.fillRect(x + size * 0.2, y + size / 2 - 1, size * 0.6, 2);
    }
    if (position === this.#cursor && document.activeElement === this.#box) {
      context.strokeStyle = focus;
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, size - 2, size - 2);
    }
  }

  #name(position) {
    const code = this.#states[position];
    return `Task ${this.#first + position}: ${NAMES[code & 7]}${code & DISAGREED ? ", answers differed" : ""}`;
  }

  #key(event) {
    const columns = this.#columns;
    const last = this.#states.length - 1;
    const to = {
      ArrowRight: this.#cursor + 1, ArrowLeft: this.#cursor - 1, ArrowDown: this.#cursor + columns, ArrowUp: this.#cursor - columns,
      Home: 0, End: last, PageDown: this.#cursor + 10 * columns, PageUp: this.#cursor - 10 * columns,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.#moveTo(Math.min(last, Math.max(0, to)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#cursor);
    }
  }

  #moveTo(position) {
    const before = this.#cursor;
    this.#cursor = position;
    this.#touch(before);
    this.#touch(position);
    say(this.#option, this.#name(position));
    set(this.#option, "aria-posinset", position + 1);
    set(this.#option, "aria-setsize", this.#states.length);
    const y = Math.floor(position / this.#columns) * this.#pitch;
    const {scrollTop, clientHeight} = this.#box;
    if (y < scrollTop) this.#box.scrollTop = y;
    else if (y + this.#pitch > scrollTop + clientHeight) this.#box.scrollTop = y + this.#pitch - clientHeight;
    this.#showTip(position);
  }

  #at(event) {
    const x = Math.floor(event.offsetX / this.#pitch);
    const position = Math.floor(event.offsetY / this.#pitch) * this.#columns + x;
    return x < this.#columns && position < this.#states.length ? position : null;
  }

  #hover(event) {
    const position = this.#at(event);
    if (position === null) this.#tip.hidden = true;
    else this.#showTip(position);
  }

  #showTip(position) {
    this.#tip.hidden = false;
    say(this.#tip, words(this.#name(position)));
  }

  #choose(position) {
    this.dispatchEvent(new CustomEvent("choose", {detail: this.#first + position}));
  }
}
customElements.define("weft-grid", Grid);
