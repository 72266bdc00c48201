// Before anything is drawn: the theme that was chosen here, else the system's.
"use strict";
(() => {
  let theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  try {
    const chosen = localStorage.getItem("greenroom:theme");
    if (chosen === "dark" || chosen === "light") theme = chosen;
  } catch {
    // Without storage the system's theme holds.
  }
  document.documentElement.dataset.theme = theme;
})();
