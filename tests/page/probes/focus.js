// What has the focus, and whether that is seen.
() => {
    const here = document.activeElement;
    if (here === document.body) return { name: "the browser's own", isSeen: true };
    const style = getComputedStyle(here);
    const box = here.closest(".search, .box, .palette-box, .segments label")
    const shown = [style, box && getComputedStyle(box), here.nextElementSibling && getComputedStyle(here.nextElementSibling)]
    return {
        name: here.getAttribute("aria-label") || here.textContent.trim() || here.tagName,
        isSeen: shown.some((each) => each && (each.outlineStyle !== "none" || each.boxShadow !== "none")),
    };
}
