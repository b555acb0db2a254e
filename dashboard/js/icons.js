// Icons as SVG, drawn on a 24 by 24 grid. They are decoration: what they stand for is always there as text, too.

import {svg} from "./dom.js";

const PATHS = {
  overview: "M4 13h4l3-8 3 14 2-6h4",
  jobs: "M5 5h14M5 10h14M5 15h9M5 20h6",
  nodes: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01M12 8h5M12 16h5",
  submit: "M12 5v14M5 12h14",
  events: "M12 7v5l3 2M21 12a9 9 0 1 1-9-9 9 9 0 0 1 9 9z",
  credits: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM14.8 9.2a3.6 3.6 0 1 0 0 5.6",
  webhooks: "M9 15a3 3 0 1 0-3 3h8M12 6a3 3 0 1 1 2.6 4.5L11 17M6.5 12.5 10 7a3 3 0 1 1 5-1",
  tokens: "M14.5 9.5a4.5 4.5 0 1 0-3.6 4.4L13 16h3v3h4v-3.5l-5.6-5.6M8.5 8.5h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  clock: "M12 8v4.5l3 1.5M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z",
  play: "M8 6l10 6-10 6z",
  slash: "M6.5 6.5l11 11M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z",
  differ: "M12 4 3 20h18zM12 10v4.5M12 17.2v.01",
  pause: "M9 6v12M15 6v12",
  download: "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14",
  out: "M14 4h5v16h-5M4 12h10M10.5 8.5 14 12l-3.5 3.5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};

export function icon(name) {
  return svg(
    "svg", {viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false"},
    svg("path", {
      d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round",
    }),
  );
}

/** The mark of Weft: threads over and under each other. */
export function mark() {
  return svg(
    "svg", {viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false"},
    svg("rect", {width: 32, height: 32, rx: 7, fill: "#4046b8"}),
    svg("path", {
      d: "M7 11h5M18 11h7M7 21h11M24 21h1M11 7v11M11 24v1M21 7v1M21 14v11", fill: "none", stroke: "#fff", "stroke-width": 3,
      "stroke-linecap": "round",
    }),
  );
}
