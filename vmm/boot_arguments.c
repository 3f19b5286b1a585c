// SPDX-License-Identifier: GPL-2.0-only
/* boot_arguments.c: what is added to -p, and where. */
#include "boot_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec_channel.h"
#include "log.h"

/* arm64's COMMAND_LINE_SIZE with its final NUL: Linux cuts what is longer. */
#define LINUX_PARAMS_MAX 2047U

#define BLANKS " \t\n\v\f\r"

struct words {
	size_t len;	   /* of those for the kernel */
	const char *inits; /* "--" and what is behind it, or "" */
	bool console, earlycon, quiet, loglevel, swiotlb, coherent_pool;
};

/* As Linux splits them: between quotes a blank is none. */
static size_t word_len(const char *s)
{
	bool quoted = false;
	size_t n;

	for (n = 0; s[n] && (quoted || !strchr(BLANKS, s[n])); n++)
		quoted ^= s[n] == '"';
	return n;
}

static bool is_word(const char *word, size_t len, const char *what)
{
	return len == strlen(what) && !strncmp(word, what, len);
}

/* Whether it says how much the kernel prints. */
static bool is_loglevel(const char *word, size_t len)
{
	return is_word(word, len, "quiet") || is_word(word, len, "debug") ||
	       is_word(word, len, "ignore_loglevel") ||
	       strncmp(word, "loglevel=", 9) == 0;
}

static struct words split(const char *params)
{
	struct words w = { .inits = params + strspn(params, BLANKS) };
	size_t len;

	while (*w.inits) {
		const char *word = w.inits;

		len = word_len(word);
		if (len == 2 && strncmp(word, "--", 2) == 0)
			break;
		w.console |= strncmp(word, "console=", 8) == 0;
		w.earlycon |= strncmp(word, "earlycon", 8) == 0 &&
			      (len == 8 || word[8] == '=');
		w.quiet |= is_word(word, len, "quiet");
		w.loglevel |= is_loglevel(word, len);
		w.swiotlb |= strncmp(word, "swiotlb=", 8) == 0;
		/* To Linux '-' and '_' are the same. */
		w.coherent_pool |= strncmp(word, "coherent_pool=", 14) == 0 ||
				   strncmp(word, "coherent-pool=", 14) == 0;
		w.len = (size_t)(word + len - params);
		w.inits = word + len + strspn(word + len, BLANKS);
	}
	return w;
}

/* Whether exec has to say it. */
static bool adds_quiet(const struct config *cfg, const struct words *w)
{
	return cfg->exec.on && !cfg->nodefaults && !w->loglevel;
}

bool boot_arguments_quiet(const struct config *cfg)
{
	const struct words w = split(cfg->params ? cfg->params : "");

	return w.quiet || adds_quiet(cfg, &w);
}

char *boot_arguments(const struct config *cfg)
{
	const char *params = cfg->params ? cfg->params : "";
	const char *exec = exec_channel_params(cfg);
	const char *console = "", *earlycon = "";
	const char *swiotlb = "", *coherent_pool = "";
	const struct words w = split(params);
	const char *quiet = adds_quiet(cfg, &w) ? " quiet" : "";
	const char *inits = w.inits;
	char *args;

	if (!cfg->nodefaults) {
		/* Without a speed Linux would take the console for one of 9600
		 * baud, whatever stdout-path says. */
		if (!w.console)
			console = cfg->console == CONSOLE_VIRTIO
					  ? " console=hvc0"
					  : " console=ttyS0,115200";
		if (!w.earlycon)
			earlycon = " earlycon";
		/* All DMA of a protected guest is in the window, which is a
		 * pool of its own: nobody uses Linux' other two, of which it
		 * shares every page with the host. */
		if (cfg->protected_vm && !w.swiotlb)
			swiotlb = " swiotlb=noforce";
		if (cfg->protected_vm && !w.coherent_pool)
			coherent_pool = " coherent_pool=4K";
	}
	/* Behind a "--" of exec's they need none of their own. */
	if (*inits && strstr(exec, " -- "))
		inits += 2 + strspn(inits + 2, BLANKS);
	/* After the user's words: a "quiet" there is then in force already
	 * when earlycon starts to print. */
	if (asprintf(&args, "%.*s%s%s%s%s%s%s%s%s", (int)w.len, params, quiet,
		     console, earlycon, swiotlb, coherent_pool, exec,
		     *inits ? " " : "", inits) < 0)
		return NULL;
	if (*args == ' ')
		memmove(args, args + 1, strlen(args));
	return args;
}

int boot_arguments_check(const struct config *cfg, struct opt_parse *p)
{
	char *args = boot_arguments(cfg);
	size_t len = args ? strlen(args) : 0;
	bool is_whole = args != NULL;

	free(args);
	if (!is_whole)
		return opt_fail(p, "%s: out of memory", p->verb);
	if (len <= LINUX_PARAMS_MAX)
		return 0;
	if (cfg->exec.on)
		return opt_fail(p,
				"exec: -p: with what exec adds, %zu characters "
				"of a command line of which Linux reads %u; "
				"shorten it",
				len, LINUX_PARAMS_MAX);
	log_warn("run: -p: with what is added, %zu characters; Linux reads the "
		 "first %u of its command line",
		 len, LINUX_PARAMS_MAX);
	return 0;
}
