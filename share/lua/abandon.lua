#!lua flags=allow-oom
-- SPDX-License-Identifier: ISC
-- abandon, version 1. T14: the jobs of a worker whose process is known to be
-- dead, and its handlers with it, go back without waiting for their leases.
-- KEYS  the queue's keys
-- ARGV  1 the dead worker's instance, 2 the rank in `run` to look downwards
--       from ("" = the top)
-- Returns OK, the rank to go on from (-1 = all were seen), jobs taken back.
-- Looks at 500 running jobs a call. Nobody renews the dead worker's leases, so
-- its jobs only ever sink in `run`: looking downwards misses none.
--@ base
--@ count
--@ record
--@ ready
--@ finish
--@ trim
--@ lease
--@ tick
--@ touch

local worker = ARGV[1]
local from = tonumber(ARGV[2]) or call('ZCARD', RUN) - 1
local low = math.max(0, from - 499)
local ids = from >= 0 and call('ZRANGE', RUN, int(low), int(from)) or {}
touch_all()

local n = 0
for _, id in ipairs(ids) do
  local text = call('HGET', JOB, id)
  local r = text and record_parse(text)
  if r and string.match(r[TOKEN], '%.(.*)$') == worker then
    take_back(id)
    n = n + 1
  end
end
-- A claim of its that still is under way finds the door closed.
close_worker(worker)
write_wakes()
write_counters()
return {'OK', int(low - 1), n}
