// Runs the verifier of the browser in Node.js for the tests: one JSON task a line in, one outcome a line out.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { argv } from "node:process";

const load = (name) => import(`${argv[2]}/${name}.js`);
const { verify, checkFile, openness, Refused } = await load("verify");
const cbor = await load("cbor");
const json = await load("json");
const keys = await load("keys");
const { Sha256 } = await load("sha256");

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));

// Maps and sets become what JSON has; bytes become base64.
function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (value instanceof Set) return [...value].sort();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

const tasks = {
  async verify({ proof, network }) {
    const story = await verify(bytes(proof), network);
    return { story: plain(story), openness: [...story.openings.keys()].map((one) => [one, openness(story, one)]) };
  },

  async check({ proof, network, file, path }) {
    const story = await verify(bytes(proof), network);
    const blob = path ? new Blob([readFileSync(path)]) : new Blob([bytes(file)]);
    const told = [];
    return { ...(await checkFile(story, blob, (read) => told.push(read))), told };
  },

  cbor: ({ data }) => ({ accepted: cbor.decode(bytes(data)) !== undefined }),
  json: ({ data }) => ({ accepted: json.decode(bytes(data)) !== undefined }),
  key: ({ key }) => ({ suite: keys.publicKey(key).suite.name }),
  signed: async ({ key, signature, message }) => ({
    valid: await keys.signed(keys.publicKey(key), bytes(signature), bytes(message)),
  }),

  sha256({ pieces }) {
    const running = new Sha256();
    for (const piece of pieces) running.update(bytes(piece));
    return { digest: Buffer.from(running.digest()).toString("hex") };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...given } = JSON.parse(line);
  let outcome;
  try {
    outcome = await tasks[task](given);
  } catch (error) {
    // Anything but a refusal is a mistake of the verifier, and must fail the test.
    outcome = error instanceof Refused ? { refused: error.code, facts: error.facts } : { failed: error.stack };
  }
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
