#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- strays, version 1. Records, payloads, results and news of jobs that no set
-- holds, or not the one they belong to: a slice of the hash. In a script, so
-- that the values stay where they are.
-- KEYS  the queue's keys
-- ARGV  1 job, pay, out or live; 2 cursor, 3 about how many to look at
-- Returns OK, the next cursor ("0" = the end), how many bytes were read, then
-- the ids. O(slice · log n).
--@ base
--@ state

local HASHES = {job = JOB, pay = PAY, out = OUT, live = LIVE}
local hash = HASHES[ARGV[1]]
if not hash then return {'UNKNOWN'} end

local function belongs(id)
  if ARGV[1] == 'out' then return call('ZSCORE', DONE, id) end
  if ARGV[1] == 'live' then return call('ZSCORE', RUN, id) end
  return state_of(id)
end

local page = call('HSCAN', hash, ARGV[2], 'COUNT', ARGV[3])
local answer, read = {'OK', page[1], 0}, 0
for i = 1, #page[2], 2 do
  read = read + #page[2][i + 1]
  if not belongs(page[2][i]) then answer[#answer + 1] = page[2][i] end
end
answer[3] = int(read)
return answer
