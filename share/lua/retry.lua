#!lua
-- SPDX-License-Identifier: ISC
-- retry, version 1. T10: dead jobs run again, with all counters at zero. One
-- script, because two people may put the same job back at once.
-- KEYS  the queue's keys
-- ARGV  1 delay of the first in ms, 2 ms between each and the next, a fraction
--       may be; 3 "waiting" to take those in back-off, too, or ""; 4 the attempts
--       they have from now on, 0 = as they had; then the ids (1,000 at most)
-- Returns OK, then for each id OK, GONE, or the state it is in instead.
--@ base
--@ count
--@ record
--@ ready
--@ state
--@ touch

local delay, step = tonumber(ARGV[1]), tonumber(ARGV[2])
local waiting, attempts = ARGV[3] == 'waiting', tonumber(ARGV[4])
touch_all()

local function priority_of(r)
  return tonumber(string.match(r[HEADER], ' p=(-?%d+)')) or 0
end

-- Workers read it in the envelope, and the record holds a copy.
local function limit_attempts(id, r)
  local envelope = call('HGET', PAY, id)
  local header = header_of(envelope)
  r[HEADER] = with_option(r[HEADER], 'm', attempts)
  call('HSET', PAY, id,
    with_option(header, 'm', attempts) .. string.sub(envelope, #header + 1))
end

local function leave(state, id)
  if state == 'retry' then return call('ZREM', RTY, id) end
  count('dead_bytes', -call('HSTRLEN', JOB, id) - call('HSTRLEN', PAY, id))
  call('ZREM', DEAD, id)
  count('retried')
end

local function put_back(id)
  local state = state_of(id)
  if not state then return 'GONE' end
  if state ~= 'dead' and not (waiting and state == 'retry') then return state end
  local r = record_of(id)
  if not r or call('HEXISTS', PAY, id) == 0 then return 'GONE' end
  leave(state, id)
  r[ATTEMPTS_BEFORE] = r[ATTEMPTS_BEFORE] + r[ATTEMPTS]
  r[LOSSES_BEFORE] = r[LOSSES_BEFORE] + r[LOSSES]
  r[RELEASES_BEFORE] = r[RELEASES_BEFORE] + r[RELEASES]
  r[ATTEMPTS], r[LOSSES], r[RELEASES], r[ROW] = 0, 0, 0, 0
  r[RETRIES] = r[RETRIES] + 1
  r[FLAGS], r[REASON] = '-', ''
  -- whoever puts a job back means it to run, however old it is
  r[HEADER] = string.gsub(r[HEADER], '^(%S+ %S+) %S+', '%1 0')
  if attempts > 0 then limit_attempts(id, r) end
  local wait = math.floor(delay)
  delay = delay + step
  r[SINCE] = now_text
  note_due(r, now + wait)
  call('HSET', JOB, id, record_text(r))
  emit('retried', id)
  if wait > 0 then
    make_due(DLY, id, now + wait, priority_of(r))
  else
    make_ready(id, new_score(priority_of(r)))
  end
  return 'OK'
end

local answer = {'OK'}
for i = 5, #ARGV do answer[i - 3] = put_back(ARGV[i]) end
write_wakes()
write_counters()
return answer
