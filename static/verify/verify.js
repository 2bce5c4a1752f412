// Checks a certificate, or one record of the log, with nothing but the browser's own cryptography (WebCrypto).
// The same checks, in the same order and with the same words, as verify_certificate.py.
// Formats: RFC 6962 and 9162 (tree), C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof, RFC 8785 (text).

export const REASONS = {
  not_a_certificate: [
    "这不是证书文本文件（JSON）。",
    "This is not the text of a certificate (a JSON file).",
  ],
  rewritten: [
    "证书文本不是规范写法：它被重新排版或改写过，请使用下载时的原文件。",
    "The certificate's text is not in canonical form: it was rewritten or laid out anew. Use the original file.",
  ],
  not_a_proof: [
    "这不是日志证明文件，或文件已损坏。",
    "This is not a proof from a log, or it is damaged.",
  ],
  no_record: [
    "证明文件中没有日志记录，请从平台重新下载。",
    "The proof does not bring the log's record along. Download it from the portal again.",
  ],
  bad_key: [
    "公钥写法不正确，或其编号与密钥不符。",
    "A public key is not written as it must be, or its id does not fit the key.",
  ],
  no_key: [
    "没有给出日志的公钥。",
    "No public key of the log was given.",
  ],
  not_a_checkpoint: [
    "证明中的检查点写法不正确。",
    "The checkpoint is not written as it must be.",
  ],
  other_log: [
    "检查点属于另一个日志，不是所信任密钥的日志。",
    "The checkpoint is of another log than the trusted key's.",
  ],
  unknown_signer: [
    "检查点不是由所信任的密钥签名的。",
    "No key that is trusted has signed the checkpoint.",
  ],
  bad_signature: [
    "检查点的签名无效：日志的大小或根哈希被改过，或签名是伪造的。",
    "The checkpoint's signature is wrong: the log's size or root was changed, or the signature is forged.",
  ],
  bad_witness: [
    "见证方的会签无效：检查点被改过，或会签是伪造的。",
    "A witness's signature is wrong: the checkpoint was changed, or the signature is forged.",
  ],
  retired_key: [
    "检查点由一把已停用的密钥签名，而且晚于其停用。",
    "The checkpoint was signed by a key that had been taken out of use before.",
  ],
  not_in_log: [
    "这条记录不在已签名的日志里：记录、序号或证明路径被改过。",
    "The record is not in the signed log: the record, its place or the path was changed.",
  ],
  other_record: [
    "日志中的这条记录不是签发证书的记录。",
    "This record of the log is not the issue of a certificate.",
  ],
  other_certificate: [
    "证明属于另一张证书（编号不同）。",
    "The proof is of another certificate (another number).",
  ],
  altered: [
    "证书文本被改过：它的 SHA-256 与日志中的记录不同。",
    "The certificate's text was changed: its SHA-256 is not the one in the log.",
  ],
  facts_differ: [
    "证书与日志记录不一致（类型、数量、注销记录或测试标记）。",
    "Certificate and record differ (type, amount, retirement or test mark).",
  ],
  sums_differ: [
    "序列号区间相加不等于证书数量，或区间有重叠。",
    "The serial ranges do not add up to the certificate's amount, or they overlap.",
  ],
  other_holder: [
    "持有人姓名与证书中的承诺值不符。",
    "The holder's name does not open the certificate's commitment.",
  ],
  withdrawn: [
    "这张证书后来被撤销或更换，日志中有记录。",
    "This certificate was withdrawn or replaced later, as the log records.",
  ],
  other_history: [
    "导出的日志与已签名的检查点不符：有记录被改动、增删或调换。",
    "The exported log is not the one that was signed: a record was changed, added, removed or moved.",
  ],
};

// What was handed in is refused; `code` is a key of REASONS, or "no_ed25519" when this browser cannot check.
export class Refused extends Error {
  constructor(code, where = "") {
    super(code);
    this.code = code;
    this.where = where;
  }
}

const utf8 = new TextEncoder();
const concat = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const same = (a, b) => a.length === b.length && a.every((byte, n) => byte === b[n]);
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

// Standard base64 in its one canonical spelling; null otherwise.
export function unb64(text) {
  try {
    const raw = atob(text);
    return btoa(raw) === text ? Uint8Array.from(raw, (character) => character.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

// ── the tree ──

export const leafHash = (body) => sha256(concat(Uint8Array.of(0), body));
const nodeHash = (left, right) => sha256(concat(Uint8Array.of(1), left, right));
const areHashes = (hashes) => hashes.every((digest) => digest.length === 32);
// Places are whole numbers up to 2^53, so they are halved by division: shifts would cut them at 32 bits.
const half = (place) => Math.floor(place / 2);
const isOdd = (place) => place % 2 === 1;

// RFC 9162, 2.1.3.2: whether `leaf` is at `index` of the tree with this size and root.
export async function verifyInclusion(index, size, leaf, path, root) {
  if (!(index >= 0 && index < size) || !areHashes([leaf, root, ...path])) return false;
  let [here, last, digest] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(here) || here === last) {
      digest = await nodeHash(sibling, digest);
      while (!isOdd(here) && here) [here, last] = [half(here), half(last)];
    } else digest = await nodeHash(digest, sibling);
    [here, last] = [half(here), half(last)];
  }
  return last === 0 && same(digest, root);
}

// RFC 9162, 2.1.4.2: whether the tree (size, root) begins with the tree (oldSize, oldRoot).
export async function verifyConsistency(oldSize, size, oldRoot, root, path) {
  if (oldSize === size && size > 0) return path.length === 0 && same(oldRoot, root);
  if (!(oldSize > 0 && oldSize < size) || !areHashes([oldRoot, root, ...path])) return false;
  const isPower = Number.isInteger(Math.log2(oldSize));
  const [first, ...rest] = isPower ? [oldRoot, ...path] : path;
  if (!first) return false;
  let [here, last] = [oldSize - 1, size - 1];
  while (isOdd(here)) [here, last] = [half(here), half(last)];
  let [before, after] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(here) || here === last) {
      [before, after] = [await nodeHash(sibling, before), await nodeHash(sibling, after)];
      while (!isOdd(here) && here) [here, last] = [half(here), half(last)];
    } else after = await nodeHash(after, sibling);
    [here, last] = [half(here), half(last)];
  }
  return last === 0 && same(before, oldRoot) && same(after, root);
}

// ── keys, signed notes, checkpoints, proofs ──

const NAME = /^[^\s+]+$/;
const NUMBER = /^(0|[1-9][0-9]{0,15})$/;

// A public key: `name+id+base64`, followed by `until SIZE` once it is retired. After `witness` it is the key of
// somebody else, who signs the log's checkpoints with the time.
async function readKey(line) {
  const isWitness = line.startsWith("witness ");
  const [text, until] = line.replace(/^witness /, "").trim().split(" until ");
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const data = found && unb64(found[3]);
  if (!data || data.length !== 33 || data[0] !== (isWitness ? 4 : 1)) throw new Refused("bad_key", text.slice(0, 80));
  const id = hex((await sha256(concat(utf8.encode(found[1] + "\n"), data))).slice(0, 4));
  if (id !== found[2] || (until !== undefined && !NUMBER.test(until))) throw new Refused("bad_key", text.slice(0, 80));
  return { name: found[1], id, isWitness, raw: data.slice(1), until: until === undefined ? Infinity : Number(until) };
}

// Every key in a list, of the log and of witnesses; empty lines and remarks are passed over.
export async function readKeys(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const keys = await Promise.all(lines.filter((line) => line && !line.startsWith("#")).map(readKey));
  if (keys.every((key) => key.isWitness)) throw new Refused("no_key");
  return keys;
}

async function isSigned(key, text, signature) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  } catch (fault) {
    if (fault.name === "NotSupportedError") throw new Refused("no_ed25519");
    return false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, utf8.encode(text));
}

function readNote(note) {
  const blank = note.lastIndexOf("\n\n");
  const lines = note.slice(blank + 2).split("\n");
  // eslint-disable-next-line no-control-regex
  if (blank < 0 || lines.pop() !== "" || !lines.length || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    throw new Refused("not_a_checkpoint");
  }
  const signatures = lines.map((line) => {
    const parts = line.split(" ");
    const raw = unb64(parts.at(-1));
    if (parts.length !== 3 || parts[0] !== "—" || !raw || raw.length < 5) throw new Refused("not_a_checkpoint");
    return { name: parts[1], id: hex(raw.slice(0, 4)), signature: raw.slice(4) };
  });
  return { text: note.slice(0, blank + 1), signatures };
}

// The checkpoint in `note`, signed by one of `keys` in its own log's name.
export async function verifyCheckpoint(note, keys) {
  const { text, signatures } = readNote(note);
  const [origin, count, rootText, ...rest] = text.split("\n");
  const root = rest.length ? unb64(rootText) : null;
  if (!root || root.length !== 32 || !NAME.test(origin) || !NUMBER.test(count)) throw new Refused("not_a_checkpoint");
  const size = Number(count);
  const own = keys.filter((key) => key.name === origin && !key.isWitness);
  if (!own.length) throw new Refused("other_log", origin);
  const by = (signers) =>
    signatures.flatMap(({ name, id, signature }) =>
      signers.filter((key) => key.name === name && key.id === id).map((key) => ({ key, signature })),
    );
  const found = by(own);
  if (!found.length) throw new Refused("unknown_signer");
  for (const { key, signature } of found) {
    if (!(await isSigned(key, text, signature))) throw new Refused("bad_signature");
  }
  const signer = found.map(({ key }) => key).find((key) => size <= key.until);
  if (!signer) throw new Refused("retired_key");
  const witnesses = [];
  for (const { key, signature } of by(keys.filter((each) => each.isWitness))) {
    witnesses.push({ name: key.name, at: await cosignedAt(text, key, signature) });
  }
  return { origin, size, root, signer, witnesses };
}

const LATEST = 253402300799n; // the last second that has a date

// C2SP tlog-cosignature: when the witness signed the checkpoint, as it says itself.
async function cosignedAt(text, witness, signature) {
  const seconds = BigInt(`0x0${hex(signature.slice(0, 8))}`);
  const message = `cosignature/v1\ntime ${seconds}\n${text}`;
  if (seconds > LATEST || !(await isSigned(witness, message, signature.slice(8)))) {
    throw new Refused("bad_witness", witness.name);
  }
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

// Index, path, checkpoint note and record of a tlog-proof whose extra data is the record.
export function readProof(text) {
  const blank = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(blank, 0)).split("\n");
  if (blank < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Refused("not_a_proof");
  const record = lines[0]?.startsWith("extra ") ? unb64(lines.shift().slice(6)) : new Uint8Array();
  const index = /^index (.+)$/.exec(lines.shift() ?? "")?.[1] ?? "";
  const path = lines.map(unb64);
  if (!record || !NUMBER.test(index) || path.length > 63) throw new Refused("not_a_proof");
  if (path.some((digest) => !digest || digest.length !== 32)) throw new Refused("not_a_proof");
  if (!record.length) throw new Refused("no_record");
  return { index: Number(index), path, note: text.slice(blank + 2), record };
}

// ── the certificate ──

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const pairs = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${pairs.join(",")}}`;
  }
  if (typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value)) return JSON.stringify(value);
  throw new Refused("rewritten");
}

const exactly = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

// The certificate's facts, from bytes that are exactly its canonical text.
function readCertificate(bytes) {
  let facts, text;
  try {
    text = exactly(bytes);
    facts = JSON.parse(text);
  } catch {
    throw new Refused("not_a_certificate");
  }
  if (typeof facts?.number !== "string") throw new Refused("not_a_certificate");
  if (canonical(facts) !== text) throw new Refused("rewritten");
  return facts;
}

// Whether the ranges are the amount: whole grams, none twice. Of retired credits (C3) and expected ones (C2)
// exactly; of an event (C4) they are at least its emissions. Certificates of other types state no amount.
function addsUp(facts) {
  try {
    if (facts.type === "C3") {
      const effects = Object.values(facts.effects_g).reduce((sum, part) => sum + part, 0);
      return statedGrams(facts.ranges) === facts.mass_g && facts.mass_g === effects;
    }
    if (facts.type === "C2") return statedGrams(facts.ranges) === facts.expected_g;
    if (facts.type === "C4") {
      return facts.gross_g > 0 && statedGrams(facts.retirements.flatMap((each) => each.ranges)) >= facts.gross_g;
    }
    return facts.mass_g === undefined;
  } catch {
    return false;
  }
}

// The sum of ranges that are real and apart from one another; -1 when they are not.
function statedGrams(parts) {
  const ranges = parts.map((part) => [part.serial, part.first_g, part.last_g]);
  ranges.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
  const real = ranges.every(([, first, last]) => first >= 1 && first <= last);
  const apart = ranges.every(([serial, first], n) => !n || ranges[n - 1][0] !== serial || ranges[n - 1][2] < first);
  return real && apart ? ranges.reduce((sum, [, first, last]) => sum + last - first + 1, 0) : -1;
}

// The holder's name, when name, organisation and salt give the certificate's commitment.
async function opened(facts, bytes) {
  let name, salt, commitment;
  try {
    const told = JSON.parse(exactly(bytes));
    name = told.name.normalize("NFC");
    salt = unhex(told.salt);
    commitment = hex(await sha256(concat(salt, utf8.encode(name), utf8.encode(told.organisation ?? ""))));
  } catch {
    throw new Refused("other_holder");
  }
  if (salt.length !== 32 || commitment !== facts.holder) throw new Refused("other_holder", name);
  return name;
}

// That a record stands in the signed log; its checkpoint.
export async function checkRecord(body, index, path, note, keys) {
  const checkpoint = await verifyCheckpoint(note, keys);
  if (!(await verifyInclusion(index, checkpoint.size, await leafHash(body), path, checkpoint.root))) {
    throw new Refused("not_in_log");
  }
  return checkpoint;
}

// Everything about one certificate; what was found. `certificate` and `holder` are bytes.
export async function check(certificate, proof, keys, holder = null) {
  const facts = readCertificate(certificate);
  const { index, path, note, record: body } = readProof(proof);
  const checkpoint = await checkRecord(body, index, path, note, keys);
  let record;
  try {
    record = JSON.parse(exactly(body));
  } catch {
    throw new Refused("other_record");
  }
  if (record?.kind !== "certificate.issued") throw new Refused("other_record");
  if (record.number !== facts.number) throw new Refused("other_certificate", String(record.number));
  if (record.payload_sha256 !== hex(await sha256(certificate))) throw new Refused("altered");
  const pairs = [["type", "type"], ["grams", "mass_g"], ["retirement", "retirement"], ["subject", "subject"], ["test", "test"]];
  if (pairs.some(([theirs, ours]) => record[theirs] !== facts[ours])) throw new Refused("facts_differ");
  if (!addsUp(facts)) throw new Refused("sums_differ");
  const name = holder ? await opened(facts, holder) : null;
  const { origin: log, size, signer, witnesses } = checkpoint;
  return { facts, name, index, size, log, key: signer.id, witnesses };
}

// The public vectors of transparency-dev/merkle: how many are answered as they say.
export async function checkVectors(vectors) {
  const hashes = (texts) => (texts ?? []).map(unb64);
  let right = 0;
  for (const v of vectors.inclusion) {
    const [leaf, root] = hashes([v.leafHash, v.root]);
    right += (await verifyInclusion(v.leafIdx, v.treeSize, leaf, hashes(v.proof), root)) !== v.wantErr;
  }
  for (const v of vectors.consistency) {
    const [old, root] = hashes([v.root1, v.root2]);
    right += (await verifyConsistency(v.size1, v.size2, old, root, hashes(v.proof))) !== v.wantErr;
  }
  return right;
}
