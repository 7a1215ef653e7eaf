// Keeps what is marked data-live up to date: asks for the same page again and takes over what changed.

const PAUSE = 4000; // milliseconds

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-cache" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
      part.replaceChildren(...fresh.childNodes);
    }
  }
}

function again() {
  setTimeout(async () => {
    if (!document.hidden) await renew().catch(() => {});
    again();
  }, PAUSE);
}

again();
