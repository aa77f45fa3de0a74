#!/bin/sh
# Posthouse's hook for Claude Code: what comes on standard input becomes a file in the spool of the home that this
# program lies in, whole or not at all. It prints nothing, exits 0 whatever happens, and makes no folder.
trap 'exit 0' 0
umask 077
PATH=$PATH:/usr/bin:/bin
spool=${0%/*}/../spool/agents/claude-code
pid=000000$$
{
    IFS= read -r key </proc/sys/kernel/random/uuid || key=$(mktemp -u XXXXXXXXXXXXXXXX)
    # Files that were written within one tick of the file system's clock are told apart by the process, which counts up.
    key=${pid#"${pid%???????}"}-$key
    head -c 1048576 >"$spool/.$key" && [ -s "$spool/.$key" ] && mv "$spool/.$key" "$spool/$key.json" ||
        rm -f "$spool/.$key"
} >/dev/null 2>&1
exit 0
