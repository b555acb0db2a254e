// `<weft-chart>`: lines over time, as SVG, with the newest values as text and all of them as a table.

import {framed, h, put, say, svg} from "../dom.js";
import {time} from "../format.js";

const WIDTH = 320;
const HEIGHT = 72;
const TOP = 6;
/** Rows of the table. */
const LISTED = 30;

class Chart extends HTMLElement {
  #options = null;
  #samples = [];
  #shapes = null;
  #draw = framed(() => this.#render());

  /** `series`: `{key, label, tone, format}`, the first drawn with an area; `slots`: how many samples the width holds. */
  configure({title, series, slots = 150, note}) {
    this.#options = {title, series, slots};
    const figures = series.map(({label, tone}) => {
      const value = h("strong", {class: "number"}, "–");
      return {value, element: h("div", {class: "figure", "data-tone": tone}, value, h("span", null, label))};
    });
    const lines = series.map(({tone}) => svg("path", {class: "chart-line", "data-tone": tone, fill: "none"}));
    const area = svg("path", {class: "chart-area", "data-tone": series[0].tone});
    const top = h("span", {class: "chart-top number", "aria-hidden": "true"});
    const picture = svg(
      "svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title},
      svg("path", {class: "chart-grid", d: `M0 ${TOP}H${WIDTH}M0 ${(TOP + HEIGHT - 1) / 2}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}`}),
      area, lines,
    );
    const body = h("tbody");
    const details = h(
      "details", {class: "chart-table"}, h("summary", null, h("span", null, "Table"), h("span", {class: "unseen"}, ` of ${title}`)),
      h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Table of ${title}`}, h(
        "table", null, h("caption", {class: "unseen"}, title),
        h("thead", null, h("tr", null, h("th", {scope: "col"}, "Time"), series.map(({label}) => h("th", {scope: "col"}, label)))),
        body,
      )),
    );
    details.addEventListener("toggle", this.#draw);
    this.#shapes = {figures, lines, area, top, picture, details, body};
    put(
      this, h("h2", null, title), h("div", {class: "figures"}, figures.map(({element}) => element)),
      h("div", {class: "chart-picture"}, picture, top), note ? h("p", {class: "hint"}, note) : null, details,
    );
    return this;
  }

  /** Newest last: objects with `at` (milliseconds) and the series' keys. */
  set samples(samples) {
    this.#samples = samples;
    this.#draw();
  }

  #render() {
    const {series, slots} = this.#options;
    const {figures, lines, area, top, picture, details, body} = this.#shapes;
    const samples = this.#samples.slice(-slots);
    let highest = 0;
    for (const sample of samples) for (const {key} of series) highest = Math.max(highest, sample[key]);
    const scale = niceCeiling(highest);
    const x = (index) => WIDTH - (samples.length - 1 - index) * (WIDTH / (slots - 1));
    const y = (value) => HEIGHT - 1 - (value / scale) * (HEIGHT - 1 - TOP);
    series.forEach(({key}, position) => {
      const points = samples.map((sample, index) => `${x(index).toFixed(1)} ${y(sample[key]).toFixed(1)}`);
      const path = points.length > 0 ? `M${points.join("L")}` : "";
      lines[position].setAttribute("d", path);
      if (position === 0) area.setAttribute("d", path ? `${path}V${HEIGHT}H${x(0).toFixed(1)}Z` : "");
    });
    const newest = samples.at(-1);
    series.forEach(({key, format}, position) => say(figures[position].value, newest ? format(newest[key]) : "–"));
    say(top, samples.length > 0 ? series[0].format(scale) : "");
    const words = series.map(({key, label, format}) =>
      newest ? `${label}: now ${format(newest[key])}, highest ${format(Math.max(...samples.map((sample) => sample[key])))}` : label);
    picture.setAttribute("aria-label", `${this.#options.title}. ${words.join(". ")}`);
    if (!details.open) return;
    put(body, samples.slice(-LISTED).reverse().map((sample) => h(
      "tr", null, h("th", {scope: "row"}, time(new Date(sample.at).toISOString())),
      series.map(({key, format}) => h("td", {class: "number"}, format(sample[key]))),
    )));
  }
}
customElements.define("weft-chart", Chart);

/** The next of 1, 2, 5, 10, 20, … */
function niceCeiling(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

export function chart(options) {
  return document.createElement("weft-chart").configure(options);
}

/** A line without axes, for the course of one value. */
export function sparkline(values, label) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = values.length > 1 ? (index * 118) / (values.length - 1) + 1 : 60;
    return `${x.toFixed(1)} ${(26 - ((value - low) / span) * 24).toFixed(1)}`;
  });
  return svg(
    "svg", {viewBox: "0 0 120 28", preserveAspectRatio: "none", class: "sparkline", role: "img", "aria-label": label},
    svg("path", {class: "chart-line", "data-tone": "busy", fill: "none", d: `M${points.join("L")}`}),
  );
}
