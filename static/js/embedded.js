/* The dashboard in a frame of Shopify's Admin, where no cookie counts. Links and forms are boosted
   by htmx; every request carries a session token that App Bridge gives, one minute old at most.
   App Bridge itself only looks after fetch(), and htmx does not use it. */

const RETRY = "X-Shopify-Retry-Invalid-Session-Request";
const asked = new WeakSet(); // what was asked again once
let token = "";

// App Bridge has read the address by now: neither history nor a reload is to send its token again.
const here = new URL(location.href);
for (const name of ["id_token", "again"]) here.searchParams.delete(name);
history.replaceState(history.state, "", here.pathname + here.search);

document.addEventListener("htmx:confirm", async (event) => {
  const { path, issueRequest } = event.detail;
  event.preventDefault();
  if (path.startsWith("/files/")) {
    window.open(path, "_blank", "noopener"); // a picture is no page to put here
    return;
  }
  token = await window.shopify.idToken();
  issueRequest(true);
});

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers.Authorization = `Bearer ${token}`;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, boosted, requestConfig, elt } = event.detail;
  const isStale = xhr.status === 401 && xhr.getResponseHeader(RETRY);
  if (isStale && askAgain(requestConfig, elt)) return;
  if (!boosted) return;
  event.detail.shouldSwap = true; // an error's page says what is wrong
  // Now, not later: a form without an address of its own takes the page's.
  const there = new URL(xhr.responseURL);
  if (there.pathname + there.search !== location.pathname + location.search) {
    history.pushState({}, "", there.pathname + there.search); // the Admin shows it in its address
  }
});

function askAgain({ elt, triggeringEvent }, fallback) {
  const source = elt ?? fallback;
  if (!triggeringEvent || asked.has(source)) return false;
  asked.add(source);
  if (source.tagName === "FORM") source.requestSubmit(triggeringEvent.submitter);
  else source.click();
  return true;
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.boosted) return;
  // The body stays and only what is in it changes, so its looks must follow.
  document.body.classList.toggle("plain-page", !document.querySelector(".shell"));
  document.getElementById("main")?.focus({ preventScroll: true });
});

window.addEventListener("popstate", () => {
  const target = document.body;
  window.htmx.ajax("GET", location.pathname + location.search, { target, swap: "innerHTML" });
});

// Pages of other hosts do not open in the Admin's frame.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (link && link.origin !== location.origin) link.target = "_blank";
});
