// A copy button beside serials and certificate numbers, where the browser can copy at all.
function enable(box) {
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.querySelector("code").textContent);
    button.textContent = button.dataset.copied;
    button.setAttribute("aria-live", "polite");
  });
}

if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(enable);
