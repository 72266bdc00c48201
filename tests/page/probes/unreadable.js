// The texts with less contrast to what is behind them than 4.5.
() => {
    const parts = (colour) => {
        const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (each) => {
        for (let at = each; at; at = at.parentElement) {
            const colour = parts(getComputedStyle(at).backgroundColor);
            if (colour[3] > 0.5) return colour;
        }
        return [255, 255, 255, 1];
    };
    const found = [];
    for (const each of document.querySelectorAll("body *")) {
        if (each.closest(".xterm, svg, :disabled, .pending, option, [aria-hidden=true]")) continue;
        const text = [...each.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const isInput = each.matches("input:not([type=radio], [type=checkbox]), textarea");
        if (!(text || isInput) || !each.checkVisibility()) continue;
        const style = getComputedStyle(each);
        const colour = isInput ? getComputedStyle(each, "::placeholder").color : style.color;
        const [one, two] = [light(parts(colour)), light(behind(each))].sort((a, b) => b - a);
        const contrast = (one + 0.05) / (two + 0.05);
        if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${each.className}: ${each.textContent.slice(0, 40)}`);
    }
    return found;
}
