/* The admin around the app's frame: gives it session tokens, shows its toasts, follows its place.
   It listens to its own frame and the app's origin only. */

(() => {
  const frame = document.getElementById("app-frame");
  const { appOrigin, appBase, adminBase, tokenUrl } = frame.dataset;

  async function answer(number) {
    const reply = { answerTo: number };
    try {
      const response = await fetch(tokenUrl, { headers: { Accept: "application/json" } });
      if (response.ok) reply.token = (await response.json()).session_token;
      else reply.problem = `The admin answered ${response.status}.`;
    } catch (error) {
      reply.problem = String(error);
    }
    frame.contentWindow.postMessage(reply, appOrigin);
  }

  function toast({ text, isError, duration = 5000 }) {
    const box = document.createElement("div");
    box.className = isError ? "toast error" : "toast";
    box.setAttribute("role", "status");
    box.textContent = text;
    document.body.append(box);
    setTimeout(() => box.remove(), duration);
  }

  function follow(path) {
    const url = new URL(path, appOrigin);
    const own = ["id_token", "hmac", "timestamp", "host", "shop", "embedded", "locale", "session"];
    for (const name of own) url.searchParams.delete(name);
    if (!url.pathname.startsWith(appBase)) return;
    const place = url.pathname.slice(appBase.length);
    history.replaceState({}, "", adminBase + (place === "/" ? "" : place) + url.search);
  }

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== appOrigin) return;
    if (data?.appBridge === "id-token") answer(data.number);
    else if (data?.appBridge === "toast") toast(data);
    else if (data?.appBridge === "navigation") follow(String(data.path));
    else if (data?.appBridge === "loading") frame.classList.toggle("loading", data.isLoading);
  });
})();
