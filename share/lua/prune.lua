#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- prune, version 1. What a worker's claim does for the queue, without a worker:
-- old jobs are forgotten, due ones promoted, lost ones taken back.
-- KEYS  the queue's keys
-- ARGV  none
-- Returns OK, then how many finished and how many dead jobs were forgotten: none
-- of either, and there are no more. O(64 · log n).
--@ base
--@ count
--@ record
--@ ready
--@ finish
--@ trim
--@ lease
--@ tick
--@ touch

touch_all()
if not layout then return {'OK', 0, 0} end
tick(setting('lease'))
write_wakes()
write_counters()
return {'OK', counted.trimmed_done or 0, counted.trimmed_dead or 0}
