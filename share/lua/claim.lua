#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- claim, version 1. T2: the next jobs come under a lease and a fresh token.
-- KEYS  the queue's keys
-- ARGV  1 worker instance (random), 2 request number (rising), 3 most jobs,
--       4 "waited": it stood behind a BLPOP of its connection
-- Returns what part/claim.lua says. O(jobs · log n).
--@ base
--@ count
--@ gather
--@ record
--@ ready
--@ finish
--@ trim
--@ lease
--@ tick
--@ touch
--@ take
--@ claim

touch_all()
local answer = claim(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
write_wakes()
write_counters()
return answer
