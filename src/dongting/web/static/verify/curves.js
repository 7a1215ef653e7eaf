// Which public keys and signatures are sound, beyond the equation that WebCrypto checks: it leaves open what no two
// verifiers may judge differently. Nothing here is secret, so nothing has to take constant time.
import { number } from "./bytes.js";

const big = (digits) => BigInt(`0x${digits}`);

// Field prime and b of y² = x³ - 3x + b (SEC 1, section 2.2.1): P-256 (FIPS 186-5), SM2 (GB/T 32918.5).
export const p256Sound = onCurve(
  big("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
  big("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
);
export const sm2Sound = onCurve(
  big("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"),
  big("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"),
);
const P256_ORDER = big("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

function onCurve(p, b) {
  return (raw) => {
    const [x, y] = [number(raw.subarray(0, 32)), number(raw.subarray(32))];
    return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
  };
}

// Of the two signatures that ECDSA accepts only the one with the lower s.
export function es256Canonical(signature) {
  const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
  return r > 0n && r < P256_ORDER && s > 0n && s <= P256_ORDER / 2n;
}

// Curve edwards25519 (RFC 8032, section 5.1), points as (X : Y : Z : T).
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT = power(2n, (P - 1n) / 4n);

function mod(n) {
  return ((n % P) + P) % P;
}

function power(base, exponent) {
  let result = 1n;
  for (; exponent; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}

const little = (bytes) => number(bytes.slice().reverse());

// Section 5.1.3; null for bytes that are no point, or another spelling of one.
function decompress(raw) {
  const whole = little(raw);
  const [sign, y] = [whole >> 255n, whole % 2n ** 255n];
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * ROOT);
  if (y >= P || mod(v * x * x) !== u || (x === 0n && sign)) return null;
  if (x % 2n !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

// Section 5.1.4, complete for every pair of points.
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const [a, b] = [(y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)];
  const [c, d] = [2n * D * t1 * t2, 2n * z1 * z2];
  const [e, f, g, h] = [b - a, d - c, d + c, b + a].map(mod);
  return [e * f, g * h, f * g, e * h].map(mod);
}

const neutral = ([x, y, z]) => x === 0n && y === z;

function times(scalar, point) {
  let result = [0n, 1n, 1n, 0n];
  for (; scalar; scalar >>= 1n, point = add(point, point)) if (scalar & 1n) result = add(result, point);
  return result;
}

// A public key is the one encoding of a point of prime order.
export function ed25519Sound(raw) {
  const point = decompress(raw);
  return point !== null && !neutral(point) && neutral(times(L, point));
}

// R is the one encoding of a point that is not of small order, and S lies below the order.
export function ed25519Canonical(signature) {
  const point = decompress(signature.subarray(0, 32));
  return point !== null && !neutral(times(8n, point)) && little(signature.subarray(32)) < L;
}
