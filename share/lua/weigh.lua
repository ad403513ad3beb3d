#!lua flags=no-writes
-- SPDX-License-Identifier: ISC
-- weigh, version 1. How many bytes the finished or the dead jobs take: a slice,
-- from the newest to the oldest, as only the oldest are trimmed and new ones
-- come above the first.
-- KEYS  the queue's keys
-- ARGV  1 done or dead, 2 the score where the slice begins ("" = the first), 3
--       how many of that score were looked at, 4 how many to look at
-- Returns OK, the score and the number to go on with ("" = the end), jobs,
-- bytes; then as they are now: jobs of the first slice and below, the counter
-- of bytes less what is above, trimmed jobs, trimmed bytes, and jobs that left
-- by other ways. O(slice + log n).
--@ base
--@ count

local SETS = {done = DONE, dead = DEAD}
local name, set = ARGV[1], SETS[ARGV[1]]
if not set then return {'UNKNOWN'} end
local skip, most = tonumber(ARGV[3]), tonumber(ARGV[4])

local function bytes(list, step)
  local n = 0
  for i = 1, #list, step do
    n = n + call('HSTRLEN', JOB, list[i]) + call('HSTRLEN', PAY, list[i]) +
      call('HSTRLEN', OUT, list[i])
  end
  return n
end

local function counter(field)
  return tonumber(call('HGET', META, field)) or 0
end

-- New ones come beside those of this very millisecond, so it begins below. The
-- few above it count as they are now; many are there after the clock was put
-- back, and then it begins with them, though new ones come in the middle.
local begin, above = ARGV[2], now_text
local below, counted = 0, 0
if begin == '' then
  if call('ZCOUNT', set, above, '+inf') > 1000 then above = '(+inf' end
  begin = above == now_text and '(' .. above or '+inf'
  below = call('ZCOUNT', set, '-inf', begin)
  counted = counter(name .. '_bytes') -
    bytes(call('ZRANGEBYSCORE', set, above, '+inf'), 1)
end
local list = call('ZREVRANGEBYSCORE', set, begin, '-inf', 'WITHSCORES',
  'LIMIT', skip, most)
local n, score = #list / 2, ''
if n == most then
  score = list[#list]
  local alike = 0
  for i = 2, #list, 2 do
    if list[i] == score then alike = alike + 1 end
  end
  skip = alike + (score == ARGV[2] and skip or 0)
end
return {'OK', score, int(skip), int(n), int(bytes(list, 2)), int(below),
  int(counted), int(counter('trimmed_' .. name)),
  int(counter('trimmed_' .. name .. '_bytes')),
  int(name == 'dead' and counter('retried') + counter('deleted_dead') or 0)}
