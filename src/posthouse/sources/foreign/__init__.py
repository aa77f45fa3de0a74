"""Source kinds of third parties: found among the installed packages, judged when they are loaded, and kept apart.

    finding      which packages register kinds (entry points of the group `posthouse.sources`); imports none
    loading      imports one, in a thread of its own, and judges what it says of itself
    unavailable  what stands for a kind that is missing or broken, and says why
    kind         what stands for a kind that works: the only way to its code
    room         a source's thread, with an event loop of its own, and the calls at work in it
    checks       the judgement of everything that comes out
    leaving      the end of a process whose third parties do not end

What always holds: their coroutines never run on the daemon's loop, what they raise or hand out reaches the daemon only
as our own errors and checked records, and nobody waits for them without a limit. It is no sandbox: a package that
somebody installs may do whatever its user may do.
"""
