// Every request of the page goes through here: one place for the key and for what can go wrong.

const KEY = "lamplight-key";
const SOON = "wait=1"; // seconds that a request waits for a worker: then the page looks itself, and can say how far it is
const AGAIN = 1000; // milliseconds between two looks at a job, as its Retry-After says

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "Something went wrong");
    this.status = status;
    this.pointers = (body.errors || []).map((fault) => fault.pointer);
    this.requestId = body.request_id || "";
  }
}

let held = null; // the key, as long as this page is open

export function key() {
  return held ?? sessionStorage.getItem(KEY) ?? "";
}

// keep: also for a reload of the page, until the tab is closed. No key: "".
export function setKey(text, keep) {
  held = text;
  if (text && keep) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

export function keyIsKept() {
  return sessionStorage.getItem(KEY) !== null;
}

export async function samples() {
  return (await get("/datasets")).datasets;
}

export async function dataset(name) {
  return get(`/datasets/${encodeURIComponent(name)}`);
}

export async function get(address) {
  return asJson(await send(address));
}

// body: CSV as a string or a File, or what becomes JSON.
export async function put(address, body) {
  return asJson(await send(address, written("PUT", body)));
}

export async function post(address, body, headers = {}) {
  return asJson(await send(address, written("POST", body, headers)));
}

export async function remove(address) {
  await send(address, { method: "DELETE" });
}

// A page of a dataset's rows: so many, after so many.
export async function rows(name, after, count) {
  return (await asJson(await send(`/datasets/${encodeURIComponent(name)}?${new URLSearchParams({ after, rows: count })}`))).page;
}

// path: of the endpoint. question: {dataset | csv, query}, where csv is a string or a File. Returns the endpoint's answer.
// tell: is called with the job at each look, when a worker does what was asked for.
export async function ask(path, question, tell) {
  const address = addressOf(path, question);
  const body = { method: "POST", body: question.csv, headers: { "Content-Type": "text/csv", Prefer: SOON } };
  const response = await send(address, question.dataset ? { headers: { Prefer: SOON } } : body);
  if (response.status !== 202) return asJson(response);
  return get((await ended(await asJson(response), tell)).result);
}

// What takes long is done by a worker: look until it has ended, and tell of each look. Raises why a job failed.
export async function ended(job, tell = () => {}) {
  while (!job.result) {
    tell(job);
    if (job.reason && ["failed", "cancelled"].includes(job.state)) throw new Problem(job.reason.status, job.reason);
    if (job.state === "cancelled") throw new Problem(0, { detail: "The work was stopped before it had ended." });
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    job = await get(job.url);
  }
  return job;
}

export function addressOf(path, { dataset, query }) {
  return `${path}?${new URLSearchParams(dataset ? { dataset, ...query } : query)}`;
}

// The bytes of one form of a result, for a picture or a download that needs the key.
export async function blob(address) {
  return (await send(address)).blob();
}

function written(method, body, headers = {}) {
  if (body === undefined) return { method, headers };
  const csv = typeof body === "string" || body instanceof Blob;
  return { method, body: csv ? body : JSON.stringify(body), headers: { "Content-Type": csv ? "text/csv" : "application/json", ...headers } };
}

async function send(address, options = {}) {
  const headers = { Accept: "application/json, */*;q=0.5", ...options.headers };
  if (key()) headers.Authorization = `Bearer ${key()}`;
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch {
    throw new Problem(0, { detail: "The server could not be reached. Is it running, and is this machine online?" });
  }
  if (!response.ok) throw new Problem(response.status, await problemOf(response));
  return response;
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { title: `Status ${response.status}`, detail: `The server answered ${response.status} without saying why.` };
  }
}

async function asJson(response) {
  return response.json();
}
