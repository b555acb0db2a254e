// Reading a receipt (docs/receipts.md), and checking the coordinator's signature where the browser can.

const PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const decode64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** `{envelope, payload, payloadBytes}` of a receipt's bytes. */
export function readReceipt(bytes) {
  const envelope = JSON.parse(new TextDecoder().decode(bytes));
  const payloadBytes = decode64(envelope.payload);
  return {envelope, payloadBytes, payload: JSON.parse(new TextDecoder().decode(payloadBytes))};
}

/** The Ed25519 key that a node's id contains. */
function keyOf(id) {
  let value = 0n;
  for (const character of id) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new Error("no base58");
    value = value * 58n + BigInt(digit);
  }
  // The id's first byte is zero and so the number is shorter by it.
  const hex = value.toString(16).padStart(2 * (PREFIX.length + 32), "0");
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  if (bytes.length !== PREFIX.length + 32 || PREFIX.some((byte, at) => bytes[at] !== byte)) throw new Error("no Ed25519 key");
  return bytes.subarray(PREFIX.length);
}

/** `valid`, `invalid`, or `unknown` where the browser cannot check Ed25519 (it may not be able to, or the page came without TLS). */
export async function checkSignature({envelope, payloadBytes}) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", keyOf(envelope.signatures[0].keyid), {name: "Ed25519"}, false, ["verify"]);
  } catch {
    return "unknown";
  }
  const type = new TextEncoder().encode(envelope.payloadType);
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${envelope.payloadType} ${payloadBytes.length} `);
  const message = new Uint8Array(head.length + payloadBytes.length);
  message.set(head);
  message.set(payloadBytes, head.length);
  const isValid = await crypto.subtle.verify({name: "Ed25519"}, key, decode64(envelope.signatures[0].sig), message);
  return isValid ? "valid" : "invalid";
}
