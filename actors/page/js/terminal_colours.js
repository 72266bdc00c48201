/** The colours of a terminal, as the theme has them (style/tokens.css). */

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** @param {string} name of a property */
export function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function colours() {
  /** @type {Record<string, string>} */
  const theme = {
    background: css("--terminal"),
    foreground: css("--text"),
    cursor: css("--accent"),
    cursorAccent: css("--terminal"),
    selectionBackground: css("--selection"),
  };
  for (const colour of COLOURS) {
    theme[colour] = css(`--ansi-${colour}`);
    theme[`bright${colour[0].toUpperCase()}${colour.slice(1)}`] = css(`--ansi-bright-${colour}`);
  }
  return theme;
}
