// The page's reading of codes, on the cases of barcode_cases.json: one JSON object of answers out.
import { readFileSync } from "node:fs";
import { candidates, checkDigit, fits, misread, readings, takenApart, upcA, valued } from "../../app/static/js/barcodes.js";

const { rules, codes, values } = JSON.parse(readFileSync(new URL("barcode_cases.json", import.meta.url), "utf-8"));

/** @param {any} rule @param {string} code */
const taken = (rule, code) => (fits(rule, code) ? [...takenApart(rule, code), candidates(rule, code)] : null);
const read = codes.map((code) => ({
  readings: readings(code),
  upc_a: upcA(code),
  check_digit: /^[0-9]+$/.test(code) ? checkDigit(code) : null,
  misread: misread(code),
  taken: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, taken(rule, code)])),
}));
const meant = values.map(({ rule, measured, price, value, digits }) => valued(rules[rule], { measured, price }, value, digits));
process.stdout.write(JSON.stringify({ codes: read, values: meant }));
