// A light reading of CSV for the preview only. What is fitted is what the server reads from the same bytes.

export const PREVIEW_BYTES = 512 * 1024;
const MISSING = new Set(["", "NA", "NaN", "nan", "null", "NULL", "None"]);

// Returns {rows, columns: [{name, type, missing, min, max, distinct}]}, the shape GET /datasets/<name> has.
export function summary(text) {
  const [names, ...rows] = parse(text);
  if (!names || names.every((name) => name === "")) return null;
  return { rows: rows.length, columns: names.map((name, at) => columnOf(name, rows.map((row) => row[at] ?? ""))) };
}

// RFC 4180: quotes, doubled quotes inside them, line ends inside them. Blank lines are skipped.
export function parse(text) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    field = "";
  };
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[(at += 1)];
      else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ",") {
      row.push(field);
      field = "";
    } else if (character === "\n") endRow();
    else if (character !== "\r") field += character;
  }
  if (field !== "" || row.length) endRow();
  return rows;
}

function columnOf(name, values) {
  const present = values.map((value) => value.trim()).filter((value) => !MISSING.has(value));
  const missing = values.length - present.length;
  const numbers = present.map(Number);
  if (present.length && numbers.every(Number.isFinite)) {
    return { name, type: "number", missing, min: least(numbers), max: -least(numbers.map((number) => -number)) };
  }
  const levels = new Set(present);
  const boolean = present.length && [...levels].every((level) => /^(TRUE|true|True|FALSE|false|False)$/.test(level));
  return { name, type: boolean ? "boolean" : "text", missing, distinct: levels.size };
}

function least(numbers) {
  return numbers.reduce((low, number) => (number < low ? number : low), Infinity);
}
