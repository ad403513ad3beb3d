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
--@ count
--@ gather
--@ record
--@ ready
--@ push

local fields = 7
for i = 2, #ARGV, fields do
  if not (tonumber(ARGV[i + 2]) and tonumber(ARGV[i + 4]) and
      (ARGV[i + 3] == '0' or string.match(ARGV[i + 3], '^[+@]%d+$')) and ARGV[i + 6]) then
    return {'MALFORMED'}
  end
end
found(ARGV[1])

-- The same push again is harmless; another job under a known id is not. The
-- write makes WAIT mean something on a new connection.
local fresh = {}
local function known(id, digest)
  count('dup')
  local r = not fresh[id] and record_of(id)
  local was = r and string.match(r[HEADER], '^%S+ %S+ %S+ %S+ (%S+)') or fresh[id]
  return was == digest and 'DUP' or 'CONFLICT'
end

local function enter(at, exists)
  local id, digest = ARGV[at], ARGV[at + 1]
  if exists or fresh[id] then return known(id, digest) end
  if is_full(0) then return 'FULL' end
  push(id, digest, tonumber(ARGV[at + 2]), ARGV[at + 3],
    tonumber(ARGV[at + 4]), ARGV[at + 5], ARGV[at + 6], gather)
  fresh[id] = digest
  return 'OK'
end

local answer = {'OK'}
for first = 2, #ARGV, 100 * fields do
  local ids = {}
  for at = first, math.min(#ARGV, first + 99 * fields), fields do
    ids[#ids + 1] = ARGV[at]
  end
  local records = call('HMGET', JOB, unpack(ids))
  local envelopes = call('HMGET', PAY, unpack(ids))
  for i = 1, #ids do
    answer[#answer + 1] = enter(first + (i - 1) * fields,
      records[i] or envelopes[i])
  end
end
write_gathered()
write_wakes()
write_counters()
return answer
