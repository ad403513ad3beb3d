#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- history, version 1. What was counted in some minutes: jobs and, unless told
-- otherwise, the histograms of base.lua.
-- KEYS  the queue's fifteen keys
-- ARGV  1 the first minute since the epoch, 2 how many (60 at most), 3 "jobs"
--       for p, d and f alone, else ""
-- Returns OK, the server's ms, then 2 for each minute in which something was
-- counted: the minute, and "NAME=COUNT" with a blank between. O(minutes).
--@ base

local answer = {'OK', now_text}
local first, most = tonumber(ARGV[1]), math.min(tonumber(ARGV[2]), 60)
for minute = first, first + most - 1 do
  local fields = minute_fields(minute, ARGV[3] == 'jobs')
  local values, told = call('HMGET', MIN, unpack(fields)), {}
  for i, field in ipairs(fields) do
    if values[i] then
      told[#told + 1] = string.match(field, '%a.*') .. '=' .. values[i]
    end
  end
  if #told > 0 then
    answer[#answer + 1] = int(minute)
    answer[#answer + 1] = table.concat(told, ' ')
  end
end
return answer
