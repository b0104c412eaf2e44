// Sends a file of documents to Daybook, and fetches the month's journals as files.
//
//   DAYBOOK_URL=https://books.example.com DAYBOOK_KEY=daybook_YOUR_KEY \
//     node nightly.mjs invoices.jsonl exports/
//
// docs/nightly.md explains it. It needs Node 20 or later and no package. It may be killed
// at any point and run again: nothing is doubled. It exits with 0 if all is done, 1 if
// somebody has to look at it, 75 if it should run again, and 77 if its key isn't let in
// or may too little.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { getSystemErrorMap, parseArgs } from "node:util";
import { createGunzip } from "node:zlib";

const TO_LOOK_AT = 1;
const WRONG_ARGUMENTS = 2;
const TRY_AGAIN = 75;
const NOT_LET_IN = 77;
const NEEDED = ["READ", "RECORD", "EXPORT"];
// What makes a key that may all that is needed.
const KEY = `daybook key create nightly --may ${NEEDED.join(" --may ")}`;

// How long an export may take, from its request.
const EXPORT_MILLISECONDS = 3_600_000;
// How often an export is requested that fails.
const ATTEMPTS = 3;
// How many notices of a code are printed.
const SHOWN = 3;
// How old a half is that no run writes to any more.
const LEFTOVER_MILLISECONDS = 86_400_000;

const IMPORT = `
mutation ($input: ImportDocumentsInput!) {
  importDocuments(input: $input) {
    recorded { count }
    revised { count }
    voided { count }
    unchanged
    ledgers { id currency recording }
    notices { code message path line }
    noticeCount
    userErrors { code message path line }
    userErrorCount
  }
}`;
const LEDGERS = "{ ledgers { id currency recording } }";
const VIEWER = "{ viewer { permissions organisation { today } } }";
const JOB = "id status failure { message } file { url filename rows sha256 }";
const CREATE = `
mutation ($input: CreateExportInput!) {
  createExport(input: $input) { job { ${JOB} } userErrors { code message path } }
}`;
const LOOK = `query ($id: ID!) { exportJob(id: $id) { ${JOB} } }`;

/** What ended the run; the message is for people. */
class Failed extends Error {
  constructor(message, status = TO_LOOK_AT) {
    super(message);
    this.status = status;
  }
}

/** The server can't answer now; it may say after how many seconds it can. */
class TryAgain extends Failed {
  constructor(message, seconds) {
    super(message, TRY_AGAIN);
    this.seconds = seconds;
  }
}

/** A server and a key; requests are repeated while the server can't answer. */
class Daybook {
  constructor(url, key, patience) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.patience = patience;
  }

  /** The data of an operation, which must be one that may be repeated. */
  ask(query, variables) {
    return this.patiently(() => this.askOnce(query, variables));
  }

  /** The data of an operation; throws Failed for errors. */
  async askOnce(query, variables = {}) {
    const body = Buffer.from(JSON.stringify({ query, variables }));
    const { data, errors = [] } = await this.json("/graphql", "application/json", body);
    for (const { message, extensions } of errors) {
      const status = extensions?.code === "FORBIDDEN" ? NOT_LET_IN : TO_LOOK_AT;
      throw new Failed(`${extensions?.code}: ${message}`, status);
    }
    return data;
  }

  /** The JSON that a request is answered with. */
  async json(path, contentType, body, length = body.length) {
    const headers = { "Content-Type": contentType, "Content-Length": length };
    const text = await textOf(await this.open("POST", path, headers, body));
    try {
      return JSON.parse(text);
    } catch {
      throw new TryAgain(`${path}: the answer is no JSON: ${text.slice(0, 200)}`);
    }
  }

  /**
   * Send a request, and give its answer as a stream; throws Failed for any but 2xx.
   *
   * `fetch` would give up after five minutes, and imports may take longer.
   */
  async open(method, path, headers = {}, body = undefined) {
    const send = this.url.startsWith("https:") ? secure : plain;
    let sent;
    const answered = new Promise((resolve, reject) => {
      headers = { Authorization: `Bearer ${this.key}`, ...headers };
      sent = send(this.url + path, { method, headers }, resolve).on("error", reject);
    });
    let answer;
    try {
      if (body?.pipe) await Promise.race([pipeline(body, sent), answered]);
      else sent.end(body);
      answer = await answered;
    } catch (failed) {
      if (failed instanceof Failed) throw failed;
      throw new TryAgain(`${this.url} can't be reached: ${failed.message || failed.code}`);
    }
    if (answer.statusCode < 200 || answer.statusCode > 299) throw await refusal(answer, this.url + path);
    return answer;
  }

  /** Run an action, and again while the server can't answer, for some time. */
  async patiently(action) {
    const end = Date.now() + this.patience * 1000;
    for (let wait = 1; ; wait = Math.min(wait * 2, 60)) {
      try {
        return await action();
      } catch (failed) {
        const seconds = failed.seconds ?? wait;
        if (!(failed instanceof TryAgain) || Date.now() + seconds * 1000 > end) throw failed;
        console.error(`${failed.message}; again in ${seconds} s`);
        await sleep(seconds * 1000);
      }
    }
  }
}

/** What an answer with another status than 2xx means for the run. */
async function refusal(answer, address) {
  let text = "not an answer of Daybook; DAYBOOK_URL is the server's address, no more";
  try {
    text = JSON.parse(await textOf(answer)).errors[0].message;
  } catch {
    // Such as a page.
  }
  const message = `${address}: HTTP ${answer.statusCode}: ${text}`;
  if ([401, 403].includes(answer.statusCode)) return new Failed(message, NOT_LET_IN);
  if ([429, 500, 502, 503, 504].includes(answer.statusCode)) {
    const after = answer.headers["retry-after"] ?? "";
    return new TryAgain(message, /^\d+$/.test(after) ? Number(after) : undefined);
  }
  return new Failed(message);
}

async function textOf(answer) {
  const chunks = [];
  try {
    for await (const chunk of answer) chunks.push(chunk);
  } catch (failed) {
    throw new TryAgain(`the answer broke off: ${failed.message}`);
  }
  return Buffer.concat(chunks).toString();
}

/** That a file can't be read, and why. */
function unreadable(path, { code, errno, message }) {
  if (code === "ENOENT") return new Failed(`${path}: there is no such file`);
  if (code === "EISDIR") return new Failed(`${path} is a folder: name the file of documents in it`);
  const [, why] = getSystemErrorMap().get(errno) ?? [code, message];
  return new Failed(`${path} can't be read: ${why[0].toUpperCase()}${why.slice(1)}`);
}

/** What is in a file; that it can't be read is no fault of the connection. */
async function* piecesOf(documents) {
  try {
    for await (const piece of createReadStream(documents)) yield piece;
  } catch (failed) {
    throw unreadable(documents, failed);
  }
}

/** Throws Failed unless there is something to send. */
async function checkDocuments(documents, mayBeEmpty) {
  if ((await isEmpty(documents)) && !mayBeEmpty) {
    const wayOut = "if there was nothing to send, run with --allow-empty";
    throw new Failed(`${documents} is empty: ${wayOut}`);
  }
}

/**
 * Whether a file has 0 bytes, also inside of gzip: `export | gzip` that failed.
 *
 * Throws Failed for a file that can't be read.
 */
async function isEmpty(documents) {
  let magic;
  try {
    const file = await open(documents);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0).finally(() => file.close());
    magic = buffer.subarray(0, bytesRead).toString("hex");
  } catch (failed) {
    throw unreadable(documents, failed);
  }
  if (magic !== "1f8b") return magic === "";
  const inside = createGunzip();
  pipeline(createReadStream(documents), inside).catch(() => {}); // `inside` fails alike
  try {
    for await (const chunk of inside) if (chunk.length) return false;
    return true;
  } catch {
    return false; // the server says what is wrong with it
  }
}

/**
 * Import a file, and give the ledgers as they are then.
 *
 * If an answer is lost, nobody knows whether the upload was imported: the file is uploaded
 * again. Documents that are recorded already are unchanged then.
 */
async function push(daybook, documents) {
  const name = basename(documents);
  if (await isEmpty(documents)) {
    console.log(`${name} is empty`);
    return (await daybook.ask(LEDGERS)).ledgers;
  }
  const { size } = await stat(documents);
  const file = Readable.from(piecesOf(documents), { objectMode: false });
  const upload = await daybook.json("/uploads", "application/octet-stream", file, size);
  console.log(`uploaded ${name}: ${upload.bytes} bytes`);
  const input = { uploadId: upload.id };
  const { importDocuments: done } = await daybook.askOnce(IMPORT, { input });
  await show(documents, done);
  if (done.userErrors.length) {
    (await daybook.open("DELETE", `/uploads/${upload.id}`)).resume();
    throw new Failed(`nothing of ${name} was recorded; problems: ${done.userErrorCount}`);
  }
  const count = (kinds) => kinds.reduce((sum, kind) => sum + kind.count, 0);
  console.log(
    `imported: ${count(done.recorded)} recorded, ${count(done.revised)} revised,` +
      ` ${count(done.voided)} voided, ${done.unchanged} unchanged`,
  );
  return done.ledgers;
}

/** Print all problems, and of notices the first of each code and their number. */
async function show(documents, { notices, noticeCount, userErrors: problems }) {
  const name = basename(documents);
  const codes = new Map();
  for (const notice of notices) {
    codes.set(notice.code, [...(codes.get(notice.code) ?? []), notice]);
  }
  const shown = [...codes.values()].flatMap((found) => found.slice(0, SHOWN));
  const ids = await idsAt(documents, new Set([...problems, ...shown].map(({ line }) => line)));
  for (const [code, found] of codes) {
    for (const notice of found.slice(0, SHOWN)) {
      console.error(`notice: ${inALine(name, notice, ids)}`);
    }
    const more = found.length - SHOWN;
    if (more > 0) console.error(`notice: ${name}: ${more} more [${code}]`);
  }
  const more = noticeCount - notices.length;
  if (more) console.error(`notice: ${name}: ${more} more`);
  for (const problem of problems) console.error(inALine(name, problem, ids));
}

/** A problem or a notice with its line, its document, its path and its code. */
function inALine(name, { line, path, message, code }, ids) {
  const document = ids.has(line) ? `${ids.get(line)}: ` : "";
  const where = path.length ? `${path.join(".")}: ` : "";
  return `${name}${line ? `:${line}` : ""}: ${document}${where}${message} [${code}]`;
}

/** The ids of the documents at some lines of JSON Lines; of other files none. */
async function idsAt(documents, lines) {
  const ids = new Map();
  if (!lines.size) return ids;
  const file = await open(documents);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  await file.close();
  let input = createReadStream(documents);
  if (buffer.toString("hex") === "1f8b") input = input.pipe(createGunzip());
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (!lines.has(number)) continue;
    try {
      ids.set(number, JSON.parse(text).id ?? "");
    } catch {
      // Not JSON Lines.
    }
  }
  return ids;
}

/**
 * The file of a ledger's entries of some days, once it is ready.
 *
 * The key names all that the file depends on, the recording too. The same key gives the
 * same export, also one that failed or expired, so each attempt has its own.
 */
async function exported(daybook, { id, currency, recording }, first, last) {
  let job;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const input = {
      ledgerId: id,
      asOfRecording: recording,
      granularity: "MONTHLY",
      filter: { posted: { from: first, to: last } },
      idempotencyKey: `nightly ${currency} ${first} ${last} at ${recording} attempt ${attempt}`,
    };
    const { createExport: created } = await daybook.ask(CREATE, { input });
    for (const { code, message } of created.userErrors) {
      throw new Failed(`${currency}: ${code}: ${message}`);
    }
    console.log(`${currency}: requested ${first} to ${last} at recording ${recording}`);
    job = await ended(daybook, created.job);
    if (job.status === "READY") {
      console.log(`${currency}: rendered ${job.file.rows} rows`);
      return job.file;
    }
  }
  throw new Failed(`${currency}: the export failed: ${job.failure?.message ?? job.status}`);
}

/** An export that has ended; it is asked for less and less often. */
async function ended(daybook, job) {
  const end = Date.now() + EXPORT_MILLISECONDS;
  for (let wait = 200; ["QUEUED", "RUNNING"].includes(job.status); wait = Math.min(wait * 1.5, 30_000)) {
    if (Date.now() > end) {
      throw new TryAgain(`the export is still ${job.status}: is a worker running?`);
    }
    await sleep(wait);
    ({ exportJob: job } = await daybook.ask(LOOK, { id: job.id }));
  }
  return job;
}

/** Write the file; it gets its name when it is whole, and not before. */
async function download(daybook, file, folder) {
  const name = basename(file.filename);
  const target = join(folder, name);
  if ((await sha256Of(target)) === file.sha256) {
    console.log(`${target} is there already`);
    return;
  }
  const part = join(folder, `.${name}.${randomBytes(8).toString("hex")}.part`);
  try {
    await fetchInto(daybook, file.url, part);
    if ((await sha256Of(part)) !== file.sha256) {
      throw new TryAgain(`${file.url} arrived otherwise than it was exported`);
    }
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
  console.log(`wrote ${target}`);
}

/** Write what is at an address to a new file. */
async function fetchInto(daybook, url, part) {
  const answer = await daybook.open("GET", url);
  const written = await open(part, "wx");
  try {
    for await (const chunk of answer) await written.writeFile(chunk);
    await written.sync();
  } catch (failed) {
    if (failed.syscall === "write") throw failed;
    throw new TryAgain(`${url} broke off: ${failed.message}`);
  } finally {
    await written.close();
  }
}

/** Remove the halves that killed runs left behind. */
async function removeLeftovers(folder) {
  const before = Date.now() - LEFTOVER_MILLISECONDS;
  for (const name of await readdir(folder)) {
    if (!/^[.]journals-.*[.]part$/.test(name)) continue;
    const part = join(folder, name);
    try {
      if ((await stat(part)).mtimeMs < before) await rm(part);
    } catch (failed) {
      if (failed.code !== "ENOENT") throw failed; // another run removed it
    }
  }
}

/** The SHA-256 of a file; undefined where there is none. */
async function sha256Of(path) {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (failed) {
    if (failed.code === "ENOENT") return undefined;
    throw failed;
  }
  return hash.digest("hex");
}

/** Push, then export and download each ledger's month up to yesterday. */
async function run(daybook, documents, folder) {
  try {
    await mkdir(folder, { recursive: true });
  } catch (failed) {
    if (failed.code === "EEXIST") throw new Failed(`${folder} is a file: name a folder`);
    throw failed;
  }
  await removeLeftovers(folder);
  const { viewer } = await daybook.ask(VIEWER);
  const lacking = NEEDED.filter((what) => !viewer.permissions.includes(what));
  if (lacking.length) {
    throw new Failed(`the key lacks ${lacking.join(" and ")}: make another one (${KEY})`, NOT_LET_IN);
  }
  const yesterday = new Date(Date.parse(viewer.organisation.today) - 86_400_000);
  const last = yesterday.toISOString().slice(0, 10);
  const first = `${last.slice(0, 7)}-01`;
  const ledgers = await daybook.patiently(() => push(daybook, documents));
  for (const ledger of ledgers) {
    const file = await exported(daybook, ledger, first, last);
    await daybook.patiently(() => download(daybook, file, folder));
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "allow-empty": { type: "boolean", default: false },
      patience: { type: "string", default: "900" },
    },
  });
  const [documents, folder] = positionals;
  const { DAYBOOK_URL: url = "http://127.0.0.1:8000", DAYBOOK_KEY: key } = process.env;
  if (!folder || positionals.length > 2) {
    const usage = "node nightly.mjs DOCUMENTS FOLDER [--allow-empty] [--patience SECONDS]";
    throw new Failed(`usage: ${usage}`, WRONG_ARGUMENTS);
  }
  if (!/^https?:[/][/]/.test(url) || !URL.canParse(url)) {
    throw new Failed(`DAYBOOK_URL is no address such as https://host: '${url}'`, WRONG_ARGUMENTS);
  }
  if (!key) {
    throw new Failed(`set DAYBOOK_KEY to a key (${KEY})`, WRONG_ARGUMENTS);
  }
  await checkDocuments(documents, values["allow-empty"]);
  await run(new Daybook(url, key, Number(values.patience)), documents, folder);
}

try {
  await main();
} catch (failed) {
  console.error(failed.message);
  process.exitCode = failed.status ?? TO_LOOK_AT;
}
