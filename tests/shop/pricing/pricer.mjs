// One line of JSON in, one out: `["price", cart, book]`, `["cash", amount, rule]`, `["now", timezone, instant]`.
import { createInterface } from "node:readline";
import { cashRound, price, storeNow } from "../../../app/static/js/pricing/price.js";

const asked = { price, cash: cashRound, now: (zone, instant) => storeNow(zone, new Date(instant)) };

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...values] = JSON.parse(line);
  let answer;
  try {
    answer = asked[what](...values);
  } catch (wrong) {
    if (wrong.name !== "PricingError") throw wrong;
    answer = { error: wrong.code, line: wrong.line };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
