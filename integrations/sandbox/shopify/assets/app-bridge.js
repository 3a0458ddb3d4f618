/* A stand-in for Shopify's App Bridge, for the sandbox's admin only: the part of its surface that
   a plain embedded page uses. It asks the frame around it for session tokens, as the real one does,
   and talks to nobody but the origin that this script came from. */

(() => {
  const adminOrigin = new URL(document.currentScript.src).origin;
  const apiKey =
    document.currentScript.dataset.apiKey ??
    document.querySelector('meta[name="shopify-api-key"]')?.content ??
    "";
  const launch = new URLSearchParams(location.search);
  const waiting = new Map();
  let count = 0;

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== window.parent || origin !== adminOrigin) return;
    const asked = waiting.get(data?.answerTo);
    if (!asked) return;
    waiting.delete(data.answerTo);
    if (data.token) asked.resolve(data.token);
    else asked.reject(new Error(data.problem ?? "The admin gave no session token."));
  });

  function tell(kind, more = {}) {
    window.parent.postMessage({ appBridge: kind, ...more }, adminOrigin);
  }

  function idToken() {
    if (window.parent === window) {
      return Promise.reject(new Error("This page is not inside the Shopify admin."));
    }
    const number = ++count;
    return new Promise((resolve, reject) => {
      waiting.set(number, { resolve, reject });
      tell("id-token", { number });
      setTimeout(() => {
        if (waiting.delete(number)) reject(new Error("The admin did not answer."));
      }, 10_000);
    });
  }

  const plainFetch = window.fetch.bind(window);

  async function send(request) {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${await idToken()}`);
    return plainFetch(new Request(request.clone(), { headers }));
  }

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const isOwn = new URL(request.url).origin === location.origin;
    if (!isOwn || request.headers.has("Authorization")) return plainFetch(request);
    const answer = await send(request);
    const isStale = answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") === "1";
    return answer.status === 401 && isStale ? send(request) : answer;
  };

  function tellPlace() {
    tell("navigation", { path: location.pathname + location.search });
  }

  for (const name of ["pushState", "replaceState"]) {
    const plain = history[name].bind(history);
    history[name] = (...given) => {
      plain(...given);
      tellPlace();
    };
  }

  window.shopify = {
    config: {
      apiKey,
      shop: launch.get("shop") ?? "",
      host: launch.get("host") ?? "",
      locale: launch.get("locale") ?? "en",
    },
    idToken,
    toast: { show: (text, options = {}) => tell("toast", { text: String(text), ...options }) },
    loading: (isLoading = true) => tell("loading", { isLoading: Boolean(isLoading) }),
  };

  // The bounce page: get a fresh token, then load the page that was asked for.
  const reload = launch.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.origin);
    if (target.origin === location.origin) {
      idToken().then((token) => {
        target.searchParams.set("id_token", token);
        location.replace(target);
      });
    }
  } else {
    window.addEventListener("load", tellPlace);
  }
})();
