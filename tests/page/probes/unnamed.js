// The controls without a name for who hears the page.
() => {
    const nameOf = (each) => [
        each.getAttribute("aria-label"), each.labels?.[0]?.textContent, each.title, each.textContent,
        ...(each.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent),
    ].find((name) => name && name.trim());
    const controls = "button, a[href], input, textarea, select, summary, [role=tab], [role=img], dialog, nav, [role=region], [role=toolbar], meter";
    return [...document.querySelectorAll(controls)].filter((each) => !each.closest(".xterm") && !nameOf(each)).map((each) => each.outerHTML.slice(0, 200));
}
