/**
 * What the pages of this room share: a request that asks a supervisor where the person may not, and a till that locks
 * itself while the page is open. They name the server's root (templates/conflicts/room.html), so that paths are as everywhere, however deep they lie.
 */
import { get, request, root } from "../api.js";
import { startDialogs } from "../dialogs.js";
import { withLeave } from "../leave.js";
import { Idle } from "../till/idle.js";

/** Rights that one request may need lent, at most: a decision about people takes two. */
const LENT = 2;

/**
 * Sends a request, again with a supervisor's leave where it needs one. Raises Problem, also when it was not allowed (403).
 * @param {string} method
 * @param {string} path `api/…`
 * @param {Record<string, unknown>} body
 * @param {string[]} [approvals] what was lent for it already
 * @returns {Promise<any>}
 */
export function send(method, path, body, approvals = []) {
  return withLeave((leave) => {
    const lent = [...approvals, ...(leave.approvals ?? [])];
    const asked = { ...body, ...(lent.length ? { approvals: lent } : {}) };
    return leave.approvals && lent.length < LENT ? send(method, path, body, lent) : request(method, path, { body: asked });
  });
}

/** Begins what each page of the room needs: dialogs, and at a till with people the way back to its lock. */
export function startRoom() {
  startDialogs(() => false);
  addEventListener("couchtill:locked", () => location.assign(root)); // the till shows who may unlock it
  if (!document.getElementById("allow")) return;
  const idle = new Idle(() => void look());
  const look = async () => {
    const session = await get("api/session").catch(() => null);
    if (session?.staff) idle.watch(session.lock_after, session.left);
    else if (session) location.assign(root);
  };
  void look();
}
