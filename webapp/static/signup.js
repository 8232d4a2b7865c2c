// The form, once: a second click while the first is on its way sends nothing. The page works without this file.
"use strict";

const form = document.getElementById("signup");
const button = form.querySelector("button");
const label = button.textContent;

form.addEventListener("submit", () => {
  button.disabled = true;
  button.textContent = button.dataset.busy;
});

// Back may bring the page as it was left, button and all.
window.addEventListener("pageshow", () => {
  button.disabled = false;
  button.textContent = label;
});
