// The same question as lines for a shell and for PHP. What is pasted is quoted for each, never trusted.

const INLINE_BYTES = 2000; // a longer table is named as a file instead of written out

// question: {dataset} or {csv, file}, with query. withKey: does the caller need one?
export function curl(origin, address, question, withKey) {
  const parts = question.dataset ? asked(origin, address) : [`curl -sS ${shell(origin + address)}`];
  if (withKey) parts.push('-H "Authorization: Bearer $LAMPLIGHT_KEY"');
  if (question.dataset) return parts.join(" \\\n  ");
  parts.push("-H 'Content-Type: text/csv'");
  if (question.file || question.csv.length > INLINE_BYTES) {
    parts.push(`--data-binary ${shell(`@${question.file || "data.csv"}`)}`);
    return parts.join(" \\\n  ");
  }
  const text = question.csv.replaceAll("\r\n", "\n").replace(/\n*$/, "\n");
  const end = delimiter(text);
  parts.push(`--data-binary @- <<'${end}'`);
  return `${parts.join(" \\\n  ")}\n${text}${end}`;
}

// rows: the list of the answer that is printed; printed: a name and two numbers of each.
export function php(origin, address, question, withKey, rows, [name, first, second] = ["term", "estimate", "std_error"]) {
  const headers = [];
  if (!question.dataset) headers.push("'Content-Type: text/csv'");
  if (withKey) headers.push("'Authorization: Bearer ' . getenv('LAMPLIGHT_KEY')");
  const query = [...new URL(address, origin).searchParams].map(([name, value]) => `    ${literal(name)} => ${literal(value)},\n`);
  const options = [
    question.dataset ? "" : "    'method' => 'POST',\n",
    headers.length ? `    'header' => [${headers.join(", ")}],\n` : "",
    question.dataset ? "" : `    'content' => file_get_contents(${literal(question.file || "data.csv")}),\n`,
    "    'ignore_errors' => true, // a refusal is JSON too: it says what was wrong\n",
  ];
  return `<?php
$url = ${literal(`${origin}${new URL(address, origin).pathname}?`)} . http_build_query([
${query.join("")}]);
$context = stream_context_create(['http' => [
${options.join("")}]]);
$answer = json_decode(file_get_contents($url, false, $context), true);
if (!isset($answer['${rows}'])) {
    exit($answer['detail'] . "\\n");
}
foreach ($answer['${rows}'] as $row) {
    printf("%-20s %12.4f %12.4f\\n", $row['${name}'], $row['${first}'], $row['${second}']);
}
`;
}

// Beside a body the query has to stand in the address; alone it can stand readable.
function asked(origin, address) {
  const { pathname, searchParams } = new URL(address, origin);
  return [`curl -sS -G ${shell(origin + pathname)}`, ...[...searchParams].map(([name, value]) => `--data-urlencode ${shell(`${name}=${value}`)}`)];
}

function shell(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function literal(text) {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function delimiter(text) {
  const lines = new Set(text.split("\n"));
  let end = "CSV";
  while (lines.has(end)) end += "_";
  return end;
}
