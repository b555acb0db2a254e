// Form fields made from JSON Schema. Each has `element`, `get()` (undefined when empty), `set(value)`, `child(segment)`
// for finding the field that a problem is about, `fail(message)` and `clear()`.

import {h, put, say, set, uniqueID} from "../dom.js";
import {send} from "../api.js";
import {sentence, words} from "../format.js";
import {alternatives, description, exclusiveKeys, kindOf, scalarValue} from "../schema.js";

/** Longer texts get more than a line. */
const LONG_TEXT = 10_000;

/** `context`: `{root, changed()}`. `isSmall`: within a list or mapping, where a line must do. */
export function makeField(schema, title, context, {isSmall = false, isBare = false, hint = description(schema, context.root)} = {}) {
  const all = alternatives(schema, context.root);
  const scalars = all.filter((each) => kindOf(each, context.root) === "scalar");
  const others = all.filter((each) => !scalars.includes(each));
  const options = {title, hint, isSmall, isBare};
  if (others.length === 0) return new ScalarField(scalars, context, options);
  if (all.length === 1) return single(all[0], context, options);
  return new ChoiceField(scalars, others, context, options);
}

function single(schema, context, options) {
  const kinds = {enum: EnumField, boolean: BooleanField, list: ListField, set: SetField, map: MapField, one: OneField, object: ObjectField};
  return new kinds[kindOf(schema, context.root)](schema, context, options);
}

class Field {
  constructor({title, hint}) {
    this.title = title;
    this.id = uniqueID("field");
    this.hint = hint ? h("p", {class: "hint", id: `${this.id}-hint`}, hint) : null;
    this.problem = h("p", {class: "field-problem", id: `${this.id}-problem`});
  }

  /** Connects a control with label, hint and problem. */
  labelled(control, isBare) {
    this.control = control;
    control.id = this.id;
    set(control, "aria-describedby", [this.hint?.id, this.problem.id].filter(Boolean).join(" "));
    return h("div", {class: "field"}, h("label", {for: this.id, class: isBare ? "unseen" : null}, this.title), control, isBare ? null : this.hint, this.problem);
  }

  /** A group of fields. */
  group(...children) {
    return h(
      "fieldset", {class: "group", "aria-describedby": [this.hint?.id, this.problem.id].filter(Boolean).join(" ")},
      h("legend", null, this.title), this.hint, this.problem, children,
    );
  }

  child() {
    return null;
  }

  fail(message) {
    const before = this.problem.textContent;
    say(this.problem, before ? `${before} ${sentence(message)}` : sentence(message));
    if (this.control) set(this.control, "aria-invalid", "true");
  }

  clear() {
    say(this.problem, "");
    if (this.control) set(this.control, "aria-invalid", null);
  }

  focus() {
    (this.control ?? this.element.querySelector("input, select, textarea, button"))?.focus();
  }
}

class ScalarField extends Field {
  constructor(schemas, context, options) {
    super(options);
    this.schemas = schemas;
    const longest = Math.max(...schemas.map((schema) => schema.maxLength ?? 0));
    const isNumber = schemas.every((schema) => schema.type !== "string");
    const isLong = longest > LONG_TEXT && !options.isSmall;
    const input = isLong
      ? h("textarea", {class: "input mono", rows: 2, spellcheck: "false"})
      : h("input", {class: longest > 512 ? "input mono" : "input", type: "text", inputmode: isNumber ? "decimal" : null, autocomplete: "off", spellcheck: "false"});
    input.addEventListener("input", context.changed);
    this.element = this.labelled(input, options.isBare);
    if (schemas.some((schema) => schema.pattern?.includes("[0-9a-f]{64}"))) this.element.append(uploader(this, context));
  }

  get() {
    return this.control.value === "" ? undefined : scalarValue(this.control.value, this.schemas);
  }

  set(value) {
    this.control.value = value === undefined || value === null ? "" : String(value);
  }
}

/** Uploads a file as a blob and puts its digest into the field. */
function uploader(field, context) {
  const status = h("span", {class: "hint", role: "status"});
  const picker = h("input", {type: "file", class: "input", "aria-label": `Upload a file for ${field.title}`});
  picker.addEventListener("change", async () => {
    const [file] = picker.files;
    if (!file) return;
    say(status, `Uploading ${file.name}…`);
    try {
      const response = await send("/api/v1/blobs", {method: "POST", body: file, type: "application/octet-stream"});
      field.set((await response.json()).digest);
      say(status, `${file.name} is uploaded.`);
      context.changed();
    } catch (error) {
      say(status, error.message);
    }
  });
  return h("div", {class: "upload"}, picker, status);
}

class EnumField extends Field {
  constructor(schema, context, options) {
    super(options);
    const select = h("select", {class: "input"}, h("option", {value: ""}, "default"), schema.enum.map((value) => h("option", {value}, String(value))));
    select.addEventListener("change", context.changed);
    this.element = this.labelled(select, options.isBare);
  }

  get() {
    return this.control.value || undefined;
  }

  set(value) {
    this.control.value = value ?? "";
  }
}

class BooleanField extends EnumField {
  constructor(schema, context, options) {
    super({enum: ["yes", "no"]}, context, options);
  }

  get() {
    return {yes: true, no: false}[this.control.value];
  }

  set(value) {
    this.control.value = value === true ? "yes" : value === false ? "no" : "";
  }
}

class SetField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.boxes = alternatives(schema.items, context.root)[0].enum.map((value) => {
      const box = h("input", {type: "checkbox", value});
      box.addEventListener("change", context.changed);
      return box;
    });
    this.element = this.group(h("div", {class: "checks"}, this.boxes.map((box) => h("label", {class: "check"}, box, box.value))));
  }

  get() {
    const chosen = this.boxes.filter((box) => box.checked).map((box) => box.value);
    return chosen.length > 0 ? chosen : undefined;
  }

  set(value) {
    for (const box of this.boxes) box.checked = (value ?? []).includes(box.value);
  }
}

class ListField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.schema = schema;
    this.context = context;
    this.items = [];
    this.place = h("ol", {class: "items"});
    this.one = singular(options.title);
    const add = h("button", {type: "button", class: "button small"}, `Add ${this.one}`);
    add.addEventListener("click", () => {
      this.add().focus();
      context.changed();
    });
    this.element = this.group(this.place, add);
  }

  add(value) {
    const field = makeField(this.schema.items, sentence(this.one), this.context, {isSmall: true, isBare: true, hint: ""});
    const remove = h("button", {type: "button", class: "button small quiet", "aria-label": `Remove this ${this.one}`}, "Remove");
    const row = h("li", {class: "item"}, field.element, remove);
    remove.addEventListener("click", () => {
      this.items = this.items.filter((each) => each !== field);
      row.remove();
      this.element.querySelector(":scope > button").focus();
      this.context.changed();
    });
    if (value !== undefined) field.set(value);
    this.items.push(field);
    this.place.append(row);
    return field;
  }

  get() {
    // An empty argument is an argument, but a list of nothing else is none.
    const values = this.items.map((field) => field.get() ?? (field instanceof ScalarField ? "" : {}));
    return values.length > 0 ? values : undefined;
  }

  set(value) {
    this.items = [];
    put(this.place);
    for (const each of value ?? []) this.add(each);
  }

  child(segment) {
    return this.items[segment] ?? null;
  }

  clear() {
    super.clear();
    for (const item of this.items) item.clear();
  }
}

class MapField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.context = context;
    this.rows = [];
    this.place = h("ol", {class: "items"});
    const add = h("button", {type: "button", class: "button small"}, `Add ${singular(options.title)}`);
    add.addEventListener("click", () => {
      this.add("", "").name.focus();
      context.changed();
    });
    this.element = this.group(this.place, add);
  }

  add(key, text) {
    const one = singular(this.title);
    const name = h("input", {class: "input mono", value: key, "aria-label": `Name of the ${one}`, placeholder: "name", autocomplete: "off", spellcheck: "false"});
    const value = h("input", {class: "input mono", value: text, "aria-label": `Value of the ${one}`, placeholder: "value", autocomplete: "off", spellcheck: "false"});
    const remove = h("button", {type: "button", class: "button small quiet", "aria-label": `Remove this ${one}`}, "Remove");
    const element = h("li", {class: "item pair"}, name, value, remove);
    const row = {name, value, element};
    for (const input of [name, value]) input.addEventListener("input", this.context.changed);
    remove.addEventListener("click", () => {
      this.rows = this.rows.filter((each) => each !== row);
      element.remove();
      this.element.querySelector(":scope > button").focus();
      this.context.changed();
    });
    this.rows.push(row);
    this.place.append(element);
    return row;
  }

  get() {
    const pairs = this.rows.filter(({name, value}) => name.value || value.value).map(({name, value}) => [name.value, value.value]);
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }

  set(value) {
    this.rows = [];
    put(this.place);
    for (const [key, text] of Object.entries(value ?? {})) this.add(key, text);
  }
}

class ObjectField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.fields = new Map();
    this.exclusive = exclusiveKeys(schema);
    this.wraps = new Map();
    const required = new Set(schema.required ?? []);
    for (const [key, property] of Object.entries(schema.properties)) {
      const title = (TITLES[key] ?? sentence(words(key))) + (required.has(key) ? " (required)" : "");
      const field = makeField(property, title, context, {isSmall: options.isSmall && key !== "text"});
      this.fields.set(key, field);
      this.wraps.set(key, h("div", {class: "cell", "data-key": key}, field.element));
    }
    const children = [...this.wraps.values()];
    if (this.exclusive.length > 0) {
      this.pick = h("select", {class: "input", id: uniqueID("pick")}, this.exclusive.map((key) => h("option", {value: key}, SOURCES[key] ?? words(key))));
      this.pick.addEventListener("change", () => {
        this.showPicked();
        context.changed();
      });
      children.unshift(h("div", {class: "field"}, h("label", {for: this.pick.id}, "From"), this.pick));
      if (this.exclusive.includes("text")) this.pick.value = "text";
    }
    this.schema = schema;
    this.element = options.isBare ? h("div", {class: "group bare", role: "group", "aria-label": options.title}, this.problem, h("div", {class: "cells"}, children))
      : this.group(h("div", {class: "cells"}, children));
    this.showPicked();
  }

  /** Shows the chosen one of the exclusive keys, and what depends on it. */
  showPicked() {
    if (!this.pick) return;
    for (const [key, wrap] of this.wraps) wrap.hidden = !this.isShown(key);
  }

  isShown(key) {
    if (!this.pick) return true;
    if (this.exclusive.includes(key)) return key === this.pick.value;
    const needs = this.schema.dependentRequired?.[key];
    return !needs || needs.includes(this.pick.value);
  }

  get() {
    const value = {};
    for (const [key, field] of this.fields) {
      const each = this.isShown(key) ? field.get() : undefined;
      if (each !== undefined) value[key] = each;
      // An empty text is a content, too.
      else if (this.pick?.value === key && key === "text" && Object.keys(value).length > 0) value[key] = "";
    }
    return Object.keys(value).length > 0 ? value : undefined;
  }

  set(value) {
    if (this.pick && value) this.pick.value = this.exclusive.find((key) => key in value) ?? this.pick.value;
    for (const [key, field] of this.fields) field.set(value?.[key]);
    this.showPicked();
  }

  child(segment) {
    return this.fields.get(segment) ?? null;
  }

  clear() {
    super.clear();
    for (const field of this.fields.values()) field.clear();
  }
}

const TITLES = {stdin: "Standard input", cpus: "Processors", os: "System", arch: "Processor", args: "Arguments", sha256: "SHA-256", url: "Address"};

const SOURCES = {blob: "an uploaded blob", text: "a text, written here", base64: "base64, written here", url: "an address", each: "one blob for each task"};

/** An object with exactly one of several keys. */
class OneField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.variants = new Map(Object.entries(schema.properties).map(([key, property]) => [key, makeField(property, sentence(words(key)), context)]));
    const select = h("select", {class: "input"}, h("option", {value: ""}, "none"), [...this.variants.keys()].map((key) => h("option", {value: key}, words(key))));
    select.addEventListener("change", () => {
      this.showChosen();
      context.changed();
    });
    this.element = h("div", {class: "group bare"}, this.labelled(select, false), [...this.variants.values()].map((field) => field.element));
    this.showChosen();
  }

  showChosen() {
    for (const [key, field] of this.variants) field.element.hidden = key !== this.control.value;
  }

  get() {
    const key = this.control.value;
    return key ? {[key]: this.variants.get(key).get() ?? {}} : undefined;
  }

  set(value) {
    const [key] = Object.keys(value ?? {});
    this.control.value = key ?? "";
    for (const [name, field] of this.variants) field.set(name === key ? value[key] : undefined);
    this.showChosen();
  }

  child(segment) {
    return this.variants.get(segment) ?? null;
  }

  clear() {
    super.clear();
    for (const field of this.variants.values()) field.clear();
  }
}

/** A value of one of several shapes: the shape is chosen first. */
class ChoiceField extends Field {
  constructor(scalars, others, context, options) {
    super(options);
    this.root = context.root;
    this.variants = [];
    if (scalars.length > 0) this.variants.push({name: scalarName(scalars), schema: scalars[0], kind: "scalar", field: new ScalarField(scalars, context, {...options, hint: options.hint})});
    for (const schema of others) {
      this.variants.push({name: shapeName(schema), schema, kind: kindOf(schema, context.root), field: single(schema, context, {...options, hint: "", isBare: kindOf(schema, context.root) === "object"})});
    }
    this.select = h("select", {class: "input shape", "aria-label": `Form of ${options.title}`}, this.variants.map(({name}, at) => h("option", {value: at}, name)));
    this.select.addEventListener("change", () => {
      this.showChosen();
      context.changed();
    });
    this.element = h("div", {class: "choice"}, this.variants.map(({field}) => field.element), h("div", {class: "shape-row"}, this.select));
    this.showChosen();
  }

  get chosen() {
    return this.variants[Number(this.select.value)].field;
  }

  showChosen() {
    this.variants.forEach(({field}) => {
      field.element.hidden = field !== this.chosen;
    });
  }

  get() {
    return this.chosen.get();
  }

  set(value) {
    const isList = Array.isArray(value);
    const isObject = typeof value === "object" && value !== null && !isList;
    const keys = isObject ? Object.keys(value) : [];
    let at = this.variants.findIndex(({kind, schema}) => {
      if (isList) return kind === "list";
      if (isObject) return (kind === "object" || kind === "one") && keys.every((key) => key in schema.properties);
      return kind === "scalar" || (kind === "enum" && schema.enum.includes(value));
    });
    if (at < 0 || value === undefined) at = 0;
    this.select.value = String(at);
    this.variants.forEach(({field}, position) => field.set(position === at ? value : undefined));
    this.showChosen();
  }

  child(segment) {
    return this.chosen.child(segment);
  }

  fail(message) {
    this.chosen.fail(message);
  }

  clear() {
    for (const {field} of this.variants) field.clear();
  }

  focus() {
    this.chosen.focus();
  }
}

function scalarName(schemas) {
  return schemas.every((schema) => schema.type !== "string") ? "as a number" : schemas.length > 1 ? "as a number or text" : "as a text";
}

function shapeName(schema) {
  if (schema.type === "array") return "as a list";
  if (schema.enum) return `as ${schema.enum.map(words).join(" or ")}`;
  if (schema.maxProperties === 1) return "as a rule";
  const keys = Object.keys(schema.properties);
  if (keys.includes("blob")) return "from elsewhere";
  return keys.length > 3 ? "in detail" : `as ${keys.map(words).join(" and ")}`;
}

function singular(title) {
  const text = title.replace(/ \(required\)$/, "").toLowerCase();
  if (text === "command" || text === "args") return "argument";
  if (text === "environment") return "variable";
  if (text === "each") return "blob";
  return text.replace(/s$/, "");
}

