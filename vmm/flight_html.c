// SPDX-License-Identifier: GPL-2.0-only
/* flight_html.c: what every page of `lkvm-pvm report` has: text, style, frame. */
#include "flight_html.h"

#include <string.h>
#include <time.h>

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

void html_row(FILE *out, const char *name, const char *value)
{
	fputs("<tr><th>", out);
	html_text(out, name);
	fputs("</th><td>", out);
	html_text(out, value);
	fputs("</td></tr>\n", out);
}

/* --- numbers ----------------------------------------------------------------- */

const char *html_count(double n, char *buf)
{
	char digits[32];
	size_t len, at = 0;

	if (n >= 1e15) {
		(void)snprintf(buf, 32, "%.3g", n);
		return buf;
	}
	len = (size_t)snprintf(digits, sizeof(digits), "%.0f", n);
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

const char *html_bytes(double n, char *buf)
{
	static const char *const names[] = { "bytes", "KiB", "MiB", "GiB",
					     "TiB" };
	unsigned int i = 0;

	while (n >= 1024 && i + 1 < ARRAY_SIZE(names)) {
		n /= 1024;
		i++;
	}
	if (i && n < 100 && n - (double)(unsigned int)n >= 0.05)
		(void)snprintf(buf, 32, "%.1f %s", n, names[i]);
	else
		(void)snprintf(buf, 32, "%.0f %s", n, names[i]);
	return buf;
}

const char *html_time(double s, char *buf)
{
	unsigned long long whole = s < 1e15 ? (unsigned long long)s : 0;

	if (s < 1)
		(void)snprintf(buf, 32, "%.0f ms", s * 1000);
	else if (s < 180)
		(void)snprintf(buf, 32, "%.2f s", s);
	else if (s < 7200)
		(void)snprintf(buf, 32, "%llu min %02llu s", whole / 60,
			       whole % 60);
	else if (s < 172800)
		(void)snprintf(buf, 32, "%llu h %02llu min", whole / 3600,
			       whole % 3600 / 60);
	else
		(void)snprintf(buf, 32, "%llu d %llu h", whole / 86400,
			       whole % 86400 / 3600);
	return buf;
}

void html_table(FILE *out, const char *const *names, size_t nr)
{
	fputs("<table class=\"num many\"><thead><tr>", out);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "<th>%s</th>", names[i]);
	fputs("</tr></thead>\n", out);
}

void html_cells(FILE *out, const char *const *names, const char *first,
		const double *n, size_t nr)
{
	char text[32];

	fprintf(out, "<tr><td data-name=\"%s\">", names[0]);
	html_text(out, first);
	fputs("</td>", out);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "<td data-name=\"%s\">%s</td>", names[i + 1],
			html_count(n[i], text));
	fputs("</tr>\n", out);
}

/* --- the frame --------------------------------------------------------------- */

/* clang-format off */
static const char style[] =
":root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b1f24;"
"--soft:#59636e;--line:#d5dae0;--grid:#e4e8ec;--ok:#0a6b3d;--okbg:#dff3e7;"
"--bad:#b3261e;--badbg:#fde7e5;"
"--a:#2f6fc4;--b:#e58a00;--c:#1a9c84;--d:#9a5bb8;--e:#c9463d;--f:#b4bec9;--g:#6b7a8c}\n"
"@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;"
"--ink:#e6e9ed;--soft:#a3adb8;--line:#353c45;--grid:#2a3038;--ok:#7fdcaa;"
"--okbg:#143824;--bad:#ff9f97;--badbg:#47191a;"
"--a:#6aa5f0;--b:#f2a93b;--c:#45c9ae;--d:#c48be0;--e:#f0776d;--f:#5d6873;--g:#94a3b3}}\n"
"*{box-sizing:border-box}\n"
"body{margin:0;background:var(--bg);color:var(--ink);"
"font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}\n"
"main{max-width:1080px;margin:0 auto;padding:16px}\n"
"header h1{font-size:1.5em;line-height:1.25;margin:.2em 0 .1em;overflow-wrap:anywhere}\n"
"header p{margin:.2em 0;color:var(--soft)}\n"
"section{background:var(--card);border:1px solid var(--line);border-radius:8px;"
"padding:12px 16px 14px;margin:14px 0}\n"
"h2{font-size:1.12em;margin:.1em 0 .2em}\n"
"h3{font-size:1em;margin:.6em 0 .1em}\n"
"p.about{margin:0 0 .7em;color:var(--soft);font-size:.92em;max-width:62em}\n"
".verdict{border-left:6px solid var(--ok);background:var(--okbg)}\n"
".verdict.bad{border-left-color:var(--bad);background:var(--badbg)}\n"
".verdict b{overflow-wrap:anywhere}\n"
".verdict ul{margin:.4em 0 0;padding-left:1.2em}.verdict ul:empty{display:none}\n"
".split{display:grid;grid-template-columns:minmax(0,1fr);gap:12px 28px;align-items:start}\n"
"@media(min-width:760px){.split{grid-template-columns:minmax(0,2.3fr) minmax(0,1fr)}"
".twin{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}\n"
"figure{margin:0;min-width:0}\n"
"figcaption{font-size:.88em;color:var(--soft);margin-bottom:.5em}\n"
".plot{display:grid;grid-template-columns:3.2em minmax(0,1fr);"
"grid-template-rows:190px 1.6em;font-size:12px;color:var(--soft)}\n"
".twin .plot{grid-template-rows:110px 1.6em}\n"
".plot .y{position:relative;grid-row:1}\n"
".y span{position:absolute;right:.5em;transform:translateY(50%);line-height:1;white-space:nowrap}\n"
".plot svg{grid-column:2;grid-row:1;width:100%;height:100%;display:block;"
"border-left:1px solid var(--soft);border-bottom:1px solid var(--soft);overflow:visible}\n"
".plot .x{position:relative;grid-column:2;grid-row:2;overflow:hidden}\n"
".x span{position:absolute;top:.3em;white-space:nowrap;line-height:1.2}\n"
".x .mid{transform:translateX(-50%)}.x .last{transform:translateX(-100%)}\n"
".grid,.line,.mark{fill:none;vector-effect:non-scaling-stroke;stroke:var(--grid);stroke-width:1}\n"
".line{stroke-width:1.5;stroke-dasharray:6 4}\n"
".mark{stroke-width:1.5;stroke-dasharray:2 3;stroke:var(--soft)}.mark.bad{stroke:var(--bad)}\n"
".a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}.d{fill:var(--d)}.e{fill:var(--e)}.f{fill:var(--f)}.g{fill:var(--g)}\n"
".line.e{fill:none;stroke:var(--e)}.line.f{fill:none;stroke:var(--g)}\n"
".key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.45em;vertical-align:-1px}\n"
"i.a{background:var(--a)}i.b{background:var(--b)}i.c{background:var(--c)}"
"i.d{background:var(--d)}i.e{background:var(--e)}i.f{background:var(--f)}i.g{background:var(--g)}i.n{border:1px solid var(--soft)}\n"
"i.dash{width:1.3em;height:0;border-top:2px dashed;border-radius:0;vertical-align:3px;background:none}"
"i.dash.e{border-color:var(--e)}i.dash.f{border-color:var(--g)}\n"
"p.keys{max-width:none}.keys span{white-space:nowrap;margin-right:1.2em}\n"
"table{border-collapse:collapse;width:100%;font-size:.9em;font-variant-numeric:tabular-nums}\n"
"th,td{text-align:left;font-weight:400;padding:.22em .8em .22em 0;border-bottom:1px solid var(--grid);vertical-align:top}\n"
"th{color:var(--soft)}thead th{font-weight:600;border-bottom-color:var(--line)}\n"
"td:last-child,th:last-child{padding-right:0}\n"
".num td,.num thead th{text-align:right}.num td:first-child,.num th:first-child{text-align:left}\n"
".facts th{white-space:nowrap}.facts td,.words td:last-child{overflow-wrap:anywhere}\n"
".words td:first-child{white-space:nowrap;text-align:right;width:5em}.words td:nth-child(2){width:9em}\n"
"tr.bad td,td.bad{color:var(--bad)}\n"
".steps{display:grid;grid-template-columns:minmax(6em,auto) minmax(0,1fr) 5.6em;grid-auto-flow:row dense;gap:.2em .8em;font-size:.9em;align-items:center}\n"
".steps svg{width:100%;height:14px;display:block;background:var(--grid);border-radius:3px}\n"
".steps .at{text-align:right;font-variant-numeric:tabular-nums}\n"
".steps .what{overflow-wrap:anywhere;grid-column:1}.steps .at{grid-column:3}.steps svg{grid-column:2}\n"
".steps .x{position:relative;height:1.6em;font-size:12px;color:var(--soft);overflow:hidden;grid-column:2}\n"
"@media(max-width:559px){.words td:nth-child(2){width:auto}main{padding:8px}section{padding:10px 12px}"
".steps{grid-template-columns:minmax(0,1fr) auto;gap:0 .8em}"
".steps svg,.steps .x{grid-column:1/3}.steps .at{grid-column:2}.steps svg{margin-bottom:.45em}"
".many thead{display:none}.many tr{display:grid;grid-template-columns:1fr 1fr;"
"gap:0 1.2em;padding:.3em 0;border-bottom:1px solid var(--line)}"
".many td{display:flex;justify-content:space-between;gap:.6em;padding:.1em 0;border:0}"
".many td::before{content:attr(data-name);color:var(--soft)}"
".many td:first-child{grid-column:1/3;font-weight:600}.many td:first-child::before{font-weight:400}}\n"
".map{display:grid;grid-template:100% / 7.6em minmax(0,1fr);font-size:11px;color:var(--soft);margin:.3em 0}\n"
".map .y{position:relative}.map .y span{font-family:ui-monospace,\"DejaVu Sans Mono\",monospace;transform:none}\n"
".map svg{width:100%;height:100%;display:block;background:var(--grid)}\n"
"footer{color:var(--soft);font-size:.85em;margin:1.2em 0}\n"
"@media print{body{background:#fff}section{break-inside:avoid}}\n";
/* clang-format on */

void html_head(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>",
	      out);
	html_text(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
		style);
}

void html_foot(FILE *out, const struct flight *f)
{
	fprintf(out,
		"<footer>Made by lkvm-pvm %s from a record of %u lines, written by lkvm-pvm ",
		VERSION, f->nr_lines);
	html_text(out, f->version);
	fputs(". Times are seconds since the record began. Pictures are of averages; the tables have the exact figures.</footer>\n"
	      "</main>\n</body>\n</html>\n",
	      out);
}
