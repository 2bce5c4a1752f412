// While an order waits for its payment or its document: look for news, and show the page anew when there is some.
const shown = document.querySelector("[data-order-state]");
let tries = 0;

async function look() {
  if (++tries > 60) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-order-state]");
    if (now && now.dataset.orderState !== shown.dataset.orderState) return location.reload();
  } catch {
    // offline for a moment: the next try will tell
  }
  setTimeout(look, Math.min(2000 + tries * 500, 15000));
}

if (shown) setTimeout(look, 2000);
