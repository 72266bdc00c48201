// Goes to a terminal, and leaves it in the moment in which its socket is being opened.
(route) => new Promise((done) => {
    const seen = new MutationObserver(() => {
        if (!document.querySelector(".terminal-place .xterm")) return;
        seen.disconnect();
        location.hash = "/";
        requestAnimationFrame(() => setTimeout(done));
    });
    seen.observe(document.body, { childList: true, subtree: true });
    location.hash = route;
})
