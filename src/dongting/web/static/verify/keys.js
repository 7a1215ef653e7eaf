// Signing keys as COSE_Key (RFC 9052, section 7), their thumbprints (RFC 9679), and their signatures: Ed25519 (RFC
// 8032) and ES256 (FIPS 186-5) by WebCrypto. SM2 keys are read, but browsers cannot check their signatures.
import { Refused, require } from "./refused.js";
import { concat, fromBase64url } from "./bytes.js";
import { decode } from "./cbor.js";
import { ed25519Canonical, ed25519Sound, es256Canonical, p256Sound, sm2Sound } from "./curves.js";
import { bytes, integer, labels } from "./shapes.js";
import { sha256 } from "./sha256.js";

const [KTY, CRV, X, Y] = [1, -1, -2, -3];
const ED25519 = { name: "Ed25519" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

// `accepted` are the COSE algorithms of a suite: those that are written, and as RFC 9864 renames them.
const SUITES = [
  { name: "Ed25519", kty: 1, crv: 6, accepted: [-8, -19], sound: ed25519Sound },
  { name: "ES256", kty: 2, crv: 1, accepted: [-7, -9], sound: p256Sound },
  { name: "SM2", kty: 2, crv: -65601, accepted: [-65601], sound: sm2Sound },
];

export const suiteOf = (alg) => SUITES.find((suite) => suite.accepted.includes(alg));

// The key in the base64url of a COSE_Key: its suite, raw coordinates, and thumbprint (32 bytes).
export function publicKey(encoded) {
  const cose = fromBase64url(encoded);
  require(cose, "wire/bad-base64");
  const key = decode(cose);
  const suite = key instanceof Map && SUITES.find(({ kty, crv }) => kty === key.get(KTY) && crv === key.get(CRV));
  require(suite, "wire/bad-key");
  const points = suite.kty === 1 ? [X] : [X, Y];
  const exact = labels([KTY, integer], [CRV, integer], ...points.map((name) => [name, bytes(32)]));
  require(exact(key), "wire/bad-key");
  const raw = concat(...points.map((name) => key.get(name)));
  require(suite.sound(raw), "wire/weak-key", { suite: suite.name });
  return { suite, raw, thumbprint: sha256(cose) };
}

// The key in these 32 bytes, that of a validator.
export function rawEd25519(raw) {
  const suite = SUITES[0];
  require(suite.sound(raw), "wire/weak-key", { suite: suite.name });
  return { suite, raw };
}

// Whether this key signed exactly this message with exactly these 64 bytes.
export async function signed({ suite, raw }, signature, message) {
  if (signature.length !== 64) return false;
  if (suite.name === "Ed25519") return ed25519Canonical(signature) && webcrypto(ED25519, raw, signature, message);
  if (suite.name === "SM2") throw new Refused("browser/no-such-cipher", { cipher: "SM2" });
  const point = concat(Uint8Array.of(4), raw); // SEC 1, section 2.3.3
  return es256Canonical(signature) && webcrypto(ECDSA, point, signature, message);
}

async function webcrypto(algorithm, raw, signature, message) {
  const { subtle } = globalThis.crypto;
  try {
    const key = await subtle.importKey("raw", raw, algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, key, signature, message);
  } catch {
    // The key is sound, so that the browser does not know the algorithm.
    throw new Refused("browser/no-such-cipher", { cipher: algorithm.name });
  }
}
