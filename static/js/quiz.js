// Each answer is sent as soon as it changes, with the edition it was made from. Where there is no connection it
// waits on this device and is sent again; it is forgotten here only when the server has said that it is kept.
const form = document.querySelector("form.quiz");
const LONGEST_WAIT = 30000;

class Question {
  constructor(box) {
    this.box = box;
    this.number = box.dataset.question;
    this.state = box.querySelector("[data-state]");
    this.isSaved = Boolean(this.state.textContent.trim());
    this.edition = form.elements[`e${this.number}`];
    this.key = `quiz:${form.dataset.attempt}:${this.number}`;
    this.wait = 1000;
    this.isSending = this.isChanged = false;
    box.querySelector(".question-save button").hidden = true; // nothing to press: it happens by itself
    box.addEventListener("change", () => this.changed());
    box.addEventListener("input", () => this.later(900));
    this.restore();
  }

  get fields() {
    const mine = new RegExp(`^q${this.number}(-|$)`);
    return [...new FormData(form)].filter(([name]) => mine.test(name));
  }

  later(time) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed(), time);
  }

  changed() {
    clearTimeout(this.timer);
    const held = JSON.stringify(this.fields);
    if (held === this.sent) return;
    this.sent = held;
    keep(this.key, JSON.stringify({ edition: this.edition.value, fields: this.fields }));
    this.isChanged = true;
    this.send();
  }

  async send() {
    if (this.isSending || !this.isChanged) return;
    this.isSending = true;
    this.isChanged = false;
    this.say(form.dataset.saving);
    try {
      const body = new URLSearchParams([
        ["csrf_token", form.elements.csrf_token.value], [`e${this.number}`, this.edition.value], ...this.fields,
      ]);
      const answer = await fetch(this.box.dataset.save, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
      this.heard(answer.ok, await answer.json());
    } catch {
      this.isChanged = true;
      this.say(form.dataset.waiting);
      setTimeout(() => this.send(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    } finally {
      this.isSending = false;
    }
    if (this.isChanged && this.wait === 1000) this.send();
  }

  heard(isKept, said) {
    this.wait = 1000;
    if (said.edition !== undefined) this.edition.value = said.edition;
    if (isKept && said.kept) {
      keep(this.key, null);
      this.say(form.dataset.saved);
      this.isSaved = true;
      count();
    } else if (isKept) {
      this.isChanged = true; // another device was faster: what is typed here and now is newer
    } else {
      this.say(said.error || form.dataset.waiting);
    }
  }

  // What was typed here before the page was left, unless the server has something newer.
  restore() {
    const held = JSON.parse(kept(this.key) || "null");
    if (!held) return;
    if (held.edition !== this.edition.value) return keep(this.key, null);
    const values = new Map();
    for (const [name, value] of held.fields) values.set(name, [...(values.get(name) || []), value]);
    for (const field of this.box.querySelectorAll("input, select, textarea")) {
      const given = values.get(field.name) || [];
      if (field.type === "hidden") continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
      else field.value = given[0] || "";
    }
    this.changed();
  }

  say(text) {
    this.state.textContent = text;
  }
}

function keep(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // storage is full or switched off: the answer is still on the page and still sent
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

// Where all questions are on the page, the bar above them follows.
function count() {
  const bar = document.querySelector("main progress");
  if (!form.dataset.progress || !bar) return;
  bar.value = questions.filter((question) => question.isSaved).length;
  bar.previousElementSibling.textContent = form.dataset.progress.replace("{number}", bar.value);
}

let questions = [];
if (form) {
  questions = [...form.querySelectorAll("[data-save]")].map((box) => new Question(box));
  addEventListener("online", () => questions.forEach((question) => question.send()));
}
