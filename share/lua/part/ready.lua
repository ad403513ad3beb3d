-- SPDX-License-Identifier: ISC
-- Every path into `rdy` goes through make_ready(), so that priority and order
-- survive delay, retry and recovery. A ready score is seq - priority * 2^44:
-- the lowest is next. A due score is milliseconds plus the priority as a
-- fraction ((9 - priority) / 32), so that promotion has nothing to look up.
local BAND = 2 ^ 44
local seq, woken = nil, 0

local function new_score(priority)
  seq = (seq or tonumber(call('HGET', META, 'seq')) or 0) + 1
  return seq - priority * BAND
end

local function score_priority(score)
  return -math.floor(tonumber(score) / BAND)
end

-- `write` is gather where there are many.
local function make_ready(id, score, write)
  (write or call)('ZADD', RDY, int(score), id)
  woken = woken + 1
end

local function due_score(at, priority)
  return string.format('%.5f', at + (9 - priority) / 32)
end

-- 0 for a score made by hand that holds none.
local function due_priority(score)
  local priority = 9 - math.floor((score - math.floor(score)) * 32)
  return priority >= -9 and priority <= 9 and priority or 0
end

-- Put a job into `dly` or `rty`. One that is due first of all has to move an
-- idle worker's alarm, so it counts as one to wake for.
local function make_due(set, id, at, priority)
  emit(set == DLY and 'delayed' or 'retry', id, 'at', int(at))
  call('ZADD', set, due_score(at, priority), id)
  if call('ZRANK', set, id) == 0 then woken = woken + 1 end
end

-- After the moves of this call and before the counters: the sequence, and a
-- hint for each job that can run, at most 16 in all. A lost hint costs one poll,
-- never a job.
local function write_wakes()
  if seq then store('seq', int(seq)) end
  if woken == 0 then return end
  for _ = 1, math.min(woken, 16 - call('LLEN', WAKE)) do
    call('LPUSH', WAKE, '1')
  end
end
