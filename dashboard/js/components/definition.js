// What a job says: its payload, files and policy, and the whole spec as text.

import {h} from "../dom.js";
import {bytes, count, duration, number, words} from "../format.js";
import {card, empty, facts} from "../page.js";
import {policyText} from "../policy.js";
import {file, imageType, showContent, textOf} from "./preview.js";
import {copyButton} from "./ui.js";

export function definition(spec, job, signal) {
  const [kind, payload] = Object.entries(spec.payload)[0];
  const text = JSON.stringify(spec, null, 2);
  return h(
    "div", {class: "stack"},
    card("What runs", {}, h("div", {class: "pad"}, facts(
      ["Kind", words(kind)],
      ["Command", payload.command ? h("code", {class: "block"}, commandText(payload.command)) : null],
      ["Image", payload.image ? h("code", null, typeof payload.image === "string" ? payload.image : "an archive") : null],
      ["Arguments", payload.args ? h("code", {class: "block"}, commandText(payload.args)) : null],
      ["Processor", payload.arch],
      ["Array", spec.array ? `${count(spec.array.count, "task")}, indexes from ${number(spec.array.first)}` : null],
      ["Environment", spec.environment ? Object.entries(spec.environment).map(([name, value]) => h("code", {class: "block"}, `${name}=${value}`)) : null],
      ["Timeout", spec.timeout ? duration(1000 * spec.timeout) : "1 h"],
      ["Cache", spec.cache === false ? "not used" : null],
      ["Retries", String(spec.retries ?? 2)],
      ["Resources", resourcesText(spec.resources ?? {})],
      ["Requirements", spec.requirements ? h("code", {class: "block"}, JSON.stringify(spec.requirements)) : null],
      ["Verification", policyText(spec.verification)],
      ["Digest", h("code", null, job.spec_digest)],
      ["Trace", job.traceparent ? h("code", null, job.traceparent) : null],
    ))),
    card("Inputs", {}, h("div", {class: "files"}, inputs(spec, payload, signal))),
    card("Outputs", {}, spec.outputs
      ? h("ul", {class: "pad"}, spec.outputs.map((output) => h("li", null, h("code", null, output.path ?? output), output.optional ? " (optional)" : "")))
      : empty("None", h("p", null, "Standard output is kept all the same."))),
    card("The whole spec", {actions: copyButton(text)}, h("pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": "The whole spec"}, text)),
  );
}

function inputs(spec, payload, signal) {
  const list = [...(spec.inputs ?? [])];
  for (const name of ["stdin", "source", "module"]) {
    if (payload[name]) list.push({path: words(name === "stdin" ? "standard input" : name), ...payload[name]});
  }
  if (list.length === 0) return empty("None", h("p", null, "The program starts in an empty directory."));
  return list.map((input) => {
    if (input.blob) return file(input.path, {digest: input.blob, size_bytes: null}, signal);
    const head = (size) => h("div", {class: "file-head"}, h("code", null, input.path), h("span", {class: "muted number"}, size), input.executable ? h("span", {class: "tag"}, "executable") : null);
    if (input.each) return h("div", {class: "file"}, head(`${count(input.each.length, "blob")}, one for each task`));
    if (input.url) return h("div", {class: "file"}, head(""), h("p", {class: "pad"}, input.url));
    const content = input.text === undefined ? Uint8Array.from(atob(input.base64), (character) => character.charCodeAt(0)) : new TextEncoder().encode(input.text);
    return h("div", {class: "file"}, head(bytes(content.length)), h("div", {class: "file-body"}, inline(content, input.path)));
  });
}

function inline(content, name) {
  const type = imageType(content);
  if (type) return showContent({kind: "image", url: URL.createObjectURL(new Blob([content], {type}))}, name);
  const text = textOf(content);
  return showContent(text === null ? {kind: "bytes", total: content.length} : {kind: "text", text, total: content.length}, name);
}

/** A command as a shell would take it. */
function commandText(list) {
  return list.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

function resourcesText(resources) {
  const devices = (resources.devices ?? []).map(({kind, count: many, vendor, memory, capability, share}) => [
    many ?? 1, vendor, kind, memory && `with ${bytes(memory)} at least`, capability && `of capability ${capability}`, share && `(a share of ${bytes(share)})`,
  ].filter(Boolean).join(" "));
  return [
    `${resources.cpus ?? 1} processors`.replace(/^1 processors/, "1 processor"), `${bytes(resources.memory ?? 256 * 2 ** 20)} memory`, `${bytes(resources.disk ?? 2 ** 30)} disk`,
    ...devices,
  ].join(", ");
}
