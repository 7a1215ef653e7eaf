// What a consortium decided: CometBFT's headers (v0.38, Header.Hash) with votes (CanonicalVote) of more than two thirds of
// the validators' power, followed from the validators of genesis through every change of them. A step is an array of
// the header's 14 hashed fields, the round, [total, hash] of the parts, the votes, and the validators that follow.
import { require } from "./refused.js";
import { compare, concat, equal, hex, utf8 } from "./bytes.js";
import { publicKey, rawEd25519, signed } from "./keys.js";
import { merkleRoot } from "./merkle.js";
import { bytes, count, list, orNull, row } from "./shapes.js";
import { sha256 } from "./sha256.js";

const [BAD, NOT_DECIDED] = ["wire/bad-commit", "wire/not-decided"];
const DOMAIN = utf8("dongting-app-hash-1\0");
const [CHAIN, HEIGHT, VALIDATORS, NEXT, APP_HASH] = [1, 2, 7, 8, 10]; // of the header's fields
const PRECOMMIT = 2;

const header = list(bytes(), 14, 14);
const vote = row(count, count, count, bytes());
const validator = row(bytes(32), (power) => count(power) && power > 0);
export const steps = list(row(header, count, row(count, bytes(32)), list(vote, 1), orNull(list(validator))), 1, 10_000);

// Refuses steps whose votes or validators are out of order; nothing is verified.
export function check(given) {
  require(steps(given), BAD);
  for (const [, , , votes, following] of given) {
    require(votes.every(([index], i) => i === 0 || votes[i - 1][0] < index), BAD);
    const keys = (following ?? []).map(([key]) => key).sort(compare);
    require(following === null || keys.length, BAD);
    require(keys.every((key, i) => i === 0 || !equal(keys[i - 1], key)), BAD);
  }
  return given;
}

// Size and root of the log, and the state root, as validators vote on them.
export function appHash(size, root, state) {
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigUint64(0, BigInt(size));
  return sha256(DOMAIN, eight, root, state);
}

// What the last step decided: its height, its app hash, and the power that voted for it of all.
export async function verify(given, { id, document }) {
  const chain = `dongting-${id.slice(0, 32)}`;
  let present = first(document);
  let [before, decided] = [0, null];
  require(present.length, NOT_DECIDED, { why: "validators" });
  for (const step of given) {
    const height = heightOf(step[0]);
    require(height > before, NOT_DECIDED, { why: "height" });
    before = height;
    decided = await decision(step, chain, height, present);
    const following = step[4];
    if (following) {
      require(equal(step[0][NEXT], data(1, setHash(following))), NOT_DECIDED, { why: "next validators" });
      present = following;
    }
  }
  require(given.at(-1)[4] === null, NOT_DECIDED, { why: "last" });
  return decided;
}

async function decision(step, chain, height, present) {
  const [fields, , , votes] = step;
  const own = data(1, setHash(present));
  require(equal(fields[CHAIN], data(1, utf8(chain))) && equal(fields[VALIDATORS], own), NOT_DECIDED, { why: "set" });
  let power = 0;
  for (const one of votes) {
    const [index, , , signature] = one;
    require(index < present.length, NOT_DECIDED, { why: "vote" });
    const [key, weight] = present[index];
    const valid = await signed(rawEd25519(key), signature, voteBytes(chain, height, step, one));
    require(valid, NOT_DECIDED, { why: "signature" });
    power += weight;
  }
  const all = present.reduce((sum, [, weight]) => sum + weight, 0);
  require(3 * power > 2 * all, NOT_DECIDED, { why: `${power}/${all}` });
  return { height, power, of: all, validators: hex(setHash(present)), appHash: fields[APP_HASH].subarray(2) };
}

// The validators with which a consortium begins, in CometBFT's order.
function first(document) {
  const keys = document.log_keys.flatMap((log) => log.consensus ?? []).map((text) => publicKey(text).raw);
  const address = (key) => sha256(key).subarray(0, 20);
  return keys.sort((left, right) => compare(address(left), address(right))).map((key) => [key, 1]);
}

const setHash = (set) => merkleRoot(set.map(([key, power]) => concat(item(1, item(1, key)), number(2, power))));

function voteBytes(chain, height, [fields, round, [total, parts]], [, seconds, nanos]) {
  const block = concat(data(1, merkleRoot(fields)), item(2, concat(number(1, total), data(2, parts))));
  const message = concat(
    number(1, PRECOMMIT), fixed(2, height), fixed(3, round), item(4, block),
    item(5, concat(number(1, seconds), number(2, nanos))), data(6, utf8(chain)),
  );
  return concat(varint(message.length), message);
}

function heightOf(fields) {
  let [value, scale] = [0, 1];
  for (const byte of fields[HEIGHT].subarray(1)) [value, scale] = [value + (byte % 128) * scale, scale * 128];
  require(value > 0 && Number.isSafeInteger(value) && equal(fields[HEIGHT], number(1, value)), BAD);
  return value;
}

// Protocol Buffers, as far as they are hashed and signed here: default values are left out.
function varint(value) {
  const out = [];
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) + 128);
  return Uint8Array.from([...out, value]);
}

const number = (field, value) => (value ? concat(varint(field * 8), varint(value)) : new Uint8Array());
const item = (field, value) => concat(varint(field * 8 + 2), varint(value.length), value);
const data = (field, value) => (value.length ? item(field, value) : value);

function fixed(field, value) {
  if (!value) return new Uint8Array();
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigInt64(0, BigInt(value), true);
  return concat(varint(field * 8 + 1), eight);
}
