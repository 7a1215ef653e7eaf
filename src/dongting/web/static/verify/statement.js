// The two kinds of leaves. A statement: COSE_Sign1 (RFC 9052, section 4.2) with CWT claims (RFC 9597) over canonical
// JSON. A block end: 1146048071([height, time, first leaf index, state root]).
import { Refused, require } from "./refused.js";
import { concat, hex, utf8 } from "./bytes.js";
import { decode, head, Tag } from "./cbor.js";
import * as json from "./json.js";
import { suiteOf } from "./keys.js";
import { bytes, count, labels, like, object, row } from "./shapes.js";

const MALFORMED = "wire/malformed-statement";
const MAX_STATEMENT = 61_440;
const [MAX_AHEAD, MAX_LIFETIME] = [30, 600];
const [SIGN1, BLOCK_END] = [18, 1_146_048_071];
const CONTEXT = utf8("Signature1");
const [ALG, CONTENT, KID, CLAIMS] = [1, 3, 4, 15];
const [ISS, SUB, AUD, EXP, IAT, CTI, ACTION] = [1, 2, 3, 4, 6, 7, -65537];

const ascii = (most) => like(/^[\x20-\x7e]+$/, most);
const claims = [[ISS, ascii(64)], [SUB, ascii(160)], [AUD, ascii(64)], [IAT, count], [CTI, bytes(16)], [ACTION, ascii(80)]];
const [lasting, expiring] = [labels(...claims), labels(...claims, [EXP, count])];
const header = labels(
  [ALG, suiteOf],
  [CONTENT, (type) => type === "application/json"],
  [KID, bytes(32)],
  [CLAIMS, (value) => lasting(value) || expiring(value)],
);
const message = row(bytes(), (unprotected) => labels()(unprotected), bytes(), bytes(64));
const end = row(count, count, count, bytes(32));

// The block end in these bytes; null when they are none.
export function blockEnd(data) {
  const value = tagged(data, BLOCK_END);
  if (!end(value)) return null;
  const [height, time, first, state] = value;
  return { height, time, first, state };
}

// The statement in these bytes, which must be the one form of it; its signature is not looked at yet. It may stand in
// blocks with times from `from` to `to`.
export function statement(data) {
  require(data.length <= MAX_STATEMENT, "wire/statement-too-large", { size: data.length });
  const outer = tagged(data, SIGN1);
  require(message(outer), MALFORMED);
  const [protectedBytes, , payload, signature] = outer;
  const fields = value(protectedBytes);
  require(header(fields), MALFORMED);
  const args = json.decode(payload);
  require(object(args), MALFORMED);
  const said = fields.get(CLAIMS);
  const issued = said.get(IAT);
  return {
    data, payload, args, issued, signature,
    issuer: said.get(ISS),
    subject: said.get(SUB),
    network: said.get(AUD),
    action: said.get(ACTION),
    from: issued - MAX_AHEAD,
    to: Math.min(issued + MAX_LIFETIME, said.get(EXP) ?? Infinity),
    kid: hex(fields.get(KID)),
    suite: suiteOf(fields.get(ALG)),
    signed: toBeSigned(protectedBytes, payload),
  };
}

// Sig_structure without external data (RFC 9052, section 4.4).
export function toBeSigned(protectedBytes, payload) {
  const string = (data) => concat(head(2, data.length), data);
  return concat(head(4, 4), head(3, CONTEXT.length), CONTEXT, string(protectedBytes), head(2, 0), string(payload));
}

// What stands behind this tag, or undefined.
function tagged(data, tag) {
  const found = value(data);
  return found instanceof Tag && found.tag === tag ? found.value : undefined;
}

function value(data) {
  try {
    return decode(data);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
