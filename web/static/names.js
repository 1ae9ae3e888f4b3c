// Column names inside a formula: which need backquotes, which are used, which are not there.

const PLAIN = /^(?:\p{L}|\.(?![0-9]))[\p{L}\p{N}._]*$/u;
const RESERVED = new Set(["TRUE", "FALSE", "NA", "NaN", "NULL", "Inf", "if", "else", "in", "for", "function"]);
const QUOTED = /`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/;
const WORD = /%in%|(?:\p{L}|\.(?![0-9]))[\p{L}\p{N}._]*|[0-9.]+(?:[eE][+-]?[0-9]+)?/u;
const TOKENS = new RegExp(`${QUOTED.source}|${WORD.source}`, "gu");
const ARGUMENT = /^\s*=(?!=)/;

export function quoted(name) {
  if (PLAIN.test(name) && !RESERVED.has(name) && name !== ".") return name;
  return "`" + name.replaceAll("\\", "\\\\").replaceAll("`", "\\`") + "`";
}

// The names a formula uses as columns, in order, once each. Functions, their arguments' names and literals are left out.
export function used(formula) {
  const names = new Set();
  for (const match of formula.matchAll(TOKENS)) {
    const name = nameOf(match[0], formula.slice(match.index + match[0].length), formula.slice(0, match.index));
    if (name) names.add(name);
  }
  return [...names];
}

export function nearest(name, names) {
  const ranked = names.map((other) => [distance(name.toLowerCase(), other.toLowerCase()), other]).sort((a, b) => a[0] - b[0]);
  return ranked.length && ranked[0][0] <= Math.max(2, name.length / 3) ? ranked[0][1] : null;
}

function nameOf(token, after, before) {
  if (token.startsWith("`")) return token.slice(1, -1).replaceAll("\\`", "`").replaceAll("\\\\", "\\");
  if (/^["'0-9%]/.test(token) || token === "." || /^\.[0-9]/.test(token) || RESERVED.has(token)) return null;
  if (/^\s*\(/.test(after) || ARGUMENT.test(after)) return null;
  return /\bC\([^()]*,\s*$/.test(before) ? null : token;
}

// Levenshtein's, one row at a time.
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[other.length];
}
