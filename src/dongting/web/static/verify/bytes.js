// Byte strings: comparison, hexadecimal, UTF-8, and base64 in exactly one spelling (RFC 4648).

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ONE_BYTE = new TextDecoder("latin1");
const ENCODER = new TextEncoder();

export const utf8 = (text) => ENCODER.encode(text);

// The text of these bytes; null where they are not UTF-8.
export function fromUtf8(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

// One character for each byte, in which ASCII can be looked for.
export const searchable = (bytes) => ONE_BYTE.decode(bytes);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Below zero, zero or above, as `left` stands before, at or behind `right` in bytewise order.
export function compare(left, right) {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) if (left[i] !== right[i]) return left[i] - right[i];
  return left.length - right.length;
}

export const equal = (left, right) => compare(left, right) === 0;

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// The unsigned number in these bytes, most significant first.
export const number = (bytes) => BigInt(`0x${hex(bytes) || 0}`);

// The bytes of standard base64; null for any other spelling of them.
export function fromBase64(encoded) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return null;
  try {
    const plain = atob(encoded);
    return btoa(plain) === encoded ? Uint8Array.from(plain, (c) => c.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

// The bytes of base64url without padding; null for any other spelling of them.
export function fromBase64url(encoded) {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) return null;
  const padding = "=".repeat((4 - (encoded.length % 4)) % 4);
  return fromBase64(encoded.replaceAll("-", "+").replaceAll("_", "/") + padding);
}
