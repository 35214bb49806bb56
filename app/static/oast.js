// The only script of our own: NHS components in swapped content, what a failed request says,
// and the warning that a session is about to end.
// Named without a digest, as an import must be; the page preloads it by the same address.
import { initAll } from "./vendor/nhsuk/nhsuk-frontend.min.js";

// A module runs before DOMContentLoaded, so the class that the components wait for is set here.
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) initAll({ scope: event.detail.elt });
});

const announcements = document.getElementById("announcements");
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.body.addEventListener(name, () => {
    announcements.textContent = "Sorry, that did not work. Refresh the page and try again.";
    announcements.classList.remove("nhsuk-u-visually-hidden");
  });
}

// Asking how long is left does not prolong the session; only a page or "Stay signed in" does.
const { sessionRemaining, sessionStay } = document.body.dataset;
const WARN = 120;
let timer;

async function watch() {
  clearTimeout(timer);
  const answer = await fetch(sessionRemaining, { headers: { Accept: "application/json" } }).catch(() => null);
  // No answer says nothing of the session: the network may be away. Reloading now would lose what was typed.
  if (!answer || !answer.ok) return again(20);
  const left = await answer.json();
  if (left.seconds <= 0) return window.location.reload();
  if (left.seconds > WARN) return again(left.seconds - WARN);
  warn(left.can_stay);
  return again(Math.min(left.seconds, 20));
}

function again(seconds) {
  timer = setTimeout(watch, seconds * 1000);
}

function warn(canStay) {
  if (document.getElementById("session-warning")) return;
  const dialog = element("dialog", { id: "session-warning", className: "oast-dialog" });
  dialog.setAttribute("aria-labelledby", "session-warning-title");
  const said = canStay
    ? "If you do not stay signed in, anything you have not saved will be lost."
    : "You have been signed in for almost 12 hours. Save what you are doing, then sign in again.";
  const stay = element("button", { type: "button", className: "nhsuk-button", textContent: canStay ? "Stay signed in" : "Go on" });
  stay.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", async () => {
    if (canStay) await fetch(sessionStay).catch(() => null);
    if (canStay) dialog.remove();
    watch();
  });
  dialog.append(
    element("h2", { id: "session-warning-title", className: "nhsuk-heading-m", textContent: "You will be signed out in 2 minutes" }),
    element("p", { textContent: `This keeps people's information safe. ${said}` }),
    stay,
    signOut(),
  );
  document.body.append(dialog);
  dialog.showModal();
}

// The header's own sign-out form, with its token.
function signOut() {
  const form = document.querySelector(".nhsuk-header__account-form").cloneNode(true);
  form.className = "";
  form.querySelector("button").className = "nhsuk-button nhsuk-button--secondary nhsuk-u-margin-bottom-0";
  return form;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

if (sessionRemaining) {
  again(60);
  document.addEventListener("visibilitychange", () => document.hidden || watch());
}
