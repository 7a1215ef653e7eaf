// Canonical JSON: RFC 8785 within I-JSON (RFC 7493), integers within 2^53-1, nested 64 deep at most.
import { Refused } from "./refused.js";
import { fromUtf8 } from "./bytes.js";

const CODE = "wire/json-not-canonical";
const MAX_DEPTH = 64;

// The value of these bytes; refuses every other byte form of the same value.
export function decode(bytes) {
  const given = fromUtf8(bytes) ?? "";
  try {
    const value = JSON.parse(given);
    if (canonical(value, 0) === given) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Refused(CODE);
}

// ECMAScript writes strings as RFC 8785 asks, and sorts by UTF-16 code units as it does.
function canonical(value, depth) {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (typeof value === "string" && value.isWellFormed()) return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || depth >= MAX_DEPTH) throw new Refused(CODE);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${canonical(name)}:${canonical(value[name], depth + 1)}`).join()}}`;
}
