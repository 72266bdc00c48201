// Opens a terminal and takes it away in the same moment; then waits for what it had set itself to do.
async ([session, worker]) => {
    const main = document.querySelector('script[type="module"]').src;
    const pane = await import(new URL("./terminal_pane.js", main).href);
    const place = document.body.appendChild(document.createElement("div"));
    place.style = "width: 400px; height: 300px";
    pane.openTerminal(place, await pane.terminalLibrary(), session, worker)();
    place.remove();
    await new Promise((done) => setTimeout(done, 300));
}
