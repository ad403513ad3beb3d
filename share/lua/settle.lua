#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- settle, version 1. Mends what survey.lua finds wrong with a queue as a whole.
-- One script, because the counters move with the jobs.
-- KEYS  the queue's keys
-- ARGV  pairs: done_bytes or dead_bytes, and by how much it is wrong
-- Returns OK, then what was done, a sentence each. O(log n).
--@ base
--@ count
--@ ready
--@ balance

local answer = {'OK'}
local function did(...) answer[#answer + 1] = string.format(...) end

for _, set in ipairs({RDY, DLY, RTY, RUN, DONE, DEAD}) do call('ZCARD', set) end
if not layout and call('EXISTS', unpack(KEYS)) > 0 then
  call('HSET', META, 'format', '1')
  did('the data layout was noted: 1')
end
if call('EXISTS', META) == 1 and
    call('HSETNX', META, 'epoch', int(micros)) == 1 then
  did('a new epoch was set')
end
for _, name in ipairs(COUNTERS) do
  local value = call('HGET', META, name)
  if value and not string.match(value, '^%-?%d+$') then
    call('HSET', META, name, '0')
    did('counter %s was set to 0', name)
  end
end
local most = highest_seq()
if most > counter('seq') then
  call('HSET', META, 'seq', int(most))
  did('the sequence goes on from %s', int(most))
end
local extra = call('LLEN', WAKE) - 16
if extra > call('ZCARD', SEEN) then
  call('LTRIM', WAKE, 0, 15)
  did('%d hints too many were removed', extra)
end
for i = 1, #ARGV, 2 do
  local name, wrong = ARGV[i], tonumber(ARGV[i + 1])
  if (name == 'done_bytes' or name == 'dead_bytes') and wrong ~= 0 then
    did('%s was corrected by %s to %s', name, int(-wrong),
      int(call('HINCRBY', META, name, int(-wrong))))
  end
end
local all = balances()
for i = 1, 4 do
  local b = all[i]
  if not balanced(b) then
    call('HINCRBY', META, 'fix_' .. b[1], int(b[2] - b[3]))
    did('fix_%s closes the gap of %s to the counters', b[1], int(b[2] - b[3]))
  end
end
local orphans = counter('orphan') - counter('orphan_known')
if orphans ~= 0 then
  call('HSET', META, 'orphan_known', int(counter('orphan')))
  did('%s jobs whose data was lost are noted as known', int(orphans))
end
return answer
