/** Two sounds that can't be mistaken for each other: something was added, something is wrong. */

/** @type {AudioContext | null} */
let context = null;

/**
 * @param {number} frequency hertz
 * @param {number} start seconds from now
 * @param {number} length seconds
 * @param {OscillatorType} type
 */
function tone(frequency, start, length, type) {
  if (!context) return;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = type;
  oscillator.frequency.value = frequency;
  const from = context.currentTime + start;
  gain.gain.setValueAtTime(0.08, from);
  gain.gain.exponentialRampToValueAtTime(0.001, from + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(from + length);
}

/** @param {() => void} play */
function sound(play) {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
    play();
  } catch {
    // A till without a loudspeaker sells just the same; the message on the screen says it all.
  }
}

export const okSound = () => sound(() => tone(1320, 0, 0.07, "sine"));

export const errorSound = () =>
  sound(() => {
    tone(220, 0, 0.16, "square");
    tone(180, 0.2, 0.22, "square");
  });
