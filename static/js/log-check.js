// Checks a record of the log, or a head that was kept, in the reader's own browser.
import { Refused, checkRecord, hex, leafHash, readKeys, unb64, verifyCheckpoint, verifyConsistency } from "../verify/verify.js";

const text = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(address);
  return answer.text();
};
const proofAt = async (address, asked) => JSON.parse(await text(`${address}?${new URLSearchParams(asked)}`)).proof.map(unb64);

function say(box, code) {
  for (const line of box.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== code;
}

// Runs a check and says how it ended; what has no words of its own here counts as `otherwise`.
async function decide(box, check, otherwise) {
  let code = "holds";
  try {
    await check();
  } catch (fault) {
    code = fault instanceof Refused ? fault.code : "unreachable";
    if (!box.querySelector(`[data-say="${code}"]`)) code = otherwise;
  }
  say(box, code);
}

async function checkEntry(box) {
  const body = new TextEncoder().encode(document.getElementById("record").textContent);
  const keys = await readKeys(document.getElementById("log-keys").textContent);
  const done = (step, detail) => {
    const place = box.querySelector(`[data-step="${step}"]`);
    place.classList.add("is-done");
    if (detail) place.append(document.createElement("br"), Object.assign(document.createElement("code"), { className: "hash", textContent: detail }));
  };
  const note = await text(box.dataset.checkpoint);
  const { size } = await verifyCheckpoint(note, keys);
  const path = await proofAt(box.dataset.proof, { idx: box.dataset.idx, size });
  const head = await checkRecord(body, Number(box.dataset.idx), path, note, keys);
  done("leaf", hex(await leafHash(body)));
  done("path", hex(head.root));
  done("signature", `${head.origin} · ${head.signer.id}`);
}

async function compareHead(box, kept) {
  const keys = await readKeys(await text(box.dataset.keys));
  const old = await verifyCheckpoint(kept, keys);
  const now = await verifyCheckpoint(await text(box.dataset.checkpoint), keys);
  const path = old.size && old.size < now.size ? await proofAt(box.dataset.proof, { from: old.size, to: now.size }) : [];
  const goesOn = old.size === 0 || (await verifyConsistency(old.size, now.size, old.root, now.root, path));
  if (!goesOn) throw new Refused("other_history");
}

for (const box of document.querySelectorAll("[data-log-check]")) {
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    await decide(box, () => checkEntry(box), "bad_signature");
  });
}

for (const box of document.querySelectorAll("[data-log-compare]")) {
  box.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const kept = box.querySelector("textarea").value.replaceAll("\r\n", "\n").trim() + "\n";
    await decide(box, () => compareHead(box, kept), "bad_signature");
  });
}
