#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- remove, version 1. T11: an operator stops jobs. One script, because a worker
-- may claim or close the job at the same moment.
-- KEYS  the queue's fifteen keys
-- ARGV  1 "cancel" (waiting jobs become dead, running ones are told to stop
--       and become dead) or "drop" (waiting and dead jobs are deleted, running
--       ones are told to stop and are deleted), 2 the reason to record, then
--       the ids (1,000 at most)
-- Returns OK, then for each id OK, ASKED (running: its worker learns of it at
-- its next beat), GONE, or the state in which there is nothing to do.
--@ base
--@ record
--@ finish
--@ state

local drop, reason = ARGV[1] == 'drop', ARGV[2]
call('ZCARD', DONE)
call('ZCARD', DEAD)

local function ask(id, r)
  r[FLAGS] = drop and 'd' or 'c'
  call('HSET', JOB, id, record_text(r))
  return 'ASKED'
end

local function remove(id)
  local state = state_of(id)
  local r = state and record_of(id)
  if not r then return 'GONE' end
  if state == 'done' or (state == 'dead' and not drop) then return state end
  if state == 'running' then return ask(id, r) end
  call('ZREM', STATES[state], id)
  if not drop then
    to_dead(id, r, reason)
    return 'OK'
  end
  if state == 'dead' then
    count('dead_bytes', -call('HSTRLEN', JOB, id) - call('HSTRLEN', PAY, id))
    count('deleted_dead')
  end
  count('deleted')
  r[LAST], r[REASON] = 'deleted', reason
  to_done(id, r, '')
  return 'OK'
end

local answer = {'OK'}
for i = 3, #ARGV do answer[i - 1] = remove(ARGV[i]) end
write_counters()
return answer
