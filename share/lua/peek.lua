#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- peek, version 1. All there is about one job.
-- KEYS  the queue's keys
-- ARGV  1 id, 2 "state" for that alone
-- Returns OK, the server's ms, state, score, then unless only the state was
-- asked for: record (with history; "" if never claimed), envelope ("" once
-- done), result, live text; or GONE.
--@ base
--@ state

local id = ARGV[1]
local state, score = state_of(id)
if not state then return {'GONE'} end
if ARGV[2] == 'state' then return {'OK', now_text, state, score} end
return {'OK', now_text, state, score, call('HGET', JOB, id) or '',
  call('HGET', PAY, id) or '', call('HGET', OUT, id) or '',
  call('HGET', LIVE, id) or ''}
