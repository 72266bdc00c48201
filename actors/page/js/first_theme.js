// Before anything is drawn: the theme that was chosen here, if one was.
"use strict";
try {
  const chosen = localStorage.getItem("greenroom:theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's theme holds.
}
