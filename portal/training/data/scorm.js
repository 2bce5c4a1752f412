// One page of a SCORM package: finds the API of the learning platform, marks the quiz, reports, and says the result.
// Works alone as well: without a platform the page still teaches and still marks.
"use strict";

const manifest = document.documentElement.dataset;

function found(name) {
  for (let frame = window, steps = 0; frame && steps < 20; steps += 1) {
    if (frame[name]) return frame[name];
    if (frame === frame.parent) { frame = frame.opener; } else { frame = frame.parent; }
  }
  return null;
}

function platform() {
  const newer = found("API_1484_11");
  if (newer) {
    return {
      open: () => newer.Initialize(""),
      set: (name, value) => newer.SetValue(name, String(value)),
      close: () => { newer.Commit(""); newer.Terminate(""); },
      names: { status: "cmi.completion_status", success: "cmi.success_status", score: "cmi.score.raw",
        least: "cmi.score.min", most: "cmi.score.max", scaled: "cmi.score.scaled" },
    };
  }
  const older = found("API");
  if (older) {
    return {
      open: () => older.LMSInitialize(""),
      set: (name, value) => older.LMSSetValue(name, String(value)),
      close: () => { older.LMSCommit(""); older.LMSFinish(""); },
      names: { status: "cmi.core.lesson_status", score: "cmi.core.score.raw", least: "cmi.core.score.min",
        most: "cmi.core.score.max" },
    };
  }
  return null;
}

const lms = platform();
if (lms) lms.open();
let isOpen = Boolean(lms);

function report(percent, hasPassed) {
  if (!isOpen) return;
  const { names } = lms;
  if (percent !== null) {
    lms.set(names.least, 0);
    lms.set(names.most, 100);
    lms.set(names.score, percent);
    if (names.scaled) lms.set(names.scaled, percent / 100);
  }
  if (names.success) {
    lms.set(names.status, "completed");
    if (percent !== null) lms.set(names.success, hasPassed ? "passed" : "failed");
  } else {
    lms.set(names.status, percent === null ? "completed" : hasPassed ? "passed" : "failed");
  }
}

function leave() {
  if (!isOpen) return;
  isOpen = false;
  lms.close();
}

// Each question carries its key: what is right, and how it is marked.
function credit(question) {
  const key = JSON.parse(question.dataset.key);
  const fields = [...question.querySelectorAll("input, select")];
  if (key.kind === "numeric") {
    const text = fields[0].value.normalize("NFKC").replaceAll(",", "").trim();
    const number = Number.parseFloat(text);
    const hit = key.answers.find((a) => Math.abs(number - a.value) <= a.tolerance * (1 + 1e-12));
    return hit ? hit.credit / 100 : 0;
  }
  if (key.kind === "matching") {
    const right = fields.filter((field, place) => field.value === key.matches[place]);
    return right.length / fields.length;
  }
  const taken = fields.map((field) => field.checked);
  if (key.kind === "all_or_nothing") return taken.every((is, n) => is === key.credits[n] > 0) ? 1 : 0;
  if (key.kind === "right_minus_wrong") {
    const right = key.credits.filter((c) => c > 0).length;
    const hits = taken.reduce((sum, is, n) => sum + (is ? (key.credits[n] > 0 ? 1 : -1) : 0), 0);
    return Math.max(0, hits / right);
  }
  const sum = taken.reduce((all, is, n) => all + (is ? key.credits[n] : 0), 0) / 100;
  return sum > 0.9999 ? 1 : Math.max(0, sum);
}

const quiz = document.querySelector("form");
if (quiz) {
  quiz.addEventListener("submit", (event) => {
    event.preventDefault();
    const questions = [...quiz.querySelectorAll("fieldset")];
    const earned = questions.map(credit);
    questions.forEach((question, n) => {
      question.querySelector("output").textContent = `${Math.round(earned[n] * 100)} %`;
    });
    const percent = Math.round((earned.reduce((a, b) => a + b, 0) / questions.length) * 100);
    const hasPassed = percent >= Number(manifest.pass);
    document.querySelector("#result").textContent = `${percent} %`;
    report(percent, hasPassed);
  });
} else {
  report(null, true);
}
addEventListener("pagehide", leave);
