// Minutes and seconds left beside a Beijing time. The server decides what is over; this only shows it.
const announceAt = [300, 60];

function start(box) {
  const ends = Date.parse(box.querySelector("[data-expires]").dataset.expires);
  const left = box.querySelector(".countdown-left");
  const status = box.querySelector("[role=status]");
  let before = Infinity;

  function tick() {
    const seconds = Math.max(0, Math.round((ends - Date.now()) / 1000));
    const text = seconds
      ? box.dataset.left
          .replace("{m}", Math.floor(seconds / 60))
          .replace("{s}", String(seconds % 60).padStart(2, "0"))
      : box.dataset.over;
    left.textContent = text;
    left.hidden = false;
    left.classList.toggle("is-short", seconds < 300);
    if (!seconds || announceAt.some((mark) => seconds <= mark && before > mark && before !== Infinity)) {
      status.textContent = text;
    }
    before = seconds;
    if (!seconds) clearInterval(timer);
  }

  const timer = setInterval(tick, 1000);
  tick();
}

document.querySelectorAll("[data-countdown]").forEach(start);
