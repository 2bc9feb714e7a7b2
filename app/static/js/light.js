/** The sync light: the server's words, a colour that repeats them. */

/** @param {{level: string, text: string} | null | undefined} words */
export function showLight(words) {
  const light = document.getElementById("light");
  const text = document.getElementById("light-words");
  if (!words || !light || !text) return;
  light.dataset.level = words.level;
  if (text.textContent !== words.text) text.textContent = words.text; // a screen reader says a change, not a repetition
}
