/** A product's picture: chosen from a file or taken by the camera, made small here, and sent as a document of its own. */
import { Problem, root } from "../../api.js";
import { h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { Fault, KINDS, labelled } from "../company/fields.js";

/** Pixels of the longer side; what a tile shows is smaller still. */
const LONGEST = 640;
/** Bytes of a file that is looked at. */
const MOST = 30_000_000;

/** @param {File} file @returns {Promise<Blob>} */
async function small(file) {
  if (file.size > MOST) throw new Fault(t("This picture is too large."));
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Fault(t("This file is no picture that can be shown."));
  });
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.85));
  if (!blob) throw new Fault(t("This file is no picture that can be shown."));
  return blob;
}

/** @param {Blob} blob @param {string} name */
async function send(blob, name) {
  const response = await fetch(`${root}api/range/pictures?${new URLSearchParams({ name })}`, { method: "POST", body: blob, headers: { "Content-Type": blob.type, Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!response || !answer) throw new Problem(0, { error: "away", reason: t("The server of head office does not answer.") });
  if (!response.ok) throw new Problem(response.status, answer);
  return answer.picture;
}

/** The id of the picture's document, or null. `spec.url(id)` is where it is shown from. @type {any} */
KINDS.picture = (/** @type {any} */ spec) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: "image/*", class: "picture-file" }));
  const image = /** @type {HTMLImageElement} */ (h("img", { alt: "", class: "picture-now", hidden: true }));
  const away = h("button", { type: "button", class: "button small", on: { click: () => set(null) } }, icon("bin"), t("Take the picture away"));
  /** @type {string | null} */
  let id = null;
  let busy = false;
  const set = (/** @type {string | null} */ value) => {
    id = value;
    image.hidden = away.hidden = !value;
    if (value) image.src = `${root}api/pictures/${encodeURIComponent(value)}`;
  };
  const read = () => {
    if (busy) throw new Fault(t("The picture is still being sent."));
    return id;
  };
  const made = labelled(spec, input, read, set);
  made.element.append(h("div", { class: "picture-box" }, image, away));
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    made.say("");
    busy = true;
    try {
      set(await send(await small(file), file.name));
    } catch (problem) {
      if (!(problem instanceof Problem) && !(problem instanceof Fault)) throw problem;
      made.say(problem.message);
    } finally {
      busy = false;
      input.value = "";
    }
  });
  return made;
};
