// Looks at the page as it is and gives what is wrong with it, one sentence each.
() => {
  const problems = [];
  const isShown = (element) => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  const where = (element) => `<${element.localName}${element.className && typeof element.className === "string" ? ` class="${element.className}"` : ""}> ${(element.textContent ?? "").trim().slice(0, 40)}`;

  // Landmarks and headings.
  const count = (selector) => [...document.querySelectorAll(selector)].filter(isShown).length;
  if (count("main") !== 1) problems.push(`there are ${count("main")} main landmarks`);
  if (count("h1") !== 1) problems.push(`there are ${count("h1")} level-1 headings`);
  if (!document.documentElement.lang) problems.push("the page names no language");
  if (!document.title.trim()) problems.push("the page has no title");
  if (document.querySelector(".shell") && count("nav[aria-label]") !== 1 && innerWidth > 820) problems.push("there is no navigation landmark");

  // Ids.
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) problems.push(`the id ${element.id} comes twice`);
    ids.add(element.id);
  }
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant", "for"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(/\s+/).filter(Boolean)) {
        if (!ids.has(id)) problems.push(`${name} of ${where(element)} names ${id}, which is not there`);
      }
    }
  }

  // Names of controls.
  const nameOf = (element) => {
    const labelledBy = element.getAttribute("aria-labelledby");
    if (labelledBy) return labelledBy.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    const label = element.getAttribute("aria-label")?.trim();
    if (label) return label;
    if (element.labels?.length) return [...element.labels].map((each) => each.textContent).join(" ").trim();
    return (["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) ? "" : element.textContent ?? "").trim() || element.querySelector("img[alt]")?.alt || "";
  };
  const controls = "a[href], button, input, select, textarea, summary, [role=tab], [role=button], [role=listbox], [role=table], [role=log], [role=region]";
  for (const element of document.querySelectorAll(controls)) {
    if (isShown(element) && !nameOf(element)) problems.push(`a control without a name: ${where(element)}`);
  }
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) problems.push(`an image without alt: ${image.src}`);
  for (const each of document.querySelectorAll("svg")) {
    if (each.getAttribute("aria-hidden") !== "true" && !(each.getAttribute("role") === "img" && each.getAttribute("aria-label"))) problems.push("a picture that is neither named nor hidden");
  }

  // Contrast (WCAG 2, 1.4.3): of every text with the ground behind it.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const cache = new Map();
  const parse = (colour) => cache.get(colour) ?? cache.set(colour, rgba(colour)).get(colour);
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || seen.has(element) || !isShown(element) || element.closest(".unseen, .skip, option, noscript")) continue;
    seen.add(element);
    const below = ground(element);
    const front = over(parse(getComputedStyle(element).color), below);
    const [light, dark] = [luminance(front), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) problems.push(`contrast ${ratio.toFixed(2)} of ${where(element)}`);
  }

  // Nothing wider than the page.
  if (document.documentElement.scrollWidth > innerWidth + 1) problems.push(`the page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`);
  return problems;
}
