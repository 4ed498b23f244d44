// Stands in the page itself, so it holds from the first press on, before the bundle has come and also if it never does.
(() => {
  const free = (form) => {
    delete form.dataset.sent;
    for (const at of form.querySelectorAll("[aria-busy]")) {
      at.removeAttribute("aria-busy");
      if ("words" in at.dataset) at.textContent = at.dataset.words;
    }
  };
  // The first submit wins: a form that is on its way is not sent again.
  addEventListener(
    "submit",
    (event) => {
      if (!("sent" in event.target.dataset)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  // What ends a double click sends nothing, also when the first press was answered between the two.
  addEventListener(
    "click",
    (event) => {
      if (event.detail > 1 && event.target.closest('form[method="post"] button:not([type="button"])')) event.preventDefault();
    },
    true,
  );
  // What an island sends itself it has prevented by now; it also says itself that it is at work.
  addEventListener("submit", ({ target: form, submitter, defaultPrevented }) => {
    if (defaultPrevented || form.getAttribute("method") !== "post") return;
    form.dataset.sent = "";
    // Enter presses a hidden default button; the one people see speaks for it.
    const button = submitter && !submitter.hidden ? submitter : form.querySelector("footer button:last-child");
    if (button) {
      button.style.minWidth = `${button.getBoundingClientRect().width}px`;
      button.setAttribute("aria-busy", "true");
      if (button.dataset.busy) {
        button.dataset.words = button.textContent;
        button.textContent = button.dataset.busy;
      }
    }
    // The way back leads to the page behind a dialog, not into the dialog again.
    const behind = form.querySelector("#cancel");
    if (behind) history.replaceState(history.state, "", behind.href);
    // A download leaves the page where it is, and says to nobody when it has begun.
    if ("stays" in form.dataset) setTimeout(free, 3000, form);
  });
  // Back to a page that the browser kept as it was: what was under way is over.
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) free(form);
  });
  // What was announced once is not announced again by a reload.
  addEventListener("DOMContentLoaded", () => {
    const url = new URL(location);
    if (!url.searchParams.has("done")) return;
    for (const name of ["done", "of", "found"]) url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
  });
})();
