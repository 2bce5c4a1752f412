// The offline page: takes the files, shows what verify.js finds, in both languages at once.
const WORDS = {
  holds: ["核验通过", "It holds"],
  refused: ["不予认可", "Refused"],
  test: ["测试证书：没有实际付款。", "TEST certificate: no real payment was made."],
  number: ["证书编号", "Certificate"],
  amount: ["数量", "Amount"],
  issued: ["签发时间", "Issued"],
  holder: ["持有人", "Holder"],
  place: ["日志记录", "Record of the log"],
  key: ["签名密钥", "Signed by key"],
  witness: ["见证方会签", "Signed by a witness too"],
  unreadable: ["文件无法读取。", "A file cannot be read."],
  no_ed25519: [
    "这个浏览器还不能验证 Ed25519 签名，请更新浏览器，或使用 verify_certificate.py。",
    "This browser cannot check Ed25519 signatures yet. Use a newer one, or verify_certificate.py.",
  ],
};
const result = document.getElementById("result");
const keysField = document.getElementById("keys");
let files = new Map();

function make(tag, text, lang) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (lang) element.lang = lang;
  return element;
}
const inBoth = (tag, [zh, en]) => [make(tag, zh, "zh-CN"), make(tag, en, "en")];

// What a ZIP holds, by name: the central directory read from its end.
async function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw new Error("no ZIP");
  const found = [];
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count; count -= 1) {
    const [packed, size, name, extra, remark] = [20, 24, 28, 30, 32].map((place, n) =>
      n < 2 ? view.getUint32(at + place, true) : view.getUint16(at + place, true),
    );
    if (size > 20_000_000) throw new Error("too large");
    const title = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name));
    const head = view.getUint32(at + 42, true);
    const start = head + 30 + view.getUint16(head + 26, true) + view.getUint16(head + 28, true);
    const data = bytes.subarray(start, start + packed);
    const isPlain = view.getUint16(at + 10, true) === 0;
    const plain = isPlain ? data : await inflate(data);
    found.push([title, new Uint8Array(plain)]);
    at += 46 + name + extra + remark;
  }
  return found;
}

async function inflate(data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

function take(name, bytes) {
  const title = name.split("/").pop().toLowerCase();
  if (title.endsWith("-holder.json")) files.set("holder", bytes);
  else if (/-badge\.json$|credential\.json$/.test(title)) return; // signed credentials have checkers of their own
  else if (title.endsWith(".json")) files.set("certificate", bytes);
  else if (/\.(tlog-)?proof$/.test(title)) files.set("proof", bytes);
  else if (title.endsWith("keys.txt")) keysField.value = new TextDecoder().decode(bytes).trim();
}

async function choose(chosen) {
  files = new Map();
  try {
    for (const file of chosen) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (/\.zip$/i.test(file.name)) (await unzip(bytes)).forEach(([name, data]) => take(name, data));
      else take(file.name, bytes);
    }
  } catch {
    refuse(WORDS.unreadable, "");
    return;
  }
  await decide();
}

async function decide() {
  if (!files.size) return;
  try {
    if (!files.has("certificate")) throw new Refused("not_a_certificate");
    if (!files.has("proof")) throw new Refused("not_a_proof");
    const keys = await readKeys(keysField.value);
    const proof = new TextDecoder().decode(files.get("proof"));
    accept(await check(files.get("certificate"), proof, keys, files.get("holder") ?? null));
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    refuse(REASONS[fault.code] ?? WORDS[fault.code], fault.code, fault.where);
  }
}

function refuse(reason, code, where = "") {
  result.className = "refused";
  result.dataset.code = code;
  const title = make("h2", `✗ ${WORDS.refused.join(" · ")}`);
  result.replaceChildren(title, ...inBoth("p", reason), ...(where ? [make("p", where)] : []));
}

function accept({ facts, name, index, size, log, key, witnesses }) {
  result.className = "holds";
  result.dataset.code = "holds";
  const list = document.createElement("dl");
  const grams = facts.mass_g;
  const rows = [
    [WORDS.number, facts.number],
    ...(grams ? [[WORDS.amount, `${Math.floor(grams / 1000)}.${String(grams % 1000).padStart(3, "0")} kg CO₂e`]] : []),
    [WORDS.issued, facts.issued_at],
    ...(name ? [[WORDS.holder, name]] : []),
    [WORDS.place, `${log} · ${index} / ${size}`],
    [WORDS.key, key],
    ...witnesses.map((each) => [WORDS.witness, `${each.name} · ${each.at}`]),
  ];
  for (const [title, text] of rows) list.append(make("dt", title.join(" · ")), make("dd", text));
  const says = [["zh-CN", facts.says?.zh], ["en", facts.says?.en]].filter(([, text]) => text);
  const holder = { "zh-CN": name ?? "持有人", en: name ?? "the holder" };
  result.replaceChildren(
    make("h2", `✓ ${WORDS.holds.join(" · ")}`),
    ...(facts.test ? inBoth("p", WORDS.test) : []),
    ...says.map(([lang, text]) => make("p", text.replaceAll("{holder}", holder[lang]), lang)),
    list,
  );
}

document.getElementById("files").addEventListener("change", (event) => choose(event.target.files));
keysField.addEventListener("change", decide);
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files);
});
