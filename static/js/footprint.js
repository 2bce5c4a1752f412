// The total while one types. Only a preview: the server computes again what it keeps, and says the range.
const form = document.querySelector("[data-calculator]");
const output = document.querySelector("[data-total]");
const range = document.querySelector("[data-range]");
const preview = JSON.parse(document.querySelector("[data-preview]").textContent);

// The same plain decimals that the server takes, grouped or not.
const PLAIN = /^(\d{1,15}|\d{1,3}(,\d{3})+)(\.\d{1,9})?$/;
const PAUSE = 400;

function read(name, field) {
  const text = (new FormData(form).get(name) ?? "").trim();
  if (text in field.options) return field.options[text];
  if (!PLAIN.test(text)) return null;
  const value = Number(text.replaceAll(",", "")) / (field.share ? 100 : 1);
  return value >= field.low && value <= field.high ? value : null;
}

function show(evaluate) {
  const answers = [...preview.answers];
  for (const [name, field] of Object.entries(preview.fields)) answers[field.place] = read(name, field);
  const grams = evaluate(answers).reduce((sum, line) => sum + line, 0);
  output.textContent = new Intl.NumberFormat(document.documentElement.lang).format(Math.floor(grams / 1000));
}

// The range is the server's: asked for when one pauses, left as it was when what is typed cannot be taken.
let waiting = 0;
function askForRange() {
  range.classList.add("is-old");
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const mine = waiting;
    const answer = await fetch(`${preview.total}?${new URLSearchParams(new FormData(form))}`).catch(() => null);
    if (!answer?.ok || mine !== waiting) return;
    range.textContent = (await answer.json()).range;
    range.classList.remove("is-old");
  }, PAUSE);
}

// A pointer that picks an option goes on at once; arrow keys only move between options.
let pointed = -Infinity;
form.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".choice")) pointed = event.timeStamp;
});
form.addEventListener("change", (event) => {
  if (event.target.type === "radio" && event.timeStamp - pointed < 1000) {
    form.requestSubmit(form.querySelector("button[value=next]"));
  }
});

const { evaluate } = await import(preview.url);
document.querySelector("[data-update]").hidden = true;
form.addEventListener("input", () => {
  show(evaluate);
  askForRange();
});
