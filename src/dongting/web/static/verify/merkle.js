// The Merkle tree of the log (RFC 9162, section 2.1). Sizes are within 2^53-1, the integers of this language.
import { require } from "./refused.js";
import { sha256 } from "./sha256.js";

const CODE = "wire/bad-merkle-path";
const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];

export const leafHash = (bytes) => sha256(LEAF, bytes);
const nodeHash = (left, right) => sha256(NODE, left, right);

// The root to which a path leads from `leaves`, ascending pairs of index and leaf hash: the walk from the root, left
// part first, takes a hash of the path for each part without any of the leaves.
export function multiRoot(leaves, size, path) {
  require(leaves.at(-1)[0] < size, CODE);
  let used = 0;
  const climb = (inside, start, end) => {
    if (!inside.length) {
      require(used < path.length, CODE);
      return path[used++];
    }
    if (end - start === 1) return inside[0][1];
    const middle = start + split(end - start);
    const left = climb(inside.filter(([index]) => index < middle), start, middle);
    return nodeHash(left, climb(inside.filter(([index]) => index >= middle), middle, end));
  };
  const root = climb(leaves, 0, size);
  require(used === path.length, CODE);
  return root;
}

// The root over all leaves (section 2.1.1).
export function merkleRoot(leaves) {
  if (leaves.length === 1) return leafHash(leaves[0]);
  const middle = split(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, middle)), merkleRoot(leaves.slice(middle)));
}

// The largest power of two below the width (section 2.1.1).
function split(width) {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}

// The root to which an inclusion path leads (section 2.1.3.2).
export function inclusionRoot(leaf, index, size, path) {
  require(index < size, CODE);
  let [place, last, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    require(last, CODE);
    if (place % 2 || place === last) {
      root = nodeHash(sibling, root);
      for (; place && place % 2 === 0; place /= 2) last = half(last);
    } else {
      root = nodeHash(root, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  require(last === 0, CODE);
  return root;
}

const half = (n) => Math.floor(n / 2);
