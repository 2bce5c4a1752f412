// While a file is read or imported: show how far it is, and show the page anew when that is done.
const shown = document.querySelector("[data-import-state]");
const bar = document.querySelector("[data-import-progress]");

async function look() {
  let pause = 1500;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-import-state]");
    if (now && now.dataset.importState !== shown.dataset.importState) return location.reload();
    const next = page.querySelector("[data-import-progress]");
    if (next) bar.replaceChildren(...next.childNodes);
  } catch {
    pause = 5000; // offline for a moment: the next try will tell
  }
  setTimeout(look, pause);
}

if (shown && bar) setTimeout(look, 1500);
