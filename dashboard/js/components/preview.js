// What is in a blob: text and images as they are, of other bytes the size, and everything as download.

import {blobStart, path, save, send} from "../api.js";
import {h, put} from "../dom.js";
import {bytes as size} from "../format.js";
import {button} from "./ui.js";

/** How much of a text is shown. */
const TEXT_LIMIT = 64 * 1024;
const IMAGE_LIMIT = 16 * 1024 * 1024;

const IMAGES = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", [0x42, 0x4d]],
];

export function imageType(bytes) {
  const found = IMAGES.find(([, magic]) => bytes.length > magic.length && magic.every((byte, at) => byte === null || bytes[at] === byte));
  return found?.[0] ?? null;
}

/** The text that the bytes are, or null. A character that the end cuts in two is left out. */
export function textOf(bytes) {
  if (bytes.includes(0)) return null;
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut += 1) {
    try {
      return new TextDecoder("utf-8", {fatal: true}).decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      // Perhaps the end is within a character.
    }
  }
  return null;
}

/** Reads a blob for showing: `{kind: "text" | "image" | "bytes", text?, url?, total, isCut}`. */
export async function readBlob(digest, signal) {
  const {bytes, total} = await blobStart(digest, TEXT_LIMIT, signal);
  const type = imageType(bytes);
  if (type && total <= IMAGE_LIMIT) {
    const whole = total > bytes.length ? new Uint8Array(await (await send(path`/api/v1/blobs/${digest}`, {signal})).arrayBuffer()) : bytes;
    const url = URL.createObjectURL(new Blob([whole], {type}));
    signal?.addEventListener("abort", () => URL.revokeObjectURL(url));
    return {kind: "image", url, total, isCut: false};
  }
  const text = textOf(bytes);
  if (text !== null) return {kind: "text", text, total, isCut: total > bytes.length};
  return {kind: "bytes", total, isCut: false};
}

export function showContent(content, name) {
  if (content.kind === "image") return h("img", {src: content.url, alt: `Preview of ${name}`, class: "preview-image"});
  if (content.kind === "bytes") return h("p", {class: "muted pad"}, `${size(content.total)} that are neither text nor a known image.`);
  if (content.total === 0) return h("p", {class: "muted pad"}, "Empty.");
  return [
    h("pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": `Content of ${name}`}, content.text),
    content.isCut ? h("p", {class: "muted pad"}, `The first ${size(TEXT_LIMIT)} of ${size(content.total)}.`) : null,
  ];
}

/** A file with its size, a preview and a download. `blob`: `{digest, size_bytes}`. */
export function file(name, blob, signal) {
  const body = h("div", {class: "file-body"}, h("p", {class: "muted pad"}, "Loading…"));
  const download = button("Download", {
    symbol: "download", kind: "small", name: `Download ${name}`,
    action: async () => {
      try {
        const response = await send(path`/api/v1/blobs/${blob.digest}`, {signal});
        save(await response.blob(), name.split("/").at(-1));
      } catch (error) {
        if (error.name !== "AbortError") put(body, h("p", {class: "pad", role: "alert"}, error.message));
      }
    },
  });
  readBlob(blob.digest, signal).then(
    (content) => put(body, showContent(content, name)),
    (error) => {
      if (error.name !== "AbortError") put(body, h("p", {class: "pad", role: "alert"}, `It cannot be shown: ${error.message}`));
    },
  );
  return h(
    "div", {class: "file"},
    h("div", {class: "file-head"}, h("code", null, name), h("span", {class: "muted number"}, size(blob.size_bytes)), download), body,
  );
}
