// The wall of a session: its code and its names are exchanged when they change, without a flicker.
const EVERY = 4000;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".wall");
    const shown = document.querySelector(".wall");
    if (answer.ok && fresh && shown.innerHTML !== fresh.innerHTML) shown.replaceWith(fresh);
  } catch {
    // the network is gone for a moment: the next look will tell
  }
  setTimeout(look, EVERY);
}

if (document.querySelector("[data-wall]")) setTimeout(look, EVERY);
