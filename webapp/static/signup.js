// The form, once: a second click while the first is on its way sends nothing. The page works without this file.
"use strict";

const form = document.getElementById("signup");
const button = form.querySelector("button");
const label = button.textContent;
const problems = document.getElementById("problems");
const typed = [form.elements.namedItem("email"), form.elements.namedItem("name")];

// What is wrong is read out first, also by browsers that heed autofocus on fields alone.
if (problems) problems.focus();

form.addEventListener("submit", (event) => {
  if (button.disabled) return event.preventDefault();
  // Kept with this entry of the tab's history and nowhere else: for Back, where the browser itself forgets it.
  history.replaceState({ typed: typed.map((field) => field.value) }, "");
  button.disabled = true;
  button.textContent = button.dataset.busy;
});

// Back may bring the page as it was left, button and all, or load it again without what was typed.
window.addEventListener("pageshow", () => {
  button.disabled = false;
  button.textContent = label;
  const before = history.state && history.state.typed;
  if (before && !typed.some((field) => field.value)) typed.forEach((field, i) => { field.value = before[i]; });
});
