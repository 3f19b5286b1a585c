# SPDX-License-Identifier: GPL-2.0-only
# The sentences of a .rst document, one a line, without markup. A table is not
# prose: of it, the heading above stands for all rows.
function flush() {
	gsub(/[`*'"]/, "", text)
	gsub(/[ \t]+/, " ", text)
	# A sentence ends where a capital letter begins the next.
	while (match(text, /[.] [A-Z]/)) {
		say(substr(text, 1, RSTART))
		text = substr(text, RSTART + 2)
	}
	say(text)
	text = ""
}
function say(s) {
	sub(/^[ -]+/, "", s)
	sub(/[.: ]+$/, "", s)
	if (s != "")
		print s
}
/^[.][.]( |$)/ { next }
# What it underlines is a heading: only those of calls say something.
/^[=~-][=~-]+$/ {
	if (text ~ /ARM_SMCCC_/)
		flush()
	text = ""
	next
}
/^[+|]/ { next }
/^ *$/ { flush(); next }
/^ *\* / { flush(); sub(/^ *\* /, "") }
{ text = text " " $0 }
END { flush() }
