// The only script of our own: NHS components in swapped content, what a failed request says,
// and the warning that a session is about to end.
import { initAll } from "./vendor/nhsuk/nhsuk-frontend.min.js";

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

const { sessionRemaining, sessionStay } = document.body.dataset;
const WARN = 120;

async function watch() {
  const answer = await fetch(sessionRemaining, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer || !answer.ok) return window.location.reload();
  const { seconds } = await answer.json();
  if (seconds <= 0) return window.location.reload();
  if (seconds > WARN) return setTimeout(watch, (seconds - WARN) * 1000);
  warn();
  return setTimeout(watch, Math.min(seconds, 20) * 1000);
}

function warn() {
  if (document.getElementById("session-warning")) return;
  const dialog = document.createElement("dialog");
  dialog.id = "session-warning";
  dialog.className = "oast-dialog";
  dialog.setAttribute("aria-labelledby", "session-warning-title");
  const title = Object.assign(document.createElement("h2"), {
    id: "session-warning-title", className: "nhsuk-heading-m", textContent: "You will soon be signed out",
  });
  const text = Object.assign(document.createElement("p"), {
    textContent: "This keeps people's information safe. Anything you have not saved will be lost.",
  });
  const stay = Object.assign(document.createElement("button"), {
    type: "button", className: "nhsuk-button", textContent: "Stay signed in",
  });
  stay.addEventListener("click", async () => {
    await fetch(sessionStay, { method: "GET" });
    dialog.remove();
  });
  dialog.append(title, text, stay);
  document.body.append(dialog);
  dialog.showModal();
}

if (sessionRemaining) setTimeout(watch, 60_000);
