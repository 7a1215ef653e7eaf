// The proof file: a CBOR map with exactly the labels 0 to 8, and 9 where a consortium decided.
import { require } from "./refused.js";
import { compare } from "./bytes.js";
import { decode as decodeCbor } from "./cbor.js";
import { check } from "./commit.js";
import { bytes, count, labels, like, list, orNull, row, text } from "./shapes.js";
import { nodes } from "./state.js";

const BAD = "wire/bad-proof-file";
const [FORMAT, DECIDED] = ["dongting-proof-1", "dongting-proof-2"];
const MAX_PROOF = 64 * 2 ** 20;

const any = () => true;
const indexed = list(row(count, bytes()));
const addressed = list(row(like(/^[\0-.0-\x7f]*\/[\0-.0-\x7f]*$/), orNull(bytes())));
const opened = list(row(bytes(32), bytes(32), bytes(32), orNull(bytes())));
const plain = [
  [0, text], [1, bytes()], [2, bytes()], [3, indexed], [4, bytes()], [5, addressed], [6, any], [7, indexed], [8, opened],
];
const files = new Map([[FORMAT, labels(...plain)], [DECIDED, labels(...plain, [9, any])]]);

// The parts of a proof file; every other byte form is refused, nothing is verified.
export function decode(data) {
  require(data.length <= MAX_PROOF, BAD);
  const value = decodeCbor(data);
  const format = value instanceof Map && value.get(0);
  require(text(format), BAD);
  const known = [FORMAT, DECIDED];
  require(known.includes(format), "wire/unknown-proof-format", { format: format.slice(0, 40), known: known.join(", ") });
  require(files.get(format)(value), BAD);
  const [, genesis, checkpoint, leaves, hashes, records, state, receipts, openings, steps = null] = value.values();
  require([leaves, records, receipts, openings].every(ascends) && leaves.length && records.length, BAD);
  require(hashes.length % 32 === 0, BAD);
  const path = Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(32 * i, 32 * i + 32));
  return { genesis, checkpoint, leaves, path, records, state: nodes(state), receipts, openings, steps: steps && check(steps) };
}

// Whether the first items of these rows ascend without repeats.
function ascends(rows) {
  const before = (left, right) => (bytes()(left) ? compare(left, right) < 0 : left < right);
  return rows.every(([first], i) => i === 0 || before(rows[i - 1][0], first));
}
