// Receipts (COSE Receipts, RFC 9942): that a log key signed a root to which an entry leads.
import { require } from "./refused.js";
import { equal, hex } from "./bytes.js";
import { decode } from "./cbor.js";
import { signed } from "./keys.js";
import { inclusionRoot, leafHash } from "./merkle.js";
import { bytes, count, integer, labels, list, orNull, row, text } from "./shapes.js";
import { toBeSigned } from "./statement.js";

const BAD = "wire/bad-receipt";
const SIGN1 = 0xd2;
const [ALG, KID, CLAIMS, VDS, VDP] = [1, 4, 15, 395, 396];
const [ISS, SUB, IAT, SIZE] = [1, 2, 6, -65538];
const INCLUSION = -1;
const RFC9162_SHA256 = 1;

const any = (value) => value instanceof Map;
const message = row(bytes(), labels([VDP, labels([INCLUSION, row(bytes())])]), orNull(() => false), bytes(64));
const proof = row(count, count, list(bytes(32), 0, 64));
const header = labels([ALG, integer], [KID, bytes()], [CLAIMS, any], [VDS, integer]);
const claims = labels([ISS, text], [SUB, text], [IAT, count], [SIZE, count]);

// Refuses a receipt by which no log key of the network proves that this statement is in its log.
export async function verify(data, statement, network) {
  require(data[0] === SIGN1, BAD);
  const outer = decode(data.subarray(1));
  require(message(outer), BAD);
  const [protectedBytes, unprotected, , signature] = outer;
  const place = decode(unprotected.get(VDP).get(INCLUSION)[0]);
  const fields = decode(protectedBytes);
  require(proof(place) && header(fields) && claims(fields.get(CLAIMS)), BAD);
  const [size, index, path] = place;
  const said = fields.get(CLAIMS);
  require(said.get(SIZE) === size, BAD);
  const kid = fields.get(KID);
  const key = network.logKeys.map((log) => log.key).find(({ thumbprint }) => equal(thumbprint, kid));
  require(key, "sdk/unknown-log-key", { key: hex(kid).slice(0, 16) });
  const root = inclusionRoot(leafHash(statement.data), index, size, path);
  const proves =
    said.get(SUB) === statement.subject &&
    said.get(ISS) === network.origin &&
    fields.get(VDS) === RFC9162_SHA256 &&
    key.suite.accepted.includes(fields.get(ALG)) &&
    (await signed(key, signature, toBeSigned(protectedBytes, root)));
  require(proves, "wire/receipt-proves-nothing");
}
