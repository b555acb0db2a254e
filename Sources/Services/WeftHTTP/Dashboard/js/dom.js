// Making elements. Data reaches the page as text or as attribute values, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element: `h("a", {href: "#/jobs", class: "quiet", on: {click}}, "Jobs")`. Attributes that are false, null or
 * undefined are left out, true stands for an empty value. Children may be nodes, texts, or lists of them.
 */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") {
      for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
    } else {
      set(element, name, value);
    }
  }
  append(element, children);
  return element;
}

/** Writes an attribute only when it differs: an unchanged page costs no layout. */
export function set(element, name, value) {
  if (name.startsWith("on") || name === "style" || name === "srcdoc") throw new TypeError(`no ${name} attributes`);
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces all children. */
export function put(element, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  element.replaceChildren(fragment);
  return element;
}

/** Sets a text only when it differs. */
export function say(element, text) {
  const value = String(text ?? "");
  if (element.textContent !== value) element.textContent = value;
  return element;
}

let counter = 0;

/** An id that no other element has. */
export function uniqueID(prefix = "w") {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Calls `action` at most once in `milliseconds`, the last time included. */
export function throttled(milliseconds, action) {
  let timer = null;
  let last = 0;
  const run = () => {
    timer = null;
    last = performance.now();
    action();
  };
  const call = () => {
    timer ??= setTimeout(run, Math.max(0, last + milliseconds - performance.now()));
  };
  call.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return call;
}

/** Runs `action` in the next frame, however often it is called before that. */
export function framed(action) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      action();
    });
  };
}
