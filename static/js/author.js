// The forms of authors: what is written saves itself, and a lesson's preview follows. Without this, buttons do both.
const form = document.querySelector("[data-author]");
const status = form.querySelector("[data-status]");
const preview = form.querySelector("[data-preview]");
const WAIT = 4000;
const SHOW = 700;
let saving, showing, isBusy, isStopped;

function sent(action) {
  const data = new FormData(form);
  data.set("do", action);
  return fetch(form.getAttribute("action") || location.href, { method: "POST", body: data, headers: { Accept: "text/html" } });
}

async function save() {
  if (isBusy || isStopped) return later();
  isBusy = true;
  try {
    const answer = await sent("autosave");
    if (answer.ok) {
      for (const [name, value] of Object.entries(await answer.json())) form.elements[name].value = value;
      callAsSaved();
      status.textContent = form.dataset.saved;
    } else {
      // Somebody else was faster: the Save button shows both texts. What is unfinished is tried again later.
      isStopped = answer.status !== 422;
      status.textContent = await answer.text();
    }
  } catch {
    status.textContent = form.dataset.offline;
    later();
  } finally {
    isBusy = false;
  }
}

// What was saved is what blocks and groups are called from now on.
function callAsSaved() {
  for (const id of form.querySelectorAll(".block-id")) {
    form.elements[id.name.replace(/id$/, "was")].value = id.value;
  }
  if (!form.matches(".record")) return;
  for (const was of form.querySelectorAll("[name$='-was']")) was.value = was.name.match(/(\d+)-was$/)[1];
}

function later() {
  clearTimeout(saving);
  saving = setTimeout(save, WAIT);
}

async function show() {
  if (!preview || preview.hidden) return;
  const width = form.querySelector("[name='preview-width']:checked")?.value;
  try {
    const answer = await sent("live");
    if (!answer.ok) return;
    preview.innerHTML = await answer.text();
    const same = preview.querySelector(`[value='${width}']`);
    if (same) same.checked = true;
  } catch {
    // Without a connection the preview stays as it was.
  }
}

form.addEventListener("input", (event) => {
  if (event.target.name === "preview-width") return;
  status.textContent = "";
  later();
  clearTimeout(showing);
  showing = setTimeout(show, SHOW);
});

form.addEventListener("click", (event) => {
  if (!preview || event.target.value !== "preview") return;
  event.preventDefault();
  preview.hidden = !preview.hidden;
  event.target.setAttribute("aria-expanded", String(!preview.hidden));
  show();
});
