// Numbers for people. The full digits are never far: every cell has them as its title, and the copy button takes them.

const MISSING = "—";

// As many decimals as show the smallest standard error to so many digits, the same for the whole table.
export function decimalsFor(errors, digits = 3) {
  const smallest = Math.min(...errors.filter((error) => error > 0));
  if (!Number.isFinite(smallest)) return 4;
  return Math.min(6, Math.max(0, digits - 1 - Math.floor(Math.log10(smallest))));
}

export function fixed(value, decimals) {
  if (value === null || value === undefined) return MISSING;
  const size = Math.abs(value);
  if (size >= 1e8 || (size > 0 && size < 10 ** -decimals)) return signed(value.toExponential(3));
  return signed(value.toFixed(decimals));
}

export function significant(value, digits = 4) {
  if (value === null || value === undefined) return MISSING;
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e8 || size < 1e-4)) return signed(value.toExponential(digits - 1));
  const decimals = value === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return signed(value.toFixed(decimals));
}

// As few digits as tell a value to four of them: 4.3, not 4.300.
export function brief(value) {
  return signed(String(Number(value.toPrecision(4))));
}

export function probability(value) {
  if (value === null || value === undefined) return MISSING;
  if (value < 2.2e-16) return "< 2.2e−16"; // as R: a double tells no more
  return value < 0.001 ? signed(value.toExponential(1)) : value.toFixed(3);
}

export function percent(level) {
  return `${Number((level * 100).toPrecision(6))} %`;
}

export function count(number, noun, plural = `${noun}s`) {
  return `${grouped(number)} ${number === 1 ? noun : plural}`;
}

export function grouped(number) {
  return number.toLocaleString("en", { maximumFractionDigits: 0 }).replaceAll(",", "\u202f");
}

function signed(text) {
  return text.replaceAll("-", "−");
}
