"use strict";
(() => {
  const main = document.querySelector("main");
  const said = document.querySelector(".said");

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      said.textContent = "";
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        said.textContent = `${said.dataset.copied}: ${button.textContent}`;
        button.classList.add("done");
      } catch {
        getSelection().selectAllChildren(document.getElementById(button.dataset.shown));
        said.textContent = said.dataset.notCopied;
      }
    });
  }

  // Somebody has just chosen how to pay: he goes on as soon as there is somewhere to go.
  if (location.hash === "#go" && !document.querySelector(".notice.preparing")) {
    const onward = document.querySelector("[data-go]");
    // Taken away first, so that the way back from there does not lead there again.
    history.replaceState(null, "", location.pathname + location.search);
    if (onward instanceof HTMLFormElement) onward.submit();
    else if (onward) location.assign(onward.href);
  }

  if ("final" in main.dataset) return;

  const [soonest, latest] = [2000, 10000];
  let pause = soonest;
  let timer;

  const changed = async () => {
    const answer = await fetch(main.dataset.state, { cache: "no-store" });
    if (!answer.ok) return answer.status === 404;
    return (await answer.json()).version !== main.dataset.version;
  };
  const look = async () => {
    if (await changed().catch(() => false)) location.reload();
    else later();
  };
  const later = () => {
    clearTimeout(timer);
    if (document.hidden) return;
    timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.2, latest);
  };
  document.addEventListener("visibilitychange", () => {
    pause = soonest;
    later();
  });
  later();
})();
