// Computes the digest of a file in the browser; the file goes nowhere.

import { Sha256 } from "../verify/sha256.js";

const PIECE = 4 * 1024 * 1024;
const area = document.querySelector("[data-hash]");
const status = area.querySelector("[data-status]");
const texts = area.querySelector("template").content;
const say = (name, values = {}) =>
  texts.querySelector(`[data-text="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const percents = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

area.hidden = false;
area.querySelector("input").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += PIECE) {
    hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    status.textContent = say("at", { percent: percents.format(Math.min(at + PIECE, file.size) / file.size) });
  }
  const digest = [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  document.querySelector("[data-digest]").value = digest;
  document.querySelector("[data-size]").value = file.size;
  const name = document.querySelector('[name="p.label.name"]');
  if (name && !name.value) name.value = file.name.slice(0, 200);
  const rest = name && name.closest("details");
  if (rest) rest.open = true;
  status.textContent = say("done");
});
