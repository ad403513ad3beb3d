#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- export, version 1. All there is of the jobs in a state, a slice at a time.
-- KEYS  the queue's keys
-- ARGV  1 state, 2 score and 3 id of the job that came last ("-inf" and "": from
--       the first), 4 most jobs (100)
-- Returns OK, then 5 for each job: id, score, record, envelope, result, each ""
-- if there is none. No job: the end. A slice ends after about 1 MiB.
-- O(log n + slice).
--@ base
--@ state
--@ walk

local set = STATES[ARGV[1]]
if not set then return {'UNKNOWN'} end
local first = rank_behind(set, ARGV[2], ARGV[3])
local most = math.min(tonumber(ARGV[4]), 100)
local page = call('ZRANGE', set, first, first + most - 1, 'WITHSCORES')
local answer, read = {'OK'}, 0
for i = 1, #page, 2 do
  if read > 1048576 then break end
  local n = #answer
  answer[n + 1], answer[n + 2] = page[i], page[i + 1]
  for k, hash in ipairs({JOB, PAY, OUT}) do
    local text = call('HGET', hash, page[i]) or ''
    read = read + #text
    answer[n + 2 + k] = text
  end
end
return answer
