#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- history, version 1. What was counted in some minutes: jobs and, unless told
-- otherwise, the histograms of base.lua.
-- KEYS  the queue's keys
-- ARGV  1 the first minute since the epoch, 2 how many (60 at most), 3 "jobs"
--       to leave out the buckets, else ""
-- Returns OK, the server's ms, then 2 for each minute in which something was
-- counted: the minute, and "NAME=COUNT" with a blank between. O(minutes).
--@ base
--@ count

local answer = {'OK', now_text}
local first, most = tonumber(ARGV[1]), math.min(tonumber(ARGV[2]), 60)
for minute = first, first + most - 1 do
  local told = {}
  local function tell(kind, names)
    local values = call('HMGET', MIN, unpack(minute_fields(minute, kind)))
    for i, value in ipairs(values) do
      if value then
        told[#told + 1] = (kind or '') .. names[i] .. '=' .. value
      end
    end
    return values
  end
  local sums = tell(nil, SUMS)
  -- there is no bucket without its sum
  if ARGV[3] ~= 'jobs' and sums[4] then tell('w:', BOUNDS) end
  if ARGV[3] ~= 'jobs' and sums[5] then tell('r:', BOUNDS) end
  if #told > 0 then
    answer[#answer + 1] = int(minute)
    answer[#answer + 1] = table.concat(told, ' ')
  end
end
return answer
