// Verify a proof file in a browser or in Node.js, given only the id of the network that one trusts.
//
//   verify(bytes, networkId) -> story                   what is proven; what is not is refused (`Refused`)
//   checkFile(story, blob) -> {digest, commitments}     whether a data file is a content of the story
//
// genesis → log keys → checkpoint → leaves → statements with their keys and times → records → openings. Nothing is
// fetched. Times are seconds since 1970; ids, thumbprints, roots and commitments are lower-case hexadecimal.
import { require } from "./refused.js";
import { equal, hex, searchable, utf8 } from "./bytes.js";
import { networkOf } from "./genesis.js";
import * as commits from "./commit.js";
import * as json from "./json.js";
import { publicKey, signed } from "./keys.js";
import { leafHash, multiRoot } from "./merkle.js";
import * as notes from "./note.js";
import { decode } from "./proof.js";
import * as receipts from "./receipt.js";
import { Sha256, sha256 } from "./sha256.js";
import { integer, members, object, orNull, table, text } from "./shapes.js";
import * as state from "./state.js";
import { blockEnd, statement } from "./statement.js";

export { Refused } from "./refused.js";

const [SIGNING_KEY, ORGANISATION] = ["membership.signing-key/", "membership.organisation/"];
const PART = utf8("dongting/part/v1\0");
const CHUNK = 4 * 2 ** 20;

// `networkId` null: the file is only shown to be valid in itself, for anyone can found a network of any name.
export async function verify(bytes, networkId) {
  const proof = decode(bytes);
  const network = networkOf(proof.genesis, networkId);
  const checkpoint = notes.decode(proof.checkpoint);
  const signers = await logSigners(checkpoint, network, proof.steps === null);
  const leaves = proof.leaves.map(([index, data]) => [index, leafHash(data)]);
  const root = multiRoot(leaves, checkpoint.size, proof.path);
  require(equal(root, checkpoint.root), "sdk/not-in-the-log");
  const { statements, ends } = kinds(proof.leaves);
  const last = checkOrder(ends, checkpoint.size);
  const decided = proof.steps && (await decision(proof.steps, network, checkpoint, last.state));
  state.verify(last.state, proof.records, proof.state);
  const records = proof.records.map(([address, entry]) => record(address, entry));
  const { events, keys } = await happened({ network, statements, ends, records });
  for (const [index, receipt] of proof.receipts) {
    require(statements.has(index), "sdk/time-not-proven", { index });
    await receipts.verify(receipt, statements.get(index), network);
  }
  const { name: title, profile, zone } = network.document;
  return {
    network: network.id, compared: networkId !== null, title, profile, zone, origin: network.origin,
    size: checkpoint.size, root: hex(root), height: last.height, time: last.time, signers,
    decided,
    events, records, keys, names: names(network, records),
    openings: openings(proof), erased: erased(records), receipts: proof.receipts.map(([index]) => index),
  };
}

// What is known of the content behind a commitment: opened, digest, erased or withheld.
export function openness(story, commitment) {
  const opening = story.openings.get(commitment);
  if (opening) return opening.content === null ? "digest" : "opened";
  return story.erased.has(commitment) ? "erased" : "withheld";
}

// Reads in pieces, so that files of any size can be compared, and tells `progress` the bytes read so far.
export async function checkFile(story, blob, progress = () => {}) {
  const running = new Sha256();
  for (let at = 0; at < blob.size; at += CHUNK) {
    running.update(new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer()));
    progress(Math.min(at + CHUNK, blob.size));
  }
  const digest = hex(running.digest());
  const found = [...story.openings.values()].filter((opening) => opening.digest === digest);
  return { digest, commitments: found.map((opening) => opening.commitment).sort() };
}

// The owners of the log keys that signed: of more than a third of them, unless the validators' decision stands for them.
async function logSigners(checkpoint, { origin, logKeys }, needed) {
  require(checkpoint.origin === origin, "sdk/other-log", { given: checkpoint.origin.slice(0, 160), expected: origin });
  const found = await notes.signers(checkpoint, logKeys.map((log) => log.key), needed);
  const [few, all] = [found.length, logKeys.length];
  require(!needed || 3 * few > all, "sdk/too-few-signatures", { signed: few, all });
  return found.map((key) => logKeys.find((log) => log.key === key).owner);
}

// That the validators decided this log and state.
async function decision(steps, network, { size, root }, state) {
  const { appHash, ...decided } = await commits.verify(steps, network);
  require(equal(appHash, commits.appHash(size, root, state)), "wire/not-decided", { why: "log" });
  return decided;
}

// A leaf that is no block end must be a statement.
function kinds(leaves) {
  const [statements, ends] = [new Map(), []];
  for (const [index, data] of leaves) {
    const end = blockEnd(data);
    if (end) ends.push({ index, ...end });
    else statements.set(index, statement(data));
  }
  return { statements, ends };
}

// The newest block end, which is the log's last leaf; refuses block ends that cannot be of one log.
function checkOrder(ends, size) {
  const last = ends.at(-1);
  require(last?.index === size - 1, "sdk/time-not-proven", { index: size - 1 });
  ends.forEach((end, i) => {
    require(end.first < end.index && end.height > 0, "sdk/broken-order");
    if (i === 0) return;
    const before = ends[i - 1];
    const grows = before.height < end.height && before.time <= end.time && before.index < end.first;
    const meets = end.first === before.index + 1 || end.height > before.height + 1;
    require(grows && meets, "sdk/broken-order");
  });
  return last;
}

// The end of the block in which a leaf stands.
function blockOf(ends, index) {
  const end = ends.find((one) => one.index > index);
  require(end && end.first <= index, "sdk/time-not-proven", { index });
  return end;
}

const entryShape = members({ body: object, leaf: integer, version: integer });

function record(address, entry) {
  if (entry === null) return { address, body: null, version: 0, leaf: -1 };
  const { body, version, leaf } = valid(address, json.decode(entry), entryShape);
  return { address, body, version, leaf };
}

function valid(address, value, shape) {
  require(shape(value), "sdk/bad-record", { address });
  return value;
}

// What happened, in the order of the log, and the keys that signed it.
async function happened(known) {
  const [events, keys] = [[], new Map()];
  for (const [index, said] of known.statements) {
    const { height, time } = blockOf(known.ends, index);
    const { issued, issuer: author, action, subject, args, kid, data } = said;
    require(said.from <= time && time <= said.to, "sdk/out-of-time", { index, issued, time });
    const { encoded, ...key } = await keyOf(known, index, time);
    if (!keys.has(kid)) keys.set(kid, { ...key, registered: registration(known, index, time, encoded, key.added) });
    events.push({ index, height, time, issued, author, action, subject, arguments: args, key: kid, statement: data });
  }
  return { events, keys };
}

const unproven = (said, index, why) => [
  "sdk/key-not-proven",
  { key: said.kid.slice(0, 16), author: said.issuer, index, why },
];

// The fields of a key's record that count here; the other fields are its application's.
const keyShape = ({ owner, key, added, revoked = null, reason = null }) =>
  [owner, key].every(text) && integer(added) && orNull(integer)(revoked) && orNull(text)(reason);

// The key that signed a statement: its author's, and not revoked before the block's time.
async function keyOf({ network, records, statements }, index, time) {
  const said = statements.get(index);
  const address = SIGNING_KEY + said.kid;
  require(said.network === network.id, ...unproven(said, index, "network"));
  const body = records.find((one) => one.address === address)?.body;
  require(body, ...unproven(said, index, "record"));
  const { owner: owned, key: encoded, added, revoked = null, reason = null } = valid(address, body, keyShape);
  const founder = network.founderKeys.get(said.kid);
  const { key, owner } = founder ?? { key: publicKey(encoded), owner: owned };
  require(hex(key.thumbprint) === said.kid, ...unproven(said, index, "record"));
  require(owner === said.issuer, ...unproven(said, index, "owner"));
  const verified = key.suite === said.suite && (await signed(key, said.signature, said.signed));
  require(verified, "wire/bad-signature");
  require(revoked === null || revoked >= time, ...unproven(said, index, "revoked"));
  return { thumbprint: said.kid, owner, suite: key.suite.name, added, revoked, reason, encoded: founder ? null : encoded };
}

// The index of the statement that registered a key: the first that names it. It stands before the key's first use;
// null for a founder's key.
function registration({ statements, ends }, index, time, encoded, added) {
  if (encoded === null) return null;
  const found = [...statements].find(([, { payload }]) => searchable(payload).includes(encoded))?.[0];
  const earlier = found < index && blockOf(ends, found).time <= added && added <= time;
  require(earlier, ...unproven(statements.get(index), index, "registration"));
  return found;
}

// Organisations by id, as {zh, en}: founders from genesis, others from their records.
function names(network, records) {
  const found = new Map(network.document.founders.map(({ id, name }) => [id, name]));
  for (const { address, body } of records)
    if (address.startsWith(ORGANISATION) && body !== null)
      found.set(address.slice(ORGANISATION.length), valid(address, body.name, table(text)));
  return found;
}

// By commitment; each must be one that a leaf or record of the file names, in hexadecimal.
function openings(proof) {
  const said = [...proof.leaves, ...proof.records].flatMap(([, data]) => (data ? [searchable(data)] : []));
  const found = new Map();
  for (const [committed, salt, digest, content] of proof.openings) {
    const commitment = hex(committed);
    const short = { commitment: commitment.slice(0, 16) };
    const held = equal(sha256(PART, salt, digest), committed);
    require(held && (content === null || equal(sha256(content), digest)), "wire/opening-differs", short);
    require(said.some((one) => one.includes(commitment)), "sdk/stray-opening", short);
    found.set(commitment, { commitment, digest: hex(digest), content });
  }
  return found;
}

// The commitments in records that say of themselves that they are ERASED.
function erased(records) {
  return new Set(records.flatMap(({ body }) => (body?.state === "ERASED" ? commitments(body) : [])));
}

function commitments(value) {
  if (!object(value)) return [];
  const own = text(value.commitment) ? [value.commitment] : [];
  return [...own, ...Object.values(value).flatMap(commitments)];
}
