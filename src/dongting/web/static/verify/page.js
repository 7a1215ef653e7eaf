// The verifier on the page /verify: takes a proof file and data files, and tells what is proven. Nothing leaves the
// browser. All texts stand in the page (`_verify.html`), so that it speaks the page's language.
import { checkFile, openness, Refused, verify } from "./verify.js";

const root = document.querySelector("[data-verify]");
const find = (selector) => root.querySelector(selector);
const [trusted, proofInput, dataInput] = ["#trusted", "#proof-file", "#data-files"].map(find);
const [status, result] = ["[data-status]", "[data-result]"].map(find);
const { language } = root.dataset;
const declared = JSON.parse(root.dataset.declared);
const texts = new Map();
for (const one of find("template").content.querySelectorAll("[data-text]"))
  for (const name of one.dataset.text.split(" ")) texts.set(name, one.textContent);

const BEGIN = "dongting-proof-1"; // behind the first three bytes of a proof file
const GLIMPSE = 2000; // characters shown of a content that no application describes
const LARGE = 32 * 2 ** 20; // bytes from which on reading takes long enough to tell how far it is
const WHOLE = new Set(["JPY", "KRW"]); // currencies without minor units
// Control characters and those that reorder text: what others wrote must not rearrange the page.
const STEERING = /[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

let proofFile = null;
let dataFiles = [];
let round = 0; // what an earlier choice leads to is dropped

// Texts

// Chinese sets no space behind a full-width bracket.
const fill = (text, fact) => text.replace(/\{(\w+)\}/g, (_, name) => fact(name)).replaceAll("） ", "）");
const say = (name, facts = {}) => fill(texts.get(name), (fact) => facts[fact] ?? "");
const short = (digits) => `${digits.slice(0, 16)}…`;
const best = (text) => text[language] || text.en || text.zh || Object.values(text)[0] || "";
const isText = (value) => typeof value === "object" && value !== null && Object.keys(value).every((key) => key === "zh" || key === "en");

// An amount in minor units (ISO 4217).
function money({ minor, currency, ...more }) {
  if (!Number.isInteger(minor) || typeof currency !== "string" || Object.keys(more).length) return null;
  const places = WHOLE.has(currency) ? 0 : 2;
  return `${(minor / 10 ** places).toFixed(places)} ${currency}`;
}

function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  const clean = (child) => (child instanceof Node ? child : String(child).replace(STEERING, "\ufffd"));
  made.append(...children.map(clean));
  return made;
}

class Teller {
  constructor(story) {
    this.story = story;
    this.told = new Set(); // a content is spelled out once
    const [hours, minutes] = story.zone.slice(1).split(":").map(Number);
    this.shift = (story.zone[0] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
  }

  who(id) {
    const name = best(this.story.names.get(id) ?? {});
    return name && name !== id ? say("named", { name, id }) : id;
  }

  // Local time in the network's zone.
  when(seconds) {
    const date = new Date((seconds + this.shift) * 1000);
    return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 19).replace("T", " ");
  }

  value(value, kind) {
    if (value === null || value === undefined) return "—";
    if (Array.isArray(value)) return value.map((item) => this.value(item, kind)).join(say("comma"));
    if (typeof value === "object") return isText(value) ? best(value) : (money(value) ?? JSON.stringify(value));
    if (kind === "who") return this.who(String(value));
    if (kind === "when" && typeof value === "number") return this.when(value);
    if (kind === "hash") return short(String(value));
    return typeof kind === "object" && Object.hasOwn(kind, value) ? kind[value] : String(value);
  }

  sentence(event) {
    const { says, kinds } = declared.actions[event.action] ?? {};
    if (!says) return say("unknown-action", { author: this.who(event.author), action: event.action, subject: event.subject });
    return fill(says, (name) =>
      name === "author" ? this.who(event.author) : this.value(event.arguments[name], kinds[name]),
    );
  }

  event(event) {
    const { suite } = this.story.keys.get(event.key);
    const { index, height } = event;
    const item = el("li", "", el("p", "small soft", this.when(event.time)), el("p", "", this.sentence(event)));
    item.append(el("p", "small soft", say("signed", { key: short(event.key), suite, index, height })));
    for (const { at, label, fields } of declared.actions[event.action]?.commitments ?? []) {
      const commitment = at.reduce((value, name) => value?.[name], event.arguments);
      if (typeof commitment === "string") item.append(...this.part(label, commitment, fields));
    }
    return item;
  }

  // What is known behind one commitment.
  *part(label, commitment, fields) {
    const opening = this.story.openings.get(commitment);
    const facts = { label, commitment: short(commitment), digest: short(opening?.digest ?? "") };
    yield el("p", "small", say(openness(this.story, commitment), facts));
    if (opening && this.story.erased.has(commitment)) yield el("p", "small", say("erased", facts));
    if (!opening?.content || this.told.has(commitment)) return;
    this.told.add(commitment);
    yield this.content(opening.content, fields);
  }

  content(bytes, fields) {
    const given = new TextDecoder().decode(bytes);
    let value = null;
    try {
      value = JSON.parse(given);
    } catch {
      // It is shown as it is.
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return el("pre", "", given.slice(0, GLIMPSE));
    const rows = Object.entries(value).flatMap(([name, item]) => {
      const [label, kind] = Object.hasOwn(fields, name) ? fields[name] : [name, ""];
      return [el("dt", "", label), el("dd", "", this.value(item, kind))];
    });
    return el("dl", "facts small", ...rows);
  }

  // The records that have states, as they stand, and those asked for that do not exist.
  *standing() {
    for (const { address, body, version } of this.story.records) {
      const [type, id] = address.split("/");
      const known = Object.hasOwn(declared.states, type) ? declared.states[type] : null;
      if (body === null) yield el("li", "", say("absent", { address }));
      else if (known) {
        const state = body[known.field];
        const named = Object.hasOwn(known.states, state) ? known.states[state] : state;
        yield el("li", "", say("stands", { title: known.title, id, state: named, version }));
      }
    }
  }

  key({ thumbprint, owner, suite, registered, revoked, reason }) {
    const facts = { key: short(thumbprint), suite, owner: this.who(owner), index: registered };
    const told = say(registered === null ? "key-founder" : "key-registered", facts);
    return el("li", "", told, revoked === null ? "" : say("key-revoked", { when: this.when(revoked), reason: reason ?? "" }));
  }
}

// What is shown

function verdict(text, proven) {
  status.textContent = text.replace(STEERING, "\ufffd");
  status.className = proven ? "notice calm" : "notice";
}

function show(story, files) {
  const teller = new Teller(story);
  const list = (name, items) => (items.length ? [el("h3", "", say(name)), el("ol", "list", ...items)] : []);
  const signers = story.signers.map((owner) => teller.who(owner)).join(say("comma")) || "—";
  const where = { ...story, title: best(story.title), when: teller.when(story.time), signers };
  result.replaceChildren(
    ...list("files", files),
    el("h3", "", say("where")),
    ...["network", "log"].map((name) => el("p", "", say(name, where))),
    ...(story.decided ? [el("p", "", say("decided", story.decided))] : []),
    ...list("happened", story.events.map((event) => teller.event(event))),
    ...list("standing", [...teller.standing()]),
    ...list("keys", [...story.keys.values()].map((key) => teller.key(key))),
  );
  result.hidden = false;
}

function closing(story) {
  const authors = new Set(story.events.map((event) => event.author)).size;
  const facts = { events: story.events.length, authors, records: story.records.length };
  const shut = { erased: new Set(), withheld: new Set() };
  for (const event of story.events)
    for (const { at } of declared.actions[event.action]?.commitments ?? []) {
      const commitment = at.reduce((value, name) => value?.[name], event.arguments);
      if (typeof commitment === "string") shut[openness(story, commitment)]?.add(commitment);
    }
  const more = ["erased", "withheld"].filter((one) => shut[one].size);
  return [say("proven", facts), ...more.map((one) => say(`count-${one}`, { number: shut[one].size }))].join(say("gap"));
}

async function compare(story, file, current) {
  const progress = (read) => {
    if (current() && file.size >= LARGE) status.textContent = say("reading", { name: file.name, percent: `${Math.floor((100 * read) / file.size)} %` });
  };
  const { digest, commitments } = await checkFile(story, file, progress);
  const same = commitments.length > 0;
  const events = story.events.filter(({ arguments: given }) => commitments.some((one) => JSON.stringify(given).includes(one)));
  const facts = { name: file.name, digest: short(digest), places: events.map((event) => event.index).join(say("comma")) };
  return { same, item: el("li", "", say(same ? "file-same" : "file-other", facts)) };
}

function reason(error) {
  if (!(error instanceof Refused)) return error instanceof DOMException ? say("unreadable") : say("failed");
  const why = texts.has(error.code) ? say(error.code, error.facts) : say("failed");
  return say("refused", { why, code: error.code });
}

async function run() {
  const mine = ++round;
  const current = () => mine === round;
  result.hidden = true;
  if (proofFile === null) return verdict(say(dataFiles.length ? "ask-proof" : "ask"), true);
  verdict(say("checking", { name: proofFile.name }), true);
  try {
    const id = trusted.value.trim().toLowerCase();
    const story = await verify(new Uint8Array(await proofFile.arrayBuffer()), id || null);
    const files = [];
    for (const file of dataFiles) files.push(await compare(story, file, current));
    if (!current()) return;
    show(story, files.map((file) => file.item));
    if (!story.compared) verdict(say("uncompared", { network: story.network }), false);
    else if (files.every((file) => file.same)) verdict(closing(story), true);
    else verdict(say("file-not-proven"), false);
  } catch (error) {
    if (current()) verdict(reason(error), false);
  }
}

// What is chosen

async function isProof(file) {
  const begin = new TextDecoder("latin1").decode(await file.slice(0, 3 + BEGIN.length).arrayBuffer());
  return begin.slice(3) === BEGIN;
}

async function take(files) {
  for (const file of files) {
    if (await isProof(file)) proofFile = file;
    else dataFiles = [...dataFiles, file];
  }
  await run();
}

trusted.addEventListener("change", run);
proofInput.addEventListener("change", () => {
  proofFile = proofInput.files[0] ?? null;
  return run();
});
dataInput.addEventListener("change", () => {
  dataFiles = [...dataInput.files];
  return run();
});
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  return run();
});
find("form").addEventListener("reset", () => {
  proofFile = null;
  dataFiles = [];
  queueMicrotask(run);
});
const zone = find("[data-drop]");
for (const name of ["dragenter", "dragover"])
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.dataset.over = "";
  });
for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => delete zone.dataset.over);
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  return take([...event.dataTransfer.files]);
});
root.hidden = false;
run();
