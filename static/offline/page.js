// The offline page: evaluate() and relevant() are generated from the model and stand above this.
const facts = JSON.parse(document.getElementById("facts").textContent);
const page = document.getElementById("page");
const PLAIN = /^(\d{1,15}|\d{1,3}(,\d{3})+)(\.\d{1,9})?$/;
const texts = new Map(); // what was typed or chosen, by question
let lang = facts.lang;

const say = (both) => both[lang];
const word = (key) => facts.words[key][lang];
const figure = (kilograms) => new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en").format(kilograms);

function make(tag, settings = {}, ...children) {
  const { class: name, ...rest } = settings;
  const element = Object.assign(document.createElement(tag), rest);
  if (name) element.className = name;
  element.append(...children);
  return element;
}

// 12.5 per cent is 0.125, moved by two places as text, so that no digit is lost.
function hundredth(text) {
  const [whole, part = ""] = text.split(".");
  const digits = whole.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}${part}`.replace(/0+$/, "").replace(/\.$/, "").replace(/^0+(?=\d)/, "");
}

// The stored text of an answer, null without one; throws what is wrong with it.
function stored(question) {
  const text = (texts.get(question.key) ?? "").trim();
  if (!text) return null;
  if (question.options.length) return text;
  if (!PLAIN.test(text)) throw word("number");
  let plain = text.replaceAll(",", "").replace(/^0+(?=\d)/, "");
  if (plain.includes(".")) plain = plain.replace(/0+$/, "").replace(/\.$/, "");
  if (question.kind === "share") plain = hundredth(plain);
  const value = Number(plain);
  if (value < question.low || value > question.high) {
    const hundred = question.kind === "share" ? 100 : 1;
    throw word("between").replace("{low}", question.low * hundred).replace("{high}", question.high * hundred);
  }
  if (question.whole && !Number.isInteger(value)) throw word("whole");
  return plain;
}

function number(question, text) {
  if (text === null) return null;
  return question.options.length ? question.options.find(([key]) => key === text)[2] : Number(text);
}

// What holds, what is wrong, and which questions concern this person.
function read() {
  const given = {};
  const faults = new Map();
  for (const question of facts.questions) {
    try {
      const text = stored(question);
      if (text !== null) given[question.key] = text;
    } catch (fault) {
      faults.set(question.key, fault);
    }
  }
  for (const group of Object.keys(facts.groups)) {
    const members = facts.questions.filter((question) => question.group === group);
    const said = members.filter((question) => question.key in given);
    const sum = said.reduce((total, question) => total + Number(given[question.key]), 0);
    if (said.length && (said.length < members.length || Math.abs(sum - 1) > 1e-9)) {
      if (!members.some((question) => faults.has(question.key))) faults.set(members[0].key, word("shares"));
      for (const question of said) delete given[question.key];
    }
  }
  const answers = () => facts.questions.map((question) => number(question, given[question.key] ?? null));
  const concerns = relevant(answers());
  facts.questions.forEach((question, place) => {
    if (!concerns[place]) delete given[question.key];
    if (!concerns[place]) faults.delete(question.key);
  });
  return { given, faults, concerns, grams: evaluate(answers()) };
}

function update() {
  const { faults, concerns, grams } = read();
  const total = grams.reduce((sum, line) => sum + line, 0);
  const output = document.getElementById("total");
  output.textContent = figure(Math.floor(total / 1000));
  output.dataset.grams = total;
  facts.questions.forEach((question, place) => {
    const box = document.getElementById(`box-${question.key}`);
    if (!box) return;
    box.hidden = !concerns[place];
    const error = document.getElementById(`error-${question.key}`);
    error.textContent = faults.get(question.key) ?? "";
    error.hidden = !faults.has(question.key);
    box.querySelector("input[type=text]")?.setAttribute("aria-invalid", String(faults.has(question.key)));
  });
  for (const box of document.querySelectorAll("[data-group]")) {
    box.hidden = ![...box.querySelectorAll(".question")].some((member) => !member.hidden);
  }
  const parts = new Map();
  facts.rules.forEach(([category], place) => parts.set(category, (parts.get(category) ?? 0) + grams[place]));
  const rows = [...parts].filter(([, amount]) => amount).sort((one, two) => two[1] - one[1]);
  document.getElementById("parts").replaceChildren(
    ...rows.map(([category, amount]) =>
      make("tr", {}, make("th", { scope: "row", textContent: say(facts.categories[category]) }), make("td", { textContent: figure(Math.floor(amount / 1000)) })),
    ),
  );
}

function field(question) {
  const id = `q-${question.key}`;
  const error = make("p", { class: "error", id: `error-${question.key}`, hidden: true });
  const hint = make("p", { class: "hint", id: `hint-${question.key}`, textContent: say(question.hint) });
  if (question.options.length) {
    const choices = [...question.options.map(([key, title]) => [key, say(title)]), ["", say(question.unsure)]];
    const boxes = choices.map(([key, title], place) => {
      const input = make("input", { type: "radio", name: id, id: `${id}-${place}`, value: key, checked: (texts.get(question.key) ?? "") === key });
      return make("div", { class: "choice" }, input, make("label", { htmlFor: input.id, textContent: title }));
    });
    const set = make("fieldset", {}, make("legend", { textContent: say(question.ask) }), hint, error, ...boxes);
    return make("div", { class: "question", id: `box-${question.key}` }, set);
  }
  const input = make("input", { type: "text", id, name: id, inputMode: "decimal", autocomplete: "off", maxLength: 20, value: texts.get(question.key) ?? "" });
  input.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  const unit = question.kind === "share" ? "%" : say(question.unit);
  const label = make("label", { class: "label", htmlFor: id, textContent: say(question.ask) });
  return make("div", { class: "question", id: `box-${question.key}` }, label, hint, error, input, ` ${unit}`, make("p", { class: "small", textContent: say(question.unsure) }));
}

function sections() {
  const found = [];
  let section = null;
  let group = null;
  for (const question of facts.questions.filter((each) => each.asked)) {
    if (question.section !== section) {
      section = question.section;
      if (facts.categories[section]) found.push(make("h3", { textContent: say(facts.categories[section]) }));
    }
    if (!question.group) {
      group = null;
      found.push(field(question));
      continue;
    }
    if (!group || group.dataset.group !== question.group) {
      const words = facts.groups[question.group];
      group = make("fieldset", {}, make("legend", { textContent: say(words.ask) }), make("p", { class: "hint", textContent: say(words.hint) }));
      group.dataset.group = question.group;
      found.push(group);
    }
    group.append(field(question));
  }
  return found;
}

function save() {
  const { given, faults } = read();
  const status = document.getElementById("status");
  if (faults.size) {
    status.textContent = word("wrong");
    document.getElementById(`box-${[...faults.keys()][0]}`).querySelector("input").focus();
    return;
  }
  const file = {
    format: facts.format, model: facts.id, version: facts.version, digest: facts.digest, region: facts.region,
    year: "", audience: "", form: "full", saved_at: `${new Date().toISOString().slice(0, 19)}Z`, answers: given, own: {},
  };
  const link = make("a", { href: URL.createObjectURL(new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: "application/json" })), download: `${facts.id}-answers.json` });
  link.click();
  URL.revokeObjectURL(link.href);
  status.textContent = `${word("saved")} ${say(facts.site)}`;
}

function show() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = say(facts.title);
  const other = lang === "zh" ? "en" : "zh";
  const swap = make("button", { class: "plain", type: "button", id: "swap", textContent: { zh: "中文", en: "English" }[other], lang: other });
  swap.addEventListener("click", () => {
    lang = other;
    show();
    document.getElementById("swap").focus();
  });
  const button = make("button", { type: "button", id: "save", textContent: word("save") });
  button.addEventListener("click", save);
  const head = make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: word("part") }), make("th", { scope: "col", textContent: word("kg") })));
  page.replaceChildren(
    make("p", {}, swap),
    make("h1", { textContent: say(facts.title) }),
    make("p", { textContent: word("intro") }),
    make("p", { class: "small", textContent: `${word("place")}: ${say(facts.place)} · ${facts.id} ${facts.version}` }),
    make("p", { class: "total" }, `${word("total")} `, make("output", { id: "total" }), ` ${word("kg")}`),
    make("p", { class: "small", textContent: `${word("averages")} ${word("range")}` }),
    make("h2", { textContent: word("parts") }),
    make("table", {}, head, make("tbody", { id: "parts" })),
    make("h2", { textContent: word("answers") }),
    ...sections(),
    make("p", {}, button),
    make("p", { id: "status", role: "status" }),
    make("p", { class: "small", textContent: say(facts.boundary) }),
  );
  update();
}

page.addEventListener("input", (event) => {
  if (!event.target.name?.startsWith("q-")) return;
  texts.set(event.target.name.slice(2), event.target.value);
  update();
});
show();
