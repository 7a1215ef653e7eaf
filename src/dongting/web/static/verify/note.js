// Checkpoints (C2SP tlog-checkpoint v1.0.0): three lines in a signed note (C2SP signed-note v1.0.0). Signatures of
// log keys count (type 1, Ed25519); lines of others, such as witnesses, are kept to their form and believed by nobody.
import { require } from "./refused.js";
import { equal, fromBase64, fromUtf8, utf8 } from "./bytes.js";
import { signed } from "./keys.js";
import { sha256 } from "./sha256.js";

const MAX_NOTE = 1_000_000;
const MAX_SIGNATURES = 100;
const ED25519 = Uint8Array.of(1);
// White_Space of Unicode, plus signs and control characters.
const NOT_IN_NAMES = /[\0-\x20+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

// Origin, size and root of the checkpoint in a note, its text and its lines; nothing is verified yet.
export function decode(bytes) {
  const whole = bytes.length <= MAX_NOTE ? (fromUtf8(bytes) ?? "") : "";
  const end = whole.lastIndexOf("\n\n");
  const rows = whole.slice(end + 2).split("\n");
  const closed = rows.pop() === "" && end >= 0 && rows.length > 0 && rows.length <= MAX_SIGNATURES;
  require(closed && !/[\0-\x09\x0b-\x1f]/.test(whole), "wire/bad-note");
  const lines = rows.map(line);
  const text = whole.slice(0, end + 1);
  const [origin, decimal, encoded, ...more] = text.slice(0, -1).split("\n");
  const size = /^(0|[1-9][0-9]{0,15})$/.test(decimal) ? Number(decimal) : NaN;
  const root = fromBase64(encoded ?? "");
  const exact = origin && Number.isSafeInteger(size) && root?.length === 32 && !more.length;
  require(exact, "wire/bad-checkpoint");
  return { origin, size, root, text, lines };
}

function line(row) {
  const [, name, encoded] = /^\u2014 ([^ ]+) (.*)$/s.exec(row) ?? [];
  const value = fromBase64(encoded ?? "");
  require(name && !NOT_IN_NAMES.test(name) && value?.length >= 5, "wire/bad-note");
  return { name, id: value.subarray(0, 4), value: value.subarray(4) };
}

// Which of these log keys signed the checkpoint under its origin. A line under the name and id of one of them whose
// signature is wrong is refused, and so is a checkpoint that none of them signed, where that is needed.
export async function signers(checkpoint, keys, needed = true) {
  const found = new Set();
  for (const { name, id, value } of checkpoint.lines) {
    const named = name === checkpoint.origin ? keys.filter((key) => equal(id, keyId(name, key))) : [];
    let verified = false;
    for (const key of named)
      if (await signed(key, value, utf8(checkpoint.text))) {
        found.add(key);
        verified = true;
      }
    require(verified || !named.length, "wire/note-signature-wrong", { name });
  }
  require(found.size || !needed, "wire/note-unsigned");
  return [...found];
}

const keyId = (name, { raw }) => sha256(utf8(`${name}\n`), ED25519, raw).subarray(0, 4);
