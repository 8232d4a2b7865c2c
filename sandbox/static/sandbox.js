// Saves the reload: sends the forms in the background and shows each second what the server says.
// It never touches a field a person may be typing in, and moves no element that can have the focus.
"use strict";

const EVERY_MS = 1000;
const complaint = document.getElementById("complaint");

function complain(text) {
  if (complaint.textContent !== text) complaint.textContent = text;
  complaint.hidden = text === "";
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function effectLine(line) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  const who = document.createElement("span");
  const what = document.createElement(line.href ? "a" : "span");
  item.dataset.key = `${line.at} ${line.n}`;
  if (line.parting) what.dataset.parting = line.parting;
  time.dateTime = line.at;
  time.textContent = line.time;
  who.className = "who";
  who.textContent = line.who;
  what.className = "what";
  what.textContent = line.what;
  if (line.href) what.href = line.href;
  item.append(time, " ", who, " ", what);
  return item;
}

function showEffects(section, latest) {
  const list = section.querySelector("[data-effects]");
  const wanted = new Set(latest.map((line) => `${line.at} ${line.n}`));
  for (const item of [...list.children]) if (!wanted.has(item.dataset.key)) item.remove();
  const present = new Set([...list.children].map((item) => item.dataset.key));
  const fresh = latest.filter((line) => !present.has(`${line.at} ${line.n}`)).map(effectLine);
  for (const item of fresh) item.classList.add("fresh");
  list.prepend(...fresh);
  section.querySelector("[data-empty]").hidden = latest.length > 0;
}

function showProvider(now) {
  const section = document.getElementById(now.name);
  section.dataset.tone = now.tone;
  for (const element of section.querySelectorAll("[data-show]")) setText(element, String(now[element.dataset.show]));
  for (const button of section.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === now.mode));
  }
  section.querySelector("[data-apply]").value = now.mode;
  showEffects(section, now.latest);
}

let unreachable = false;

async function refresh() {
  try {
    const answer = await fetch("/_page/state");
    for (const now of (await answer.json()).providers) showProvider(now);
    if (unreachable) complain("");
    unreachable = false;
  } catch {
    unreachable = true;
    complain("The sandbox does not answer. Is it still running?");
  }
}

function settingsFrom(form, button) {
  const given = { mode: button.value };
  for (const input of form.querySelectorAll("input, select")) {
    const text = input.value.trim();
    if (text !== "") given[input.name] = Number.isNaN(Number(text)) ? text : Number(text);
  }
  return given;
}

async function send(form, button) {
  const provider = form.dataset.control;
  const request = provider
    ? [`/_control/${provider}`, { method: "PUT", body: JSON.stringify(settingsFrom(form, button)) }]
    : [form.action, { method: "POST" }];
  try {
    const answer = await fetch(...request);
    complain(answer.ok ? "" : (await answer.json()).detail);
  } catch {
    complain("The sandbox does not answer. Is it still running?");
  }
  await refresh();
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, event.submitter);
});

setInterval(() => {
  if (!document.hidden) refresh();
}, EVERY_MS);
