// The excerpt of the state tree: that under one root each record is current, or that there is none. Its nodes lead
// from the root to the records, each branch before its children: a bucket's bytes, or [bitmap, sibling hashes].
import { require } from "./refused.js";
import { compare, equal, hex, utf8 } from "./bytes.js";
import { bytes, list, row } from "./shapes.js";
import { sha256 } from "./sha256.js";

const MALFORMED = "wire/state-proof-malformed";
const MAX_DEPTH = 64;
const [KEY, VALUE, EMPTY, BUCKET, BRANCH] = ["key", "value", "empty", "bucket", "branch"].map((name) =>
  utf8(`dongting/state/${name}/v1\0`),
);
const NONE = sha256(EMPTY);

const branch = row((bitmap) => ["number", "bigint"].includes(typeof bitmap), bytes());
const excerpt = list((node) => bytes()(node) || branch(node));

// The nodes of an excerpt; whatever has another shape is refused.
export function nodes(value) {
  require(excerpt(value), MALFORMED);
  return value;
}

// `records` are pairs of address and entry or null; all of them must stand so under the root.
export function verify(root, records, given) {
  const keys = records.map(([address]) => sha256(KEY, utf8(address)));
  const reading = { nodes: given.values(), found: new Map() };
  const leadsTo = read(reading, keys.toSorted(compare), 0);
  require(reading.nodes.next().done, MALFORMED);
  require(equal(leadsTo, root), "wire/state-root-differs");
  records.forEach(([address, entry], i) => {
    const current = reading.found.get(hex(keys[i]));
    if (entry === null) return require(!current, "wire/state-record-present", { address });
    require(current, "wire/state-record-absent", { address });
    require(equal(current, sha256(VALUE, entry)), "wire/state-entry-differs", { address });
  });
}

// The hash of the next node, on the way to these key hashes and `depth` branches below the root.
function read(reading, keys, depth) {
  const { value: node, done } = reading.nodes.next();
  require(!done, MALFORMED);
  if (bytes()(node)) return bucket(reading.found, node, hex(keys[0]).slice(0, depth));
  const [bitmap, siblings] = node;
  require(depth < MAX_DEPTH && bitmap >= 0 && bitmap < 2 ** 16, MALFORMED);
  const children = [];
  let at = 0;
  for (let child = 0; child < 16; child++) {
    const way = keys.filter((key) => nibble(key, depth) === child);
    const listed = bitmap & (1 << child);
    require(!(way.length && listed), MALFORMED);
    const hash = listed ? siblings.subarray(at, (at += 32)) : way.length ? read(reading, way, depth + 1) : NONE;
    require(!(listed && equal(hash, NONE)), MALFORMED);
    children.push(hash);
  }
  require(siblings.length === at, MALFORMED);
  return sha256(BRANCH, ...children);
}

// 0 to 16 entries of key hash and value hash, ascending, all under the way's prefix (in nibbles).
function bucket(found, entries, prefix) {
  require(entries.length % 64 === 0 && entries.length <= 16 * 64, MALFORMED);
  let before = "";
  for (let at = 0; at < entries.length; at += 64) {
    const key = hex(entries.subarray(at, at + 32));
    require(before < key && key.startsWith(prefix), MALFORMED);
    before = key;
    found.set(key, entries.subarray(at + 32, at + 64));
  }
  return entries.length ? sha256(BUCKET, entries) : NONE;
}

const nibble = (key, depth) => (depth % 2 ? key[depth >> 1] & 15 : key[depth >> 1] >> 4);
