// Reading the part of JSON Schema that the schema of jobs uses: references, alternatives, and what a form must know.

/** The alternatives that a schema allows, references followed, null left out. */
export function alternatives(schema, root) {
  if (schema.$ref) return alternatives(pointer(schema.$ref, root), root);
  if (schema.anyOf) return schema.anyOf.flatMap((each) => alternatives(each, root));
  return schema.type === "null" ? [] : [schema];
}

function pointer(reference, root) {
  return reference.replace(/^#\//, "").split("/").reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
}

export function description(schema, root) {
  return schema.description ?? (schema.$ref ? pointer(schema.$ref, root).description : undefined) ?? "";
}

/** `scalar`, `enum`, `boolean`, `list`, `set` (of an enumeration), `map`, `one` (of several keys) or `object`. */
export function kindOf(schema, root) {
  if (schema.enum) return "enum";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "array") {
    const items = alternatives(schema.items, root);
    return items.length === 1 && items[0].enum ? "set" : "list";
  }
  if (schema.type === "object") {
    if (!schema.properties) return "map";
    return schema.maxProperties === 1 ? "one" : "object";
  }
  return "scalar";
}

/** The keys of which an object must have exactly one, by its `oneOf`; empty if there is no such choice. */
export function exclusiveKeys(schema) {
  const choices = (schema.oneOf ?? []).map((each) => each.required).filter((required) => required?.length === 1);
  return choices.length > 1 && choices.length === schema.oneOf.length ? choices.map(([key]) => key) : [];
}

const NUMERAL = /^-?\d+(\.\d+)?$/;

/** A typed text as the value that the scalar alternatives want: a number where one is allowed, else the text. */
export function scalarValue(text, schemas) {
  const isNumber = schemas.some((schema) => schema.type === "integer" || schema.type === "number");
  const isText = schemas.some((schema) => schema.type === "string");
  const trimmed = text.trim();
  // Numbers beyond what this language holds exactly stay texts, and the server says what it thinks of them.
  if (isNumber && NUMERAL.test(trimmed) && (trimmed.includes(".") || Number.isSafeInteger(Number(trimmed)))) return Number(trimmed);
  return isText ? text : trimmed;
}

/** `inputs[2].blob` as `["inputs", 2, "blob"]`. */
export function segments(path) {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) => (index === undefined ? key : Number(index)));
}
