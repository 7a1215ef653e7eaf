// Uploads a file in pieces, with progress; goes on where it broke off, also after the page was loaded again.

const form = document.querySelector("[data-upload]");
const file = form.querySelector("input[type=file]");
const area = form.querySelector("[data-progress]");
const bar = form.querySelector("progress");
const status = form.querySelector("[data-status]");
const texts = area.querySelector("template").content;
const say = (name, values = {}) =>
  texts.querySelector(`[data-text="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);

async function send(address, fields) {
  const body = new FormData();
  body.set("proof", form.elements.proof.value);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

async function begun(chosen) {
  const known = `upload ${chosen.name} ${chosen.size} ${chosen.lastModified}`;
  const before = localStorage.getItem(known);
  if (before) {
    const answer = await fetch(`/uploads/${before}`, { headers: { accept: "application/json" } });
    if (answer.ok) return { known, ...(await answer.json()) };
  }
  const told = await send("/uploads", { name: chosen.name, size: chosen.size });
  localStorage.setItem(known, told.upload);
  return { known, ...told };
}

function show(done, all) {
  bar.value = all ? done / all : 1;
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(bar.value);
  status.textContent = say("at", { percent });
}

form.addEventListener("submit", async (event) => {
  const chosen = file.files[0];
  if (!chosen) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  area.hidden = false;
  try {
    let { known, upload, offset } = await begun(chosen);
    show(offset, chosen.size);
    const most = Number(form.dataset.piece);
    while (offset < chosen.size) {
      const piece = chosen.slice(offset, offset + most);
      ({ offset } = await send(`/uploads/${upload}`, { offset, piece: new File([piece], "piece") }));
      show(offset, chosen.size);
    }
    localStorage.removeItem(known);
    location.assign(`${form.dataset.next}?upload=${upload}`);
  } catch (error) {
    status.textContent = `${say("stopped")} ${error.message}`;
    button.disabled = false;
  }
});
