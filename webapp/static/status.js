// The status page, kept up to date without a reload: follows the stream of events, or, where that is refused or keeps
// breaking, asks the API as often as its Retry-After says; never both. The words came with the page. Without this file
// the page reloads itself.
"use strict";

const SHORTEST_S = 1;
const AFTER_A_FAILURE_S = 5;
const TOLD_AFTER = 2; // a server that restarts breaks every stream once, and is back before anybody needs to know
const BREAKS = 4; // in a row; then the stream is given up
const SETTLE_MS = 50; // what comes together is shown together: nobody has to hear again what the page said already

const steps = document.getElementById("steps");
const summary = document.getElementById("summary");
const news = document.getElementById("news");
const trouble = document.getElementById("trouble");
const summaries = JSON.parse(summary.dataset.words);
const phrases = JSON.parse(steps.dataset.phrases || "{}");

let timer; // of the next question, where the page asks
let source; // where it listens
let clock; // counts down to the next try
let settling;
let lastId = "";
let breaks = 0;
let listens = Boolean(steps.dataset.events && window.EventSource);
let over = !steps.dataset.askIn;

const heard = { jobs: new Map(), status: undefined };
const nextTry = new Map(); // by job, as performance.now() will say it: this computer's clock may be wrong by hours

function phrase(name, values) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), phrases[name] || "");
}

// As webapp/pages/wording.py says it; seconds rounded down, because what is still to come is never promised too early.
function inWords(seconds) {
  if (seconds < 1) return phrase("any_moment", {});
  if (seconds < 60) return phrase("in_seconds", { n: Math.floor(seconds) });
  if (seconds < 3600) return phrase("in_minutes", { n: Math.round(seconds / 60) });
  if (seconds < 172800) return phrase("in_hours", { n: Math.round(seconds / 3600) });
  return phrase("in_days", { n: Math.round(seconds / 86400) });
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function lineOf(id) {
  return steps.querySelector(`[data-job="${id}"]`);
}

// Once a second, so that "in 40 s" does not stand there for forty seconds. Nothing of it is read out.
function countDown() {
  for (const [id, moment] of nextTry) {
    const when = inWords((moment - performance.now()) / 1000);
    put(lineOf(id).querySelector(".next"), when && phrase("next_try", { when }));
  }
  clearTimeout(clock);
  clock = nextTry.size ? setTimeout(countDown, 1000) : undefined;
}

// Returns a sentence where the job has moved, so that a screen reader says that and not every passing second.
function show(job) {
  const line = lineOf(job.id);
  const word = JSON.parse(line.dataset.words)[job.state];
  const moved = line.querySelector(".word").textContent !== word;
  line.dataset.state = job.state;
  put(line.querySelector(".word"), word);
  if (job.state === "retrying" && job.due_in !== null) {
    nextTry.set(job.id, performance.now() + 1000 * job.due_in);
  } else {
    nextTry.delete(job.id);
    put(line.querySelector(".next"), "");
  }
  return moved ? `${line.querySelector(".title").textContent}: ${word}.` : "";
}

function showAll(jobs, status) {
  // More is owed than when the page was made: somebody has confirmed. The page has no line for it, nor the right heading.
  if (jobs.some((job) => !lineOf(job.id))) return location.reload();
  const moved = jobs.map(show).filter(Boolean);
  const sentence = summaries[status];
  if (sentence && summary.textContent !== sentence) {
    summary.textContent = sentence;
    moved.push(sentence);
  }
  if (moved.length) news.textContent = moved.join(" ");
  countDown();
}

// ---- listening

function settle() {
  settling = undefined;
  const jobs = [...heard.jobs.values()];
  heard.jobs.clear();
  showAll(jobs, heard.status);
}

function hear(event) {
  const data = JSON.parse(event.data);
  lastId = event.lastEventId;
  heard.status = data.status;
  for (const job of event.type === "signup" ? data.jobs : event.type === "job" ? [data] : []) heard.jobs.set(job.id, job);
  settling ??= setTimeout(settle, SETTLE_MS);
  if (event.type === "end") {
    over = true;
    hush();
  }
}

function hush() {
  if (source) source.close();
  source = undefined;
}

function listen() {
  hush();
  const address = new URL(steps.dataset.events, location.href);
  if (lastId) address.searchParams.set("last_event_id", lastId); // a header only for reconnections of the browser's own
  const opened = new EventSource(address);
  source = opened;
  for (const type of ["signup", "job", "end"]) opened.addEventListener(type, hear);
  opened.addEventListener("open", () => {
    breaks = 0;
    trouble.hidden = true;
  });
  opened.addEventListener("error", () => {
    breaks += 1;
    if (breaks >= TOLD_AFTER) trouble.hidden = false;
    if (opened.readyState !== EventSource.CLOSED && breaks < BREAKS) return; // the browser tries again by itself
    hush();
    listens = false;
    ask();
  });
}

// ---- asking

function askIn(seconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, Math.max(seconds, SHORTEST_S) * 1000);
}

function stop() {
  timer = undefined;
  over = true;
}

async function ask() {
  if (document.hidden) return; // asked again as soon as somebody looks
  let seconds = AFTER_A_FAILURE_S;
  try {
    const answer = await fetch(steps.dataset.source, { headers: { Accept: "application/json" }, cache: "no-store" });
    const hint = answer.headers.get("Retry-After");
    if (answer.status === 404) return stop();
    trouble.hidden = answer.ok;
    if (answer.ok) {
      // The server's clock, not this computer's.
      const now = Date.parse(answer.headers.get("Date")) || Date.now();
      const signup = await answer.json();
      for (const job of signup.jobs) job.due_in = (Date.parse(job.run_at) - now) / 1000;
      showAll(signup.jobs, signup.status);
      if (hint === null) return stop(); // final
    }
    seconds = Number(hint) || AFTER_A_FAILURE_S;
  } catch {
    trouble.hidden = false;
  }
  askIn(seconds);
}

// ---- whether anybody looks

function goOn() {
  if (over || document.hidden) return;
  if (!listens) askIn(0);
  else if (!source) listen();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) hush();
  goOn();
});
window.addEventListener("offline", () => {
  if (!over) trouble.hidden = false;
});
window.addEventListener("online", () => {
  hush(); // it may not have noticed
  goOn();
});
// Back may bring the page as it was left, with everything that happened since unseen; browsers keep no page that listens.
window.addEventListener("pagehide", hush);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) goOn();
});

if (!over) {
  if (!listens) askIn(Number(steps.dataset.askIn));
  else if (!document.hidden) listen();
}
