#!lua
-- SPDX-License-Identifier: ISC
-- push, version 1. T1: jobs come into being, ready or delayed. One script,
-- because existence check, payload and place in a set are one fact.
-- KEYS  the queue's fifteen keys, in the order of part/base.lua
-- ARGV  1 queue epoch to set on a new queue (random)
--       then 7 for each job: id, digest, priority, when ("0", "+MS" from now
--       or "@MS" since the epoch), expiry in ms from now or "0", options
--       (words k=v, each after a blank), payload
-- Returns OK, then for each job OK, DUP, CONFLICT or FULL. O(jobs · log n).
--@ base
--@ record
--@ ready

local fields = 7
for i = 2, #ARGV, fields do
  if not (tonumber(ARGV[i + 2]) and tonumber(ARGV[i + 4]) and
      string.match(ARGV[i + 3], '^[+@]?%d+$') and ARGV[i + 6]) then
    return {'MALFORMED'}
  end
end
local max_len = setting('max_len')
local waiting = call('ZCARD', RDY) + call('ZCARD', DLY)
call('LLEN', WAKE)

if not layout then
  call('HSET', META, 'format', '1', 'epoch', ARGV[1])
end

-- The same push again is harmless; another job under a known id is not. The
-- write makes WAIT mean something on a new connection.
local function known(id, digest)
  count('dup')
  local r = record_of(id)
  if r and string.match(r[HEADER], '^%S+ %S+ %S+ %S+ (%S+)') == digest then
    return 'DUP'
  end
  return 'CONFLICT'
end

local function place(id, when, priority)
  local at = tonumber(string.match(when, '%d+'))
  if string.sub(when, 1, 1) == '+' then at = now + at end
  if at > now then
    make_due(DLY, id, at, priority)
  else
    make_ready(id, new_score(priority))
  end
end

local answer = {'OK'}
for i = 2, #ARGV, fields do
  local id, digest = ARGV[i], ARGV[i + 1]
  local expires = tonumber(ARGV[i + 4])
  if expires > 0 then expires = now + expires end
  local word = 'OK'
  if call('HEXISTS', JOB, id) == 1 or call('HEXISTS', PAY, id) == 1 then
    word = known(id, digest)
  elseif max_len > 0 and waiting >= max_len then
    word = 'FULL'
  else
    call('HSET', PAY, id, table.concat({'1', now_text, int(expires),
      #ARGV[i + 6], digest}, ' ') .. ARGV[i + 5] .. '\n' .. ARGV[i + 6])
    place(id, ARGV[i + 3], tonumber(ARGV[i + 2]))
    waiting = waiting + 1
    count('pushed')
    count_minute('p')
  end
  answer[#answer + 1] = word
end
write_wakes()
write_counters()
return answer
