// The page to try the API on: Swagger UI, told where the description is.
"use strict";

const page = document.getElementById("api");

SwaggerUIBundle({
  domNode: page,
  url: page.dataset.description,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null, // it would send the description to somebody else
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
