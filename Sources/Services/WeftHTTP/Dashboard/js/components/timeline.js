// `<weft-timeline>`: when which node worked on a task. What is running grows until it ends.

import {h, put, say, set} from "../dom.js";
import {duration, moment} from "../format.js";

class Timeline extends HTMLElement {
  #attempts = [];
  #timer = null;
  #rows = [];

  show(attempts) {
    this.#attempts = attempts.filter((attempt) => attempt.started_at)
      .sort((a, b) => moment(a.started_at) - moment(b.started_at));
    this.#build();
  }

  connectedCallback() {
    this.#timer = setInterval(() => {
      if (!document.hidden && this.#attempts.some((attempt) => !attempt.finished_at)) this.#place();
    }, 1000);
    this.#build();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #build() {
    this.#rows = this.#attempts.map((attempt) => {
      const bar = h("span", {class: "timeline-bar", "data-tone": tone(attempt)});
      const length = h("span", {class: "timeline-length number"});
      const element = h(
        "li", {class: "timeline-row"},
        h("span", {class: "timeline-name"}, attempt.node_name, h("span", {class: "muted"}, ` replica ${attempt.replica}`)),
        h("span", {class: "timeline-track", "aria-hidden": "true"}, bar), length,
      );
      return {attempt, bar, length, element};
    });
    const axis = h("div", {class: "timeline-axis number", "aria-hidden": "true"}, h("span", null, "0"), h("span", {class: "timeline-end"}));
    put(this, this.#rows.length > 0
      ? [h("ol", {"aria-label": "Attempts over time"}, this.#rows.map(({element}) => element)), axis]
      : h("p", {class: "muted pad"}, "No attempt has started yet."));
    this.end = axis.lastChild;
    this.#place();
  }

  #place() {
    if (this.#rows.length === 0) return;
    const now = Date.now();
    const starts = this.#attempts.map((attempt) => moment(attempt.started_at));
    const ends = this.#attempts.map((attempt, at) => (attempt.finished_at ? moment(attempt.finished_at) : Math.max(now, starts[at])));
    const from = Math.min(...starts);
    const span = Math.max(1, Math.max(...ends) - from);
    this.#rows.forEach(({bar, length, attempt}, at) => {
      bar.style.left = `${(100 * (starts[at] - from)) / span}%`;
      bar.style.width = `${Math.max(0.6, (100 * (ends[at] - starts[at])) / span)}%`;
      set(bar, "data-tone", tone(attempt));
      say(length, duration(ends[at] - starts[at]));
    });
    say(this.end, duration(span));
  }
}
customElements.define("weft-timeline", Timeline);

function tone(attempt) {
  if (attempt.state === "failed") return "bad";
  if (attempt.agreed === false) return "warn";
  return attempt.state === "completed" ? "good" : "busy";
}
