/** @param {import("./frame.js").Frame} frame */
export function start(frame) {}
