// The challenge of the sign-up form: solved while somebody types, by the browser's own cryptography, off the page's thread.
// Whoever is faster waits a moment, and the form is sent once. What cannot be solved is sent unsolved: the server says why.
"use strict";

{ // a scope of its own: the form has another script
  const AT_ONCE = 8; // derivations in flight: enough for every core of a phone, few enough to stop soon
  const STALE_S = 60; // a solution that would expire within so many seconds is not sent

  const place = document.getElementById("challenge");
  const field = document.querySelector('input[name="altcha"]');
  const form = field.form;

  let work; // the promise of a solution, from the first touch of the form on
  let sending = false;

  const now = () => Date.now() / 1000;
  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  async function derive(parameters, counter) {
    const nonce = bytesOf(parameters.nonce);
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(parameters.salt), iterations: parameters.cost };
    return hexOf(await crypto.subtle.deriveBits(how, key, 8 * parameters.keyLength));
  }

  async function find(parameters) {
    for (let first = 0; ; first += AT_ONCE) {
      const keys = await Promise.all(Array.from({ length: AT_ONCE }, (_, step) => derive(parameters, first + step)));
      const hit = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
      if (hit >= 0) return { counter: first + hit, derivedKey: keys[hit] };
    }
  }

  async function solve() {
    const answer = await fetch(place.dataset.source, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(`no challenge: ${answer.status}`);
    const asked = now();
    const challenge = await answer.json();
    if (challenge.parameters.algorithm !== "PBKDF2/SHA-256") throw new Error("a challenge of another kind");
    const solution = await find(challenge.parameters);
    // The server's clock and not this computer's, which may be wrong by hours.
    const served = Date.parse(answer.headers.get("Date")) / 1000 || asked;
    return { text: btoa(JSON.stringify({ challenge, solution })), until: asked + challenge.parameters.expiresAt - served };
  }

  function begin() {
    work ??= solve().catch(() => undefined);
    return work;
  }

  async function solution() {
    let found = await begin();
    if (!found || found.until - now() < STALE_S) {
      work = undefined;
      found = await begin(); // once more, and then as it is
    }
    return found;
  }

  function announce(words) {
    place.textContent = words ?? "";
  }

  async function send(event) {
    event.preventDefault();
    if (sending) return;
    sending = true;
    // Said only where there is something to wait for.
    const waiting = setTimeout(() => announce(place.dataset.waiting), 300);
    field.value = (await solution())?.text ?? "";
    clearTimeout(waiting);
    HTMLFormElement.prototype.submit.call(form); // raises no second submit event
  }

  place.setAttribute("role", "status");
  for (const touch of ["focusin", "pointerdown", "input"]) form.addEventListener(touch, begin, { once: true });
  if (form.contains(document.activeElement)) begin();
  form.addEventListener("submit", send, { capture: true });

  // Back may bring the page as it was sent: what was spent is solved anew.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    work = undefined;
    sending = false;
    field.value = "";
    announce("");
  });
}
