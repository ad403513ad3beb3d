#!lua
-- SPDX-License-Identifier: ISC
-- push, version 1. T1: jobs come into being, ready or delayed. One script,
-- because existence check, payload and place in a set are one fact.
-- KEYS  the queue's keys, in the order of part/base.lua
-- ARGV  1 queue epoch to set on a new queue (random)
--       then 7 for each job: id, digest, priority, when ("0", "+MS" from now
--       or "@MS" since the epoch), expiry in ms from now or "0", options
--       (words k=v, each after a blank), payload
-- Returns OK, then for each job OK, DUP, CONFLICT or FULL. O(jobs · log n).
--@ base
--@ record
--@ ready
--@ push

local fields = 7
for i = 2, #ARGV, fields do
  if not (tonumber(ARGV[i + 2]) and tonumber(ARGV[i + 4]) and
      string.match(ARGV[i + 3], '^[+@]?%d+$') and ARGV[i + 6]) then
    return {'MALFORMED'}
  end
end
found(ARGV[1])

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

local answer = {'OK'}
for i = 2, #ARGV, fields do
  local id, digest = ARGV[i], ARGV[i + 1]
  local word = 'OK'
  if is_known(id) then
    word = known(id, digest)
  elseif is_full(0) then
    word = 'FULL'
  else
    push(id, digest, tonumber(ARGV[i + 2]), ARGV[i + 3],
      tonumber(ARGV[i + 4]), ARGV[i + 5], ARGV[i + 6])
  end
  answer[#answer + 1] = word
end
write_wakes()
write_counters()
return answer
