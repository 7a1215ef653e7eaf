// The genesis document, whose hash is the network's id: all that a verifier believes follows from that id.
import { Refused, require } from "./refused.js";
import { hex } from "./bytes.js";
import * as json from "./json.js";
import { publicKey } from "./keys.js";
import { like, list, members, orNull, table, text, within } from "./shapes.js";
import { sha256 } from "./sha256.js";

const BAD = "wire/bad-genesis";
const MOST = Number.MAX_SAFE_INTEGER;

const id = like(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/);
const key = like(/^[A-Za-z0-9_-]+$/, 400);
const day = like(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/);
const founder = members({
  id, kind: text, name: table(text), signing_keys: list(key, 1, 8), encryption_key: key,
  credit_code: orNull(text), region: orNull(text),
});
const orderer = members({ owner: id, key });
const validator = members({ owner: id, key, consensus: key }); // where a consortium orders
const document = members({
  format: like(/^dongting-genesis-1$/),
  name: table(text),
  profile: like(/^(international|national)$/),
  domain: like(/^[a-z0-9.-]{1,120}$/),
  created: within(0, 2 ** 40),
  zone: like(/^[+-](0[0-9]|1[0-4]):[0-5][0-9]$/),
  founders: list(founder, 1, 50),
  log_keys: list((log) => orderer(log) || validator(log), 1, 50),
  apps: list(members({ name: text, version: within(1, MOST), hash: like(/^[0-9a-f]{64}$/) })),
  supervisor: orNull(id),
  quorum: members({ votes: text, days: within(1, 365) }),
  calendar: members({ weekend: list(within(1, 7)), holidays: list(day), workdays: list(day) }),
  parameters: table(within(-MOST, MOST)),
});

// The network that begins with these bytes: its id, which must be the expected one unless that is null, its document,
// its log's origin, and the keys of the log and (by thumbprint) of the founders, each with its owner.
export function networkOf(bytes, expected) {
  const said = json.decode(bytes);
  require(document(said), BAD);
  const ids = said.founders.map((one) => one.id);
  const owners = [...said.log_keys.map((log) => log.owner), said.supervisor ?? ids[0]];
  const signing = said.founders.flatMap((one) => one.signing_keys.map((text) => [one.id, text]));
  const voting = said.log_keys.flatMap((log) => log.consensus ?? []);
  const keys = [...signing.map(([, text]) => text), ...said.log_keys.map((log) => log.key), ...voting];
  const unique = (values) => new Set(values).size === values.length;
  require(unique(ids) && unique(keys) && owners.every((owner) => ids.includes(owner)), BAD);
  // The id, thumbprints and all that follows are of the profile's hash, SM3.
  if (said.profile === "national") throw new Refused("browser/national-profile");
  const logKeys = said.log_keys.map((log) => ({ owner: log.owner, key: publicKey(log.key) }));
  const bound = [...logKeys.map((log) => log.key), ...voting.map(publicKey)];
  require(bound.every((one) => one.suite.name === "Ed25519"), BAD);
  require([0, logKeys.length].includes(voting.length), BAD);
  const founderKeys = new Map();
  for (const [owner, text] of signing) {
    const one = publicKey(text);
    founderKeys.set(hex(one.thumbprint), { key: one, owner });
  }
  const network = hex(sha256(bytes));
  require(expected === null || expected === network, "sdk/other-network", { given: network, expected });
  return { id: network, document: said, origin: `${said.domain}/${network.slice(0, 16)}`, logKeys, founderKeys };
}
