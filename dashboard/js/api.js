// Talking to the coordinator: requests with the session's token, and its problem documents as errors.

import {session} from "./session.js";

/** What the server says of a request that failed (RFC 9457); status 0 when it does not answer at all. */
export class Problem extends Error {
  constructor(document) {
    super(document.detail || document.title || "The request failed");
    this.status = document.status ?? 0;
    this.title = document.title || "The request failed";
    this.detail = document.detail ?? "";
    this.errors = document.errors ?? [];
    this.requestID = document.request_id ?? "";
  }
}

/** What went wrong with a form, every wrong field named. */
export const problemText = (error) => error.errors?.map((each) => `${each.field}: ${each.message}`).join("; ") || error.message;

/**
 * Sends a request and gives the response; throws `Problem` for every other status than success. An abort throws
 * `AbortError`, as fetch does.
 */
export async function send(path, {method = "GET", body, type, accept, headers = {}, signal, secret} = {}) {
  const token = secret ?? session.secret;
  const fields = new Headers(headers);
  if (token) fields.set("authorization", `Bearer ${token}`);
  if (type) fields.set("content-type", type);
  if (accept) fields.set("accept", accept);
  let response;
  try {
    response = await fetch(path, {method, body, headers: fields, signal, cache: "no-store", credentials: "omit", redirect: "error"});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({status: 0, title: "The coordinator does not answer", detail: "It may be restarting, or the way to it is broken."});
  }
  if (response.ok) return response;
  const problem = new Problem({status: response.status, title: `The coordinator answered ${response.status}`, ...(await document(response))});
  // Only the token of the session can end the session.
  if (response.status === 401 && !secret) session.end("Your token is no longer accepted: it was revoked, or the coordinator has others now.");
  throw problem;
}

async function document(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

export const json = async (path, options = {}) => (await send(path, {accept: "application/json", ...options})).json();

export const post = (path, value, options = {}) =>
  json(path, {method: "POST", body: JSON.stringify(value), type: "application/json", ...options});

/** `{state: ["a", "b"], cursor: null}` as `?state=a&state=b`. */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) {
      if (each !== null && each !== undefined && each !== "" && each !== false) parameters.append(name, each);
    }
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

export const path = (strings, ...values) => String.raw({raw: strings}, ...values.map((value) => encodeURIComponent(value)));

/** At most `limit` bytes of a blob, and whether there are more. */
export async function blobStart(digest, limit, signal) {
  const response = await send(path`/api/v1/blobs/${digest}`, {headers: {range: `bytes=0-${limit - 1}`}, signal});
  const bytes = new Uint8Array(await response.arrayBuffer());
  const total = Number(response.headers.get("content-range")?.split("/")[1] ?? bytes.length);
  return {bytes: bytes.subarray(0, limit), total};
}

/** Gives bytes to the browser's downloads. */
export function save(bytes, name, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([bytes], {type}));
  const anchor = window.document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
