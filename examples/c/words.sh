#!/bin/sh
# How often each word occurs in text.txt, into words.txt: for any system's shell, busybox's included.
# The same answer as words.c, byte for byte.
set -eu
export LC_ALL=C
tr A-Z a-z <text.txt | tr -cs a-z '\n' | sed '/^$/d' | sort | uniq -c | sort -k1,1nr -k2,2 >words.txt
awk '{ total += $1 } END { print total " words, " NR " different" }' words.txt
