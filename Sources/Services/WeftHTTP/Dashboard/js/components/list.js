// `<weft-list>`: a table that draws the rows in sight and no others, so that ten thousand cost what thirty do. To screen
// readers it is a table with all its rows counted.

import {framed, h, put, set} from "../dom.js";

/** Rows drawn above and below what is in sight. */
const MARGIN = 6;

class List extends HTMLElement {
  #view = null;
  #body = null;
  #empty = null;
  #rows = new Map();
  #items = [];
  #height = 44;
  #options = null;
  #observer = null;
  #draw = framed(() => this.#render());

  /**
   * `columns`: `{label, class?}`; `create()`: cells for a row, one for each column; `update(cells, item, row)`: shows an
   * item in them; `empty`: a node shown when there are no items.
   */
  configure(options) {
    this.#options = options;
    const head = h(
      "div", {class: "list-row list-head", role: "row", "aria-rowindex": 1},
      options.columns.map((column) => h("span", {role: "columnheader", class: column.class}, column.label)),
    );
    this.#body = h("div", {class: "list-body", role: "rowgroup"});
    this.#view = h(
      "div", {class: "list-view", role: "table", tabindex: 0, "aria-label": options.label, "aria-colcount": options.columns.length},
      h("div", {role: "rowgroup", class: "list-top"}, head), this.#body,
    );
    this.#empty = h("div", {class: "list-empty"});
    this.#view.addEventListener("scroll", this.#draw, {passive: true});
    this.#view.addEventListener("keydown", (event) => this.#move(event));
    put(this, this.#view, this.#empty);
    return this;
  }

  connectedCallback() {
    this.#observer = new ResizeObserver(() => this.#measure());
    this.#observer.observe(this);
    this.#measure();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  get items() {
    return this.#items;
  }

  set items(items) {
    this.#items = items;
    this.#draw();
  }

  /** Shows the items in sight anew. */
  refresh() {
    this.#draw();
  }

  scrollToStart() {
    if (this.#view.scrollTop !== 0) this.#view.scrollTop = 0;
  }

  get isAtStart() {
    return this.#view.scrollTop < this.#height;
  }

  #measure() {
    const height = parseFloat(getComputedStyle(this).getPropertyValue("--row")) || 44;
    if (height !== this.#height) {
      this.#height = height;
      for (const [index, row] of this.#rows) this.#place(row.element, index);
    }
    this.#draw();
  }

  #place(element, index) {
    element.style.transform = `translateY(${index * this.#height}px)`;
  }

  #render() {
    if (!this.#options || !this.isConnected) return;
    const total = this.#items.length;
    set(this.#view, "aria-rowcount", total + 1);
    const isEmpty = total === 0;
    if (this.#empty.hidden === isEmpty) this.#empty.hidden = !isEmpty;
    if (isEmpty && this.#empty.firstChild !== this.#options.empty) put(this.#empty, this.#options.empty);
    const tall = `${total * this.#height}px`;
    if (this.#body.style.height !== tall) this.#body.style.height = tall;
    const first = Math.max(0, Math.floor(this.#view.scrollTop / this.#height) - MARGIN);
    const last = Math.min(total, Math.ceil((this.#view.scrollTop + this.#view.clientHeight) / this.#height) + MARGIN);
    const spare = [];
    for (const [index, row] of this.#rows) {
      if (index >= first && index < last) continue;
      this.#rows.delete(index);
      // The one with the focus is let go: the focus must not jump to another item.
      if (row.element.contains(document.activeElement)) row.element.remove();
      else spare.push(row);
    }
    for (let index = first; index < last; index += 1) {
      let row = this.#rows.get(index);
      if (!row) {
        row = spare.pop() ?? this.#make();
        this.#rows.set(index, row);
        this.#place(row.element, index);
        set(row.element, "aria-rowindex", index + 2);
        if (!row.element.isConnected) this.#body.append(row.element);
      }
      this.#options.update(row.cells, this.#items[index], row.element);
    }
    for (const row of spare) row.element.remove();
  }

  #make() {
    const cells = this.#options.create();
    const element = h("div", {class: "list-row", role: "row"});
    this.#options.columns.forEach((column, position) => {
      const cell = cells[position];
      set(cell, "role", "cell");
      if (column.class) cell.classList.add(...column.class.split(" "));
      cell.dataset.label = column.label;
      element.append(cell);
    });
    element.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, select") || String(getSelection()) !== "") return;
      element.querySelector("a[data-main]")?.click();
    });
    return {cells, element};
  }

  /** Arrows go from row to row, by their main links; the list scrolls along. */
  #move(event) {
    const step = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity}[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || this.#items.length === 0) return;
    const held = [...this.#rows].find(([, row]) => row.element.contains(document.activeElement));
    const start = held ? held[0] : Math.floor(this.#view.scrollTop / this.#height) - (step > 0 ? 1 : 0);
    const index = Math.min(this.#items.length - 1, Math.max(0, start + step));
    event.preventDefault();
    const top = index * this.#height;
    const room = this.#view.clientHeight - this.#height * 2;
    if (top < this.#view.scrollTop) this.#view.scrollTop = top;
    else if (top > this.#view.scrollTop + room) this.#view.scrollTop = top - room;
    this.#render();
    this.#rows.get(index)?.element.querySelector("a[data-main]")?.focus({preventScroll: true});
  }
}
customElements.define("weft-list", List);

export function list(className, options) {
  const element = document.createElement("weft-list");
  element.className = className;
  return element.configure(options);
}
