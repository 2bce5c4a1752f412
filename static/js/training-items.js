// Questions without a detour by lists: steps move by buttons, "none" takes back the others, and the total of
// a calculator scenario follows while one types. Whatever is sent are the same fields as without this.
for (const list of document.querySelectorAll("[data-steps]")) makeMovable(list);
for (const none of document.querySelectorAll("[data-none]")) excludeOthers(none);
for (const box of document.querySelectorAll("[data-sandbox]")) followTotal(box);

function makeMovable(list) {
  const spoken = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  spoken.setAttribute("aria-live", "polite");
  list.after(spoken);
  list.classList.add("is-movable");
  for (const step of list.children) {
    step.append(button(list, step, -1, "↑", list.dataset.up, spoken), button(list, step, 1, "↓", list.dataset.down, spoken));
  }
  number(list);
}

function button(list, step, by, sign, name, spoken) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "item-move", textContent: sign });
  const text = step.querySelector(".item-step-text");
  made.setAttribute("aria-label", `${name}: ${text.textContent.trim()}`);
  made.addEventListener("click", () => {
    const neighbour = by < 0 ? step.previousElementSibling : step.nextElementSibling;
    if (!neighbour) return;
    if (by < 0) neighbour.before(step);
    else neighbour.after(step);
    number(list);
    rank(list);
    made.focus();
    spoken.textContent = `${list.dataset.moved} ${step.dataset.rank}`;
  });
  return made;
}

// What the eye sees; nothing counts as answered before a step was moved.
function number(list) {
  [...list.children].forEach((step, index, steps) => {
    step.dataset.rank = index + 1;
    const [up, down] = step.querySelectorAll(".item-move");
    up.setAttribute("aria-disabled", index === 0);
    down.setAttribute("aria-disabled", index === steps.length - 1);
  });
}

function rank(list) {
  [...list.children].forEach((step, index) => {
    step.querySelector("select").value = index + 1;
  });
  list.querySelector("select").dispatchEvent(new Event("change", { bubbles: true }));
}

function excludeOthers(none) {
  const boxes = [...none.closest(".choices").querySelectorAll("input")];
  none.closest(".choices").addEventListener("change", ({ target }) => {
    if (!target.checked) return;
    for (const box of boxes) if ((target === none) !== (box === none)) box.checked = false;
  });
}

const PAUSE = 400;

function followTotal(box) {
  const output = box.querySelector("[data-total]");
  const { sandbox, prefix } = box.dataset;
  let waiting = 0;
  box.addEventListener("input", () => {
    output.classList.add("is-old");
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = waiting;
      const query = new URLSearchParams(fieldsOf(box));
      query.set("prefix", prefix);
      const answer = await fetch(`${sandbox}?${query}`).catch(() => null);
      if (!answer?.ok || mine !== waiting) return;
      const { total, asked } = await answer.json();
      output.innerHTML = total;
      output.classList.remove("is-old");
      show(box, prefix, new Set(asked));
    }, PAUSE);
  });
}

function fieldsOf(box) {
  return [...box.querySelectorAll("input, select")]
    .filter((field) => field.type !== "radio" || field.checked)
    .map((field) => [field.name, field.value]);
}

// A question that does not concern this case any more steps aside; saving brings those it leads to.
function show(box, prefix, asked) {
  for (const field of box.querySelectorAll("[data-question]")) {
    field.hidden = !asked.has(field.dataset.question);
  }
}
