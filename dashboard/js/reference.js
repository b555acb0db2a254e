// The reference of the API: openapi.json, laid out for people.
import {h} from "./dom.js";

const main = document.querySelector("main");
const nav = document.querySelector("nav");

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status} ${response.statusText}`);
  show(await response.json());
} catch (error) {
  main.append(h("p", {role: "alert"}, `The document of the API cannot be read: ${error.message}`));
} finally {
  main.removeAttribute("aria-busy");
}
// The part that the address names came after the page.
document.getElementById(location.hash.slice(1))?.scrollIntoView();

function show(api) {
  for (const text of api.info.description.split("\n\n")) main.append(h("p", {}, ...words(text)));
  for (const {name: tag} of api.tags) {
    const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).filter(([, each]) => each.tags.includes(tag)).map(([method, each]) => ({path, method, each})));
    if (operations.length === 0) continue;
    const id = `tag-${tag.toLowerCase().replaceAll(" ", "-")}`;
    nav.append(
      h("h2", {id: `${id}-list`}, tag),
      h("ul", {"aria-labelledby": `${id}-list`}, ...operations.map(({each}) => h("li", {}, h("a", {href: `#${each.operationId}`}, each.summary)))));
    main.append(h("h2", {id}, tag), ...operations.map((operation) => article(operation, api)));
  }
  main.append(h("h2", {id: "schemas"}, "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    main.append(h("article", {id: `schema-${name}`}, h("h3", {}, name), ...described(schema), ...shape(schema, api, false), json("As JSON Schema", schema)));
  }
  nav.append(h("h2", {}, h("a", {href: "#schemas"}, "Schemas")));
}

function article({path, method, each}, api) {
  return h(
    "article", {id: each.operationId},
    h("h3", {}, each.summary),
    h("p", {class: "call"}, h("span", {class: `method ${method}`}, method.toUpperCase()), h("code", {}, path)),
    each.security?.length === 0 ? h("p", {class: "muted"}, "Needs no token.") : null,
    ...described(each),
    ...(each.parameters ? [h("h4", {}, "Parameters"), parameters(each.parameters, api)] : []),
    ...(each.requestBody ? body(each.requestBody, api) : []),
    h("h4", {}, "Answers"), answers(each.responses, api));
}

function parameters(list, api) {
  const rows = list.map((each) => [
    [h("code", {}, each.name), each.required ? " (needed)" : ""], each.in, kind(each.schema, api), words(each.description ?? ""),
  ]);
  return table(["Name", "In", "Value", "What it is"], rows);
}

function body({description, content}, api) {
  const [[, first]] = Object.entries(content);
  return [
    h("h4", {}, "Body"),
    h("p", {}, ...words(description), " ", h("span", {class: "muted"}, Object.keys(content).join(", "))),
    ...(first.schema ? shape(first.schema, api, true) : []),
    ...(first.example ? [json("An example", first.example)] : []),
  ];
}

function answers(responses, api) {
  const rows = Object.entries(responses).map(([status, each]) => {
    const response = followed(each, api);
    const contents = Object.entries(response.content ?? {}).map(([type, {schema}]) =>
      h("div", {}, h("span", {class: "muted"}, type), schema?.$ref ? [" ", link(schema.$ref)] : ""));
    return [status, words(response.description), contents];
  });
  return table(["Status", "When", "Content"], rows);
}

/** The properties of an object as a table, or the name of the schema that has them. */
function shape(schema, api, byName) {
  if (byName && schema.$ref) return [h("p", {}, link(schema.$ref))];
  const target = followed(schema, api);
  if (!target.properties) return target.anyOf ? [h("p", {}, "One of: ", ...target.anyOf.map((each) => [kind(each, api), " "]).flat())] : [];
  const rows = Object.entries(target.properties).map(([name, each]) => [
    [h("code", {}, name), target.required?.includes(name) ? "" : " (optional)"], kind(each, api), words(followed(each, api).description ?? each.description ?? ""),
  ]);
  return [table(["Member", "Value", "What it is"], rows)];
}

/** A schema in a few words. */
function kind(schema, api) {
  if (schema.$ref) return link(schema.$ref);
  if (schema.enum) return schema.enum.join(", ");
  if (schema.anyOf) {
    const choices = schema.anyOf.filter((each) => each.type !== "null");
    return choices.length > 0 && choices.length < 4 ? choices.flatMap((each, at) => [at > 0 ? " or " : "", kind(each, api)].flat()) : "several forms";
  }
  if (schema.type === "array") return ["list of ", kind(schema.items, api)].flat();
  const range = [schema.minimum, schema.maximum].some((each) => each !== undefined) ? ` ${schema.minimum ?? ""}–${schema.maximum ?? ""}` : "";
  const length = schema.maxLength === undefined ? "" : ` of ${schema.minLength ?? 0}–${schema.maxLength} characters`;
  const text = `${schema.type ?? "any"}${range}${length}`;
  return schema.pattern ? [text, " ", h("code", {}, schema.pattern)] : text;
}

function table(heads, rows) {
  return h(
    "div", {class: "scroll"},
    h(
      "table", {},
      h("thead", {}, h("tr", {}, ...heads.map((each) => h("th", {scope: "col"}, each)))),
      h("tbody", {}, ...rows.map(([first, ...rest]) => h("tr", {}, h("th", {scope: "row"}, first), ...rest.map((each) => h("td", {}, each)))))));
}

function json(name, value) {
  return h("details", {}, h("summary", {}, name), h("pre", {tabindex: "0", role: "region", "aria-label": name}, JSON.stringify(value, null, 2)));
}

function link(reference) {
  const [, path] = reference.split("#/components/schemas/");
  const [name, ...inner] = path.split("/");
  return h("a", {href: `#schema-${name}`}, inner.length > 0 ? `${name} ${inner.at(-1)}` : name);
}

function followed(schema, api) {
  if (!schema.$ref) return schema;
  return schema.$ref.replace(/^#\//, "").split("/").reduce((at, key) => at[key], api);
}

function described({description}) {
  return description ? [h("p", {}, ...words(description))] : [];
}

/** A text whose `words` are code. */
function words(text) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part));
}
