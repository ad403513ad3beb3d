#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- beat, version 1. T3: a worker renews the leases of its jobs, tells what it
-- is and what they are doing, and hears which of them it lost or must cancel.
-- KEYS  the queue's keys
-- ARGV  1 worker instance, 2 what it is (shown by jq-stat; "" = unchanged,
--       "closed" = it ends: nothing may be claimed for it any more), then 3
--       for each job: id, token, live text ("" = unchanged)
-- Returns OK, the lease in ms, the epoch, the history, the number of the worker's
-- last claim (0 = none is known), then for each job ok, watched (ok, and somebody
-- follows it), lost, cancel.
-- A lease that has run out but was not taken back yet is renewed all the same.
--@ base
--@ count
--@ record
--@ ready
--@ finish
--@ trim
--@ lease
--@ tick
--@ watch

local worker, info = ARGV[1], ARGV[2]
local lease = setting('lease')
local m = call('HMGET', META, 'epoch', 'pushed', 'claimed', 'watched')
local _, request = request_of(worker)
local answer = {'OK', int(lease), m[1] or '', history(m[2], m[3]), int(request)}
call('ZCARD', SEEN)
outage_check(lease)
if info == 'closed' then
  close_worker(worker)
elseif info ~= '' then
  call('HSET', WRK, 'i:' .. worker, info)
  call('ZADD', SEEN, now_text, worker)
end
for i = 3, #ARGV, 3 do
  local id, text = ARGV[i], call('HGET', JOB, ARGV[i])
  local r = text and record_parse(text)
  local word = 'lost'
  if r and r[TOKEN] == ARGV[i + 1] then
    word = r[FLAGS] ~= '-' and 'cancel' or
      is_watched(m[4] or '', id) and 'watched' or 'ok'
    call('ZADD', RUN, int(now + lease), id)
    if ARGV[i + 2] ~= '' then call('HSET', LIVE, id, ARGV[i + 2]) end
  end
  answer[#answer + 1] = word
end
write_counters()
return answer
