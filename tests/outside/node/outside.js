// Reads what Dongting writes, with libraries of other projects.
//
// Takes the name of one task, its input as JSON from standard input, and writes the outcome as JSON; bytes are
// base64. A task that finds something wrong answers {"error": ...}.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import canonicalize from "canonicalize";
import signatures from "http-message-signatures";

const { createSigner, createVerifier, httpbis } = signatures;

// RFC 8410: what stands before the raw bytes of an Ed25519 key in PKCS #8 and in SubjectPublicKeyInfo.
const PRIVATE = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC = Buffer.from("302a300506032b6570032100", "hex");

const bytes = (text) => Buffer.from(text, "base64");

const privateKey = (seed) =>
  createPrivateKey({ key: Buffer.concat([PRIVATE, bytes(seed)]), format: "der", type: "pkcs8" });

const publicKey = (raw) =>
  createPublicKey({ key: Buffer.concat([PUBLIC, bytes(raw)]), format: "der", type: "spki" });

const tasks = {
  // RFC 8785: reads each JSON text and writes it canonically.
  jcs: ({ texts }) => ({
    texts: texts.map((text) => Buffer.from(canonicalize(JSON.parse(bytes(text).toString("utf8"))))
      .toString("base64")),
  }),

  // RFC 9421: adds the two fields to a request.
  sign: async ({ request, seed, keyid, nonce, created, fields }) => {
    const key = createSigner(privateKey(seed), "ed25519", keyid);
    const paramValues = { created: new Date(created * 1000), nonce };
    const signed = await httpbis.signMessage(
      { key, fields, params: ["created", "keyid", "nonce", "alg"], paramValues },
      request,
    );
    return { headers: signed.headers };
  },

  // RFC 9421: verifies each request under a key.
  verify: async ({ requests, key, keyid, required }) => {
    const verifier = createVerifier(publicKey(key), "ed25519");
    const verdicts = [];
    for (const request of requests) {
      const verdict = await httpbis.verifyMessage(
        {
          keyLookup: async (parameters) =>
            parameters.keyid === keyid ? { id: keyid, algs: ["ed25519"], verify: verifier } : null,
          requiredFields: required,
          requiredParams: ["created", "keyid", "nonce"],
        },
        request,
      );
      verdicts.push(verdict === true);
    }
    return { verdicts };
  },
};

const run = async () => {
  const input = JSON.parse(readFileSync(0, "utf8"));
  try {
    return await tasks[process.argv[2]](input);
  } catch (error) {
    return { error: String(error) };
  }
};

console.log(JSON.stringify(await run()));
