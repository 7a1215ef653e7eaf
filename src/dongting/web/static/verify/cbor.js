// Deterministically encoded CBOR (RFC 8949, section 4.2.1): integers, byte and text strings, booleans, null, arrays,
// maps with integer or text labels, tags. Any other byte form is refused. Maps become Map, tags Tag.
import { Refused, require } from "./refused.js";
import { compare, fromUtf8 } from "./bytes.js";

const CODE = "wire/cbor-not-deterministic";
const MAX_DEPTH = 16;
const SIMPLE = new Map([[0xf4, false], [0xf5, true], [0xf6, null]]);
// The least argument that needs 1, 2, 4 or 8 bytes.
const LEAST = [24n, 1n << 8n, 1n << 16n, 1n << 32n];

export class Tag {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  require(reader.at === bytes.length, CODE);
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  item(depth) {
    const initial = this.take(1)[0];
    const major = initial >> 5;
    if (major === 7) {
      require(SIMPLE.has(initial), CODE);
      return SIMPLE.get(initial);
    }
    const argument = this.argument(initial & 31);
    if (major === 0) return argument;
    if (major === 1) return typeof argument === "number" ? -1 - argument : -1n - argument;
    if (major === 2) return this.take(argument);
    if (major === 3) return fromUtf8(this.take(argument)) ?? refuse();
    require(depth < MAX_DEPTH, CODE);
    if (major === 4) return this.array(argument, depth + 1);
    if (major === 5) return this.map(argument, depth + 1);
    require(argument < 2 || argument > 5, CODE); // numbers beyond 64 bits, and fractions
    return new Tag(argument, this.item(depth + 1));
  }

  take(size) {
    require(size <= this.bytes.length - this.at, CODE);
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  argument(low) {
    if (low < 24) return low;
    require(low <= 27, CODE);
    let value = 0n;
    for (const byte of this.take(1 << (low - 24))) value = (value << 8n) | BigInt(byte);
    require(value >= LEAST[low - 24], CODE);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  array(size, depth) {
    const items = [];
    for (let i = 0; i < size; i++) items.push(this.item(depth));
    return items;
  }

  map(size, depth) {
    const found = new Map();
    let before = new Uint8Array();
    for (let i = 0; i < size; i++) {
      const start = this.at;
      const key = this.item(depth);
      const label = this.bytes.subarray(start, this.at);
      require(["number", "bigint", "string"].includes(typeof key) && compare(before, label) < 0, CODE);
      before = label;
      found.set(key, this.item(depth));
    }
    return found;
  }
}

function refuse() {
  throw new Refused(CODE);
}

// The head of a string or array of less than 2^32 items.
export function head(major, size) {
  const width = [24, 2 ** 8, 2 ** 16, 2 ** 32].findIndex((above) => size < above);
  const more = [24, 16, 8, 0].slice(4 - (width && 1 << (width - 1))).map((shift) => (size >>> shift) & 255);
  return Uint8Array.of((major << 5) | (width ? 23 + width : size), ...more);
}
