// The status page, kept up to date without a reload: asks the API as often as its Retry-After says, and puts the
// words that came with the page. Without this file the page reloads itself.
"use strict";

const SHORTEST_S = 1;
const AFTER_A_FAILURE_S = 5;

const steps = document.getElementById("steps");
const summary = document.getElementById("summary");
const news = document.getElementById("news");
const trouble = document.getElementById("trouble");
const summaries = JSON.parse(summary.dataset.words);

let timer;

// As webapp/pages/wording.py says it; seconds rounded down, because the server's Date lags by up to one.
function inWords(seconds) {
  if (seconds < 1) return "any moment now";
  if (seconds < 60) return `in ${Math.floor(seconds)} s`;
  if (seconds < 3600) return `in ${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `in ${Math.round(seconds / 3600)} h`;
  return `in ${Math.round(seconds / 86400)} days`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Returns a sentence where the job has moved, so that a screen reader says that and not every passing second.
function show(job, now) {
  const line = steps.querySelector(`[data-job="${job.id}"]`);
  if (!line) return "";
  const word = JSON.parse(line.dataset.words)[job.state];
  const moved = line.querySelector(".word").textContent !== word;
  line.dataset.state = job.state;
  put(line.querySelector(".word"), word);
  const pause = (Date.parse(job.run_at) - now) / 1000;
  put(line.querySelector(".next"), job.state === "retrying" ? `next try ${inWords(pause)}` : "");
  return moved ? `${line.querySelector(".title").textContent}: ${word}.` : "";
}

function showAll(signup, now) {
  const moved = signup.jobs.map((job) => show(job, now)).filter(Boolean);
  const sentence = summaries[signup.status];
  if (summary.textContent !== sentence) {
    summary.textContent = sentence;
    moved.push(sentence);
  }
  if (moved.length) news.textContent = moved.join(" ");
}

function askIn(seconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, Math.max(seconds, SHORTEST_S) * 1000);
}

function stop() {
  timer = undefined;
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
      // The server's clock, not this computer's, which may be wrong by hours.
      showAll(await answer.json(), Date.parse(answer.headers.get("Date")) || Date.now());
      if (hint === null) return stop(); // final
    }
    seconds = Number(hint) || AFTER_A_FAILURE_S;
  } catch {
    trouble.hidden = false;
  }
  askIn(seconds);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && timer) askIn(0);
});
// Back may bring the page as it was left, with everything that happened since unseen.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && timer) askIn(0);
});

if (steps.dataset.askIn) askIn(Number(steps.dataset.askIn));
