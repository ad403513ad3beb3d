#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- watch, version 1. Somebody follows a job: its worker is to tell its news at
-- once. One script, because the marks of others stay.
-- KEYS  the queue's keys
-- ARGV  1 id, 2 for how many ms
-- Returns OK, or GONE. O(1).
--@ base
--@ state
--@ watch

local id = ARGV[1]
if not state_of(id) then return {'GONE'} end
call('HSET', META, 'watched', watched_too(call('HGET', META, 'watched') or '',
  id, now + tonumber(ARGV[2])))
return {'OK'}
