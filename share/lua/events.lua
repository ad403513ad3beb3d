#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- events, version 1. Somebody follows the queue: what happens to its jobs is
-- recorded from now on. One script, because between two of its calls nothing
-- may be missed unnoticed.
-- KEYS  the queue's keys
-- ARGV  1 for how many ms
-- Returns OK, the server's ms, since when it is recorded without a pause (ms;
-- now if it was not), the first event still on record if some before it are not
-- any more, else "", the last event or ""; or NONE: no such queue. O(1).
--@ base
--@ count

if not layout then return {'NONE'} end
local full = call('XLEN', EVENTS) >= setting('keep_events')
local first = full and call('XRANGE', EVENTS, '-', '+', 'COUNT', 1)[1]
local last = call('XREVRANGE', EVENTS, '+', '-', 'COUNT', 1)[1]
local since = events and call('HGET', META, 'recorded_since') or now_text
call('HSET', META, 'recorded', int(now + tonumber(ARGV[1])), 'recorded_since',
  since)
return {'OK', now_text, since, first and first[1] or '', last and last[1] or ''}
