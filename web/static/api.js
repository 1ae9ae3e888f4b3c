// Every request of the page goes through here: one place for the key and for what can go wrong.

const KEY = "lamplight-key";
const AGAIN = 1000; // milliseconds between two looks at a job, as its Retry-After says

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "Something went wrong");
    this.status = status;
    this.pointers = (body.errors || []).map((fault) => fault.pointer);
    this.requestId = body.request_id || "";
  }
}

export function key() {
  return sessionStorage.getItem(KEY) || "";
}

export function setKey(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

export async function samples() {
  return (await asJson(await send("/datasets"))).datasets;
}

export async function dataset(name) {
  return asJson(await send(`/datasets/${encodeURIComponent(name)}`));
}

// path: of the endpoint. question: {dataset | csv, query}, where csv is a string or a File. Returns the endpoint's answer.
export async function ask(path, question) {
  const address = addressOf(path, question);
  const body = { method: "POST", body: question.csv, headers: { "Content-Type": "text/csv" } };
  const response = await send(address, question.dataset ? {} : body);
  return response.status === 202 ? ofJob(await asJson(response)) : asJson(response);
}

// What takes long is done by a worker: look until it has ended.
async function ofJob(job) {
  while (!job.result) {
    if (job.reason && ["failed", "cancelled"].includes(job.state)) throw new Problem(job.reason.status, job.reason);
    if (job.state === "cancelled") throw new Problem(0, { detail: "The work was stopped before it had ended." });
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    job = await asJson(await send(job.url));
  }
  return asJson(await send(job.result));
}

export function addressOf(path, { dataset, query }) {
  return `${path}?${new URLSearchParams(dataset ? { dataset, ...query } : query)}`;
}

// The bytes of one form of a result, for a picture or a download that needs the key.
export async function blob(address) {
  return (await send(address)).blob();
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
