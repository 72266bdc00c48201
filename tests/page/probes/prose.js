// What the page makes of a model's words, as markup; nodes are made of them as everywhere.
async (texts) => {
    const main = document.querySelector("script[src$='main.js']").src;
    const { words } = await import(new URL("views/words.js", main));
    const { draw } = await import(new URL("draw.js", main));
    return texts.map((text) => {
        const place = document.createElement("div");
        draw(place, words(text));
        return place.innerHTML.replace(/ (tabindex|role|aria-\w+|class|target|rel)="[^"]*"/g, "");
    });
}
